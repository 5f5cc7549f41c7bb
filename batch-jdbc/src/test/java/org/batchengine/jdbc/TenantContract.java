package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Share;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Steering;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tenants see and touch their own batches alone, and nobody's work starves another's. */
abstract class TenantContract extends SteeredContract {

  TenantContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class TheWrongTenant {
    @ParameterizedTest
    @EnumSource
    @DisplayName("REQ-M20 the wrong tenant sees nothing and changes nothing")
    void seesAndChangesNothing(BatchState state) {
      long batch = inState(state);
      BatchJob job = job(batch);
      List<String> happened = kinds(batch);
      Steering wrong = new Steering(job.id(), "other", NewBatches.by("mallory"), "because");

      assertThat(store.reading().find(job.id(), "other")).isEmpty();
      assertThat(store.reading().header(job.id(), "other")).isEmpty();
      assertThat(store.steering().cancel(wrong, CancelMode.FORCED)).isEmpty();
      assertThat(store.steering().pause(wrong)).isEmpty();
      assertThat(store.steering().resume(wrong)).isEmpty();
      assertThat(store.steering().retryFailed(wrong, FailedItems.all())).isEmpty();
      assertThat(store.steering().hide(job.id(), "other", NewBatches.by("admin"))).isFalse();
      assertThat(job(batch)).isEqualTo(job);
      assertThat(kinds(batch)).isEqualTo(happened);
    }

    @Test
    void removesNothing() {
      long batch = ended(NewBatches.any().submittedBy("alice").build(), 1);

      assertThat(store.steering().removeSubmittedBy("alice", "other", NewBatches.by("mallory"), 10))
          .isZero();
      assertThat(state(batch)).isEqualTo(BatchState.COMPLETED);
    }
  }

  @Test
  void theRightTenantSteersItsBatch() {
    long batch = submit(NewBatches.any().tenant("acme"), 1);
    BatchId id = header(batch).id();
    Steering right = new Steering(id, "acme", NewBatches.by("alice"), null);

    assertThat(store.reading().find(id, "acme")).isPresent();
    assertThat(store.reading().header(id, "acme")).isPresent();
    assertThat(store.steering().pause(right).orElseThrow().changed()).isTrue();
    assertThat(store.steering().resume(right).orElseThrow().changed()).isTrue();
    assertThat(store.steering().cancel(right, CancelMode.GRACEFUL).orElseThrow().changed())
        .isTrue();
    end(batch);
    assertThat(store.steering().retryFailed(right, FailedItems.all()).orElseThrow().changed())
        .isFalse();
    assertThat(lastEvent(batch).reason()).isNull();
    assertThat(store.steering().hide(id, "acme", NewBatches.by("admin"))).isTrue();
  }

  @Nested
  @DisplayName("FAULT-B5 what is wanted by tenant")
  class Shares {
    private static final Share NONE = Share.of(0, 40);

    private Wanted wanted(Share ofFull, int ofOthers) {
      return new Wanted("annotate", 40, 40, 1, Map.of("full", ofFull), Share.of(ofOthers, 40));
    }

    @Test
    void isNoMoreThanEachLacks() {
      submit(NewBatches.any().tenant("full"), 50);
      long other = submit(NewBatches.any().tenant("other"), 50);
      Claim claim = session().claim(wanted(NONE, 10));

      assertThat(claim.chunks()).extracting(ClaimedChunk::batch).containsOnly(other);
      assertThat(claim.items()).isEqualTo(10);
    }

    @Test
    void isNoMoreThanEachLacksOfRetriesEither() {
      long full = submit(NewBatches.any().tenant("full"), 5);
      long other = submit(NewBatches.any().tenant("other"), 5);
      parkAll(full, other);
      Claim claim = session().claim(wanted(NONE, 3));

      assertThat(claim.parked())
          .extracting(ClaimedItem::batch)
          .containsExactly(other, other, other);
    }

