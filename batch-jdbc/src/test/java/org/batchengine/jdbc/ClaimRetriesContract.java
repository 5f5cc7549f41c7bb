package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchState;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Retries that are due come in the order of chunks, and suspects alone. */
abstract class ClaimRetriesContract extends StoreContract {

  private static final Duration SECONDS = Duration.ofSeconds(2);

  ClaimRetriesContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Retries {
    @Test
    void comeFirstAndAreAtMostHalf() {
      long batch = park(10);
      submit(100);
      Claim claim = session().claim("annotate", 8, 100);

      assertThat(claim.parked()).hasSize(4).allMatch(item -> item.batch() == batch);
      assertThat(indexes(claim.chunks())).hasSize(4);
    }

    @Test
    void leaveTheRestToChunksIfTheyAreFew() {
      park(1);
      submit(100);
      Claim claim = session().claim("annotate", 8, 100);

      assertThat(claim.parked()).hasSize(1);
      assertThat(indexes(claim.chunks())).hasSize(7);
    }

    @Test
    @DisplayName("FAULT-M3 a chunk of a higher priority comes before a retry that is due")
    void comeAfterChunksOfAHigherPriority() {
      long low = park(NewBatches.any().priority(1), 2);
      long high = submit(NewBatches.any().priority(9), 2);
      TestSession session = session();

      assertThat(session.claim(1).chunks()).extracting(ClaimedChunk::batch).containsExactly(high);
      Claim rest = session.claim(3);
      assertThat(rest.chunks()).extracting(ClaimedChunk::batch).containsExactly(high);
      assertThat(rest.parked()).extracting(ClaimedItem::batch).containsExactly(low, low);
    }

    @Test
    @DisplayName("FAULT-M3 a retry of a higher priority comes before all that is lower")
    void ofTheHigherPriorityComeFirst() {
      long low = park(NewBatches.any().priority(1), 4);
      long high = park(NewBatches.any().priority(9), 4);
      submit(NewBatches.any().priority(5), 4);
      Claim claim = session().claim(9);

      assertThat(claim.parked())
          .extracting(ClaimedItem::batch)
          .containsExactly(high, high, high, high, low);
      assertThat(indexes(claim.chunks())).hasSize(4);
    }

    @Test
    @DisplayName("FAULT-M3 retries of a priority that are not due hide none that are")
    void thatAreNotDueHideNoLowerPriorities() {
      long later = park(NewBatches.any().priority(9), 1);
      TestSession session = session();
      session.settle(SettlementDraft.of().parkedAgain(session.claimRetry(), Duration.ofHours(1)));
      long low = park(NewBatches.any().priority(1), 1);

      assertThat(session.claim(2).parked())
          .extracting(ClaimedItem::batch)
          .containsExactly(low)
          .doesNotContain(later);
    }

    @Test
    @DisplayName("FAULT-M3 of one priority tenants take turns with their retries")
    void areOfTenantsInTurn() {
      long giant = submit(NewBatches.any().tenant("giant"), 20);
      long small = submit(NewBatches.any().tenant("small"), 2);
      parkAll(giant, small);

      assertThat(session().claim(4).parked())
          .extracting(ClaimedItem::batch)
          .containsExactlyInAnyOrder(giant, giant, small, small);
    }

    @Test
    void areAllThatIsClaimedWhereThereAreNoChunks() {
      park(10);

      assertThat(session().claim("annotate", 8, 8).parked()).hasSize(8);
    }

    @Test
    void areClaimedEvenIfOneItemIsWanted() {
      park(1);

      assertThat(session().claim("annotate", 1, 1).parked()).hasSize(1);
    }

    @Test
    void comeAsTheyFellDue() {
      long batch = submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      session.settle(
          SettlementDraft.of()
              .parked(batch, 0, Duration.ofSeconds(3))
              .parked(batch, 1, Duration.ofSeconds(1))
              .parked(batch, 2, Duration.ofSeconds(2))
              .removed(chunk));
      pass(Duration.ofSeconds(5));

      assertThat(session.claim("annotate", 6, 1).parked())
          .extracting(ClaimedItem::index)
          .containsExactly(1, 2, 0);
    }

    @Test
    @DisplayName("REQ-U12 a retry is not claimed before its delay is over")
    void areNotClaimedBeforeTheirTime() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, Duration.ofHours(1)).removed(chunk));
      pass(Duration.ofHours(1).minusMillis(1));

      assertThat(session.claim(2)).isEqualTo(new Claim(List.of(), List.of(), false));
      pass(Duration.ofMillis(1));
      assertThat(session().claim(2).parked())
          .containsExactly(new ClaimedItem(batch, "annotate", 0, 1, 0, false));
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.INCLUDE,
        names = {"PAUSED", "STOPPING"})
    void ofOtherBatchesAreNotClaimed(BatchState state) {
      long batch = park(1);
      under.setState(batch, state);

      assertThat(session().claim(2)).isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    void areNotClaimedIfTheyAreDeferred() {
      long batch = park(1);
      under.defer(batch, 0);

      assertThat(session().claim(2)).isEqualTo(new Claim(List.of(), List.of(), false));
      assertThat(session().claimSuspect().isEmpty()).isTrue();
      assertThat(job(batch).counts().deferred()).isEqualTo(1);
    }

    @Test
    void areGivenToOneSession() {
      park(40);
      TestSession one = session();
      TestSession two = session();

      assertThat(
              Concurrently.call(() -> claimRetries(one), () -> claimRetries(two)).stream()
                  .flatMap(List::stream)
                  .toList())
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 40).boxed().toList());
    }

    private List<Integer> claimRetries(TestSession session) {
      List<Integer> all = new ArrayList<>();
      Claim claim;
      do {
        claim = session.claim("annotate", 4, 1);
        claim.parked().forEach(item -> all.add(item.index()));
      } while (!claim.isEmpty() || claim.more());
      return all;
    }
  }

  @Nested
  class More {
    @Test
    void isTrueWhileWorkIsDueThatNobodyOwns() {
      submit(10);

      assertThat(session().claim(5).more()).isTrue();
    }

    @Test
    void isTrueWhileRetriesAreDue() {
      park(10);

      assertThat(session().claim("annotate", 2, 2).more()).isTrue();
    }

    @Test
    void isFalseWhenAllIsClaimed() {
      submit(10);

      assertThat(session().claim(10).more()).isFalse();
      assertThat(session().claim(10).more()).isFalse();
    }

    @Test
    void isFalseOfWorkThatIsNotDueOrOfOtherTypes() {
      submit(NewBatches.any().startAt(now().plusSeconds(60)), 10);
      submit(NewBatches.any().type("report"), 10);

      assertThat(session().claim(10).more()).isFalse();
    }

    @Test
    void isFalseOfSuspects() {
      suspects(1);

      assertThat(session().claim(10)).isEqualTo(new Claim(List.of(), List.of(), false));
    }
  }

  @Nested
  class Suspects {
    @Test
    void areClaimedOneByOne() {
      long batch = suspects(2);
      TestSession session = session();

      assertThat(session.claimSuspect())
          .isEqualTo(
              new Claim(
                  List.of(), List.of(new ClaimedItem(batch, "annotate", 0, 0, 0, true)), true));
    }

    @Test
    @DisplayName("F16 a suspect is not claimed beside a chunk")
    void areNotClaimedBesideAChunk() {
      suspects(1);
      submit(1);
      TestSession session = session();
      session.claim(1);

      assertThat(session.claimSuspect()).isEqualTo(new Claim(List.of(), List.of(), true));
    }

    @Test
    @DisplayName("FAULT-P4 one session drains for a suspect at a time, and for a bounded time")
    void areDrainedForByOneSession() {
      suspects(1);
      submit(2);
      TestSession one = session();
      TestSession two = session();
      one.claim("annotate", 1, 1);
      two.claim("annotate", 1, 1);

      assertThat(one.claimSuspect().more()).isTrue();
      assertThat(two.claimSuspect().more()).isFalse();
      pass(Duration.ofSeconds(1));
      assertThat(one.claimSuspect().more()).isTrue();
      pass(SECONDS);
      assertThat(two.claimSuspect().more()).isTrue();
      assertThat(one.claimSuspect().more()).isFalse();
    }

    @Test
    @DisplayName("FAULT-P4 a session without work claims a suspect though another drains for it")
    void areClaimedThoughAnotherDrains() {
      suspects(1);
      submit(1);
      TestSession busy = session();
      busy.claim(1);
      busy.claimSuspect();

      assertThat(session().claimSuspect().parked()).hasSize(1);
      assertThat(busy.claimSuspect()).isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    @DisplayName("F16 a suspect is not claimed beside another")
    void areNotClaimedBesideAnother() {
      suspects(2);
      TestSession session = session();
      session.claimSuspect();

      assertThat(session.claimSuspect()).isEqualTo(new Claim(List.of(), List.of(), true));
    }

    @Test
    void areClaimedByAnotherSessionMeanwhile() {
      suspects(2);
      session().claimSuspect();

      assertThat(session().claimSuspect().parked())
          .extracting(ClaimedItem::index)
          .containsExactly(1);
    }

    @Test
    void ofOtherTypesAreNotClaimed() {
      suspects(1);

      assertThat(
              store.claiming().claimSuspect(session().id(), List.of("report", "export"), SECONDS))
          .isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    void ofAnyOfTheTypesAreClaimed() {
      suspects(1);

      assertThat(
              store
                  .claiming()
                  .claimSuspect(session().id(), List.of("report", "annotate"), SECONDS)
                  .parked())
          .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.INCLUDE,
        names = {"PAUSED", "STOPPING"})
    void ofOtherBatchesAreNotClaimed(BatchState state) {
      under.setState(suspects(1), state);

      assertThat(session().claimSuspect()).isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    void areNoneWithoutWork() {
      assertThat(session().claimSuspect()).isEqualTo(new Claim(List.of(), List.of(), false));
    }
  }
}