    @Test
    void saysThatThereIsNoMoreIfAllHaveEnough() {
      submit(NewBatches.any().tenant("full"), 50);

      assertThat(session().claim(wanted(NONE, 10)))
          .isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    @DisplayName("FAULT-M2 what is more urgent than all that a session has is claimed")
    void isMoreOfWhatIsUrgent() {
      submit(NewBatches.any().tenant("full").priority(5), 50);
      long urgent = submit(NewBatches.any().tenant("full").priority(9), 50);
      Share share = new Share(40, List.of(0, 0, 0, 0, 0, 0, 7, 7, 7, 7));
      Claim claim = session().claim(wanted(share, 0));

      assertThat(claim.chunks()).extracting(ClaimedChunk::batch).containsOnly(urgent);
      assertThat(claim.items()).isEqualTo(7);
    }

    @Test
    void isNothingLessUrgentThanWhatATenantHasEnoughOf() {
      submit(NewBatches.any().tenant("full").priority(9), 50);
      submit(NewBatches.any().tenant("other").priority(1), 50);

      assertThat(session().claim(wanted(NONE, 10)).isEmpty()).isTrue();
    }

    @Test
    void isSharedByTheBatchesOfATenant() {
      long large = submit(NewBatches.any().tenant("one"), 5_000);
      passMoment();
      List<Long> small =
          IntStream.range(0, 5).mapToObj(i -> submit(NewBatches.any().tenant("one"), 2)).toList();
      Claim claim = session().claim(new Wanted("annotate", 60, 60, 1));

      assertThat(claim.chunks()).extracting(ClaimedChunk::batch).contains(large).containsAll(small);
    }
  }

  @Nested
  class Turns {
    @Test
    @DisplayName("a batch of many items does not starve small ones")
    void areTakenByBatches() {
      long large = submit(1_000);
      passMoment();
      List<Long> small = IntStream.range(0, 20).mapToObj(i -> submit(1)).toList();
      TestSession session = session();
      Set<Long> served = new HashSet<>();
      for (int turn = 0; turn < 40; turn++) {
        passMoment();
        Claim claim = session.claim("annotate", 10, 10);
        served.addAll(batches(claim));
        session.finish(claim);
      }

      assertThat(served).containsAll(small).contains(large);
    }

    @Test
    void areTakenByTenants() {
      for (int i = 0; i < 50; i++) {
        submit(NewBatches.any().tenant("large"), 1);
      }
      passMoment();
      long small = submit(NewBatches.any().tenant("small"), 1);
      TestSession session = session();
      List<Long> claimed = new ArrayList<>();
      for (int turn = 0; turn < 3; turn++) {
        claimed.addAll(batches(session.claim("annotate", 4, 4)));
      }

      assertThat(claimed).hasSize(12).contains(small);
    }

    @Test
    @DisplayName("REQ-M20 a tenant of many batches starves nobody, and nobody idles meanwhile")
    @Tag("slow")
    void areTakenByTenantsWhileManyWork() {
      for (int i = 0; i < 100; i++) {
        submit(NewBatches.any().tenant("large"), 5);
      }
      passMoment();
      List<Long> small =
          IntStream.range(0, 5).mapToObj(i -> submit(NewBatches.any().tenant("small"), 1)).toList();
      Deque<TestSession> workers = new ArrayDeque<>();
      IntStream.range(0, 4).forEach(i -> workers.add(session()));
      List<Long> order = new ArrayList<>();
      while (order.size() < 105) {
        TestSession worker = workers.remove();
        worker.finish(store.claiming().owned(worker.id()));
        passMoment();
        Claim claim = worker.claim("annotate", 5, 5);
        assertThat(claim.isEmpty()).as("idle after %s claims", order.size()).isFalse();
        order.addAll(batches(claim));
        workers.add(worker);
      }

      assertThat(order.subList(0, 20)).containsAll(small);
      workers.forEach(worker -> worker.finish(store.claiming().owned(worker.id())));
    }

    @Test
    void areOfTheHigherPriorityWhoeverHasIt() {
      submit(NewBatches.any().tenant("small").priority(1), 1);
      for (int i = 0; i < 3; i++) {
        submit(NewBatches.any().tenant("large").priority(9), 1);
      }
      TestSession session = session();
      List<Integer> priorities = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        batches(session.claim(1)).forEach(batch -> priorities.add(header(batch).priority()));
      }

      assertThat(priorities).containsExactly(9, 9, 9, 1);
    }

    @Test
    void passOverTenantsOfWhomAllIsPaused() {
      long paused = submit(NewBatches.any().tenant("first"), 10);
      long other = submit(NewBatches.any().tenant("second"), 10);
      pause(paused);
      TestSession session = session();
      for (int i = 0; i < 3; i++) {
        assertThat(batches(session.claim(2))).containsExactly(other);
      }
    }

    private List<Long> batches(Claim claim) {
      return claim.chunks().stream().map(ClaimedChunk::batch).toList();
    }
  }
}
