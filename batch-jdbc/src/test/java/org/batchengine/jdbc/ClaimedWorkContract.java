package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.InputSize;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Steering;
import org.batchengine.store.StoredInput;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What a session has claimed is read back, with its inputs and its batches. */
abstract class ClaimedWorkContract extends StoreContract {

  ClaimedWorkContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Test
  void claimOfASessionThatIsGoneIsFencedAndClaimsNothing() {
    long batch = submit(10);
    TestSession session = session();
    store.sessions().release(session.id());

    assertThatThrownBy(() -> session.claim(10)).isInstanceOf(FencedException.class);
    assertThatThrownBy(session::claimSuspect).isInstanceOf(FencedException.class);
    assertThat(job(batch).counts().pending()).isEqualTo(10);
  }

  @Nested
  class Owned {
    @Test
    @DisplayName("FAULT-D3b a claim whose answer was lost is read back")
    void isWhatTheClaimWouldHaveAnswered() {
      park(3);
      submit(500);
      TestSession session = session();
      Claim claim = session.claim("annotate", 6, 50);
      Claim owned = store.claiming().owned(session.id());

      assertThat(owned.chunks()).containsExactlyInAnyOrderElementsOf(claim.chunks());
      assertThat(owned.parked()).containsExactlyInAnyOrderElementsOf(claim.parked());
    }

    @Test
    void includesSuspects() {
      suspects(1);
      TestSession session = session();
      Claim claim = session.claimSuspect();

      assertThat(store.claiming().owned(session.id()).parked()).isEqualTo(claim.parked());
    }

    @Test
    void isNothingOfAFreshSession() {
      submit(10);
      session().claim(5);

      assertThat(store.claiming().owned(session().id()).isEmpty()).isTrue();
    }
  }

  @Nested
  class Load {
    @Test
    void givesTheInputsOfAChunkByIndex() {
      long batch = submit(300);
      TestSession session = session();
      session.claim(200);
      ClaimedChunk chunk = store.claiming().owned(session.id()).chunks().get(1);

      assertThat(store.claiming().load(chunk))
          .containsExactlyElementsOf(
              indexes(chunk).stream()
                  .map(index -> new StoredInput(batch, index, null, "input-" + index))
                  .toList());
    }

    @Test
    @DisplayName("REQ-X4 what is settled is not given to a worker again")
    void leavesOutWhatIsSettledOrParked() {
      long batch = submit(5);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(5);
      session.settle(SettlementDraft.of().succeeded(batch, 1).parked(batch, 3, NOW));

      assertThat(store.claiming().load(chunk))
          .extracting(StoredInput::index)
          .containsExactly(0, 2, 4);
    }

    @Test
    void givesTheInputsOfParkedItems() {
      long batch = park(4);
      List<ClaimedItem> parked = session().claim("annotate", 3, 1).parked();

      assertThat(store.claiming().load(parked))
          .containsExactlyInAnyOrder(
              new StoredInput(batch, 0, null, "input-0"),
              new StoredInput(batch, 1, null, "input-1"),
              new StoredInput(batch, 2, null, "input-2"));
    }

    @Test
    void givesTheInputsOfParkedItemsOfSeveralBatches() {
      long one = submit(1);
      long two = submit(1);
      TestSession session = session();
      List<ClaimedChunk> chunks = session.claim(2).chunks();
      session.settle(
          SettlementDraft.of()
              .parked(one, 0, NOW)
              .parked(two, 0, NOW)
              .removed(chunks.get(0))
              .removed(chunks.get(1)));
      List<ClaimedItem> parked = session().claim("annotate", 6, 1).parked();

      assertThat(store.claiming().load(parked))
          .containsExactlyInAnyOrder(
              new StoredInput(one, 0, null, "input-0"), new StoredInput(two, 0, null, "input-0"));
    }
  }

  @Nested
  class Sizes {
    @Test
    @DisplayName("FAULT-M1 the inputs of a chunk are measured in bytes, those that are open")
    void areThoseOfOpenItems() {
      long batch =
          submit(
              NewBatches.any().build(),
              List.of(
                  new NewItem(null, "abc"),
                  new NewItem(null, "done"),
                  new NewItem(null, null),
                  new NewItem(null, "日本"),
                  new NewItem(null, "parked")));
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(5);
      session.settle(
          SettlementDraft.of().succeeded(batch, 1).parked(batch, 4, Duration.ofHours(1)));

      assertThat(store.claiming().measure(chunk))
          .containsExactly(new InputSize(0, 3), new InputSize(2, 0), new InputSize(3, 6));
      assertThat(header(batch).largestInput()).isEqualTo(6);
    }

    @Test
    void ofAnyPageCountForTheLargest() {
      NewBatch batch = NewBatches.any().build();
      TestSession session = session();
      long number = number(store.submitting().begin(batch, session.id()));
      for (String input : List.of("abc", "the largest", "d")) {
        store.submitting().append(number, session.id(), List.of(new NewItem(null, input)));
      }
      store.submitting().finish(number, session.id(), NewBatches.by("alice"));

      assertThat(header(number).largestInput()).isEqualTo(11);
    }

    @Test
    @DisplayName("FAULT-M1 a slice of a chunk is loaded alone")
    void ofASliceOnlyAreLoaded() {
      submit(10);
      ClaimedChunk chunk = session().claimChunk(10);

      assertThat(store.claiming().load(chunk, 3, 6))
          .extracting(StoredInput::index)
          .containsExactly(3, 4, 5);
    }
  }

  @Nested
  class Headers {
    @Test
    void tellWhatNeverChanges() {
      NewBatch batch =
          NewBatches.any()
              .tenant("acme")
              .submittedBy("alice")
              .priority(7)
              .metadata("{\"a\":1}")
              .retryPolicy("fixed PT1S")
              .timeout(Duration.ofDays(365).minusNanos(1_000))
              .chunkSize(10_000)
              .build();
      long number = submit(batch, NewBatches.items(1));

      assertThat(store.claiming().headers(List.of(number)))
          .containsExactly(
              new BatchHeader(
                  number,
                  batch.id(),
                  "annotate",
                  "acme",
                  "alice",
                  7,
                  "{\"a\":1}",
                  "fixed PT1S",
                  Duration.ofDays(365).minusNanos(1_000),
                  10_000,
                  "text",
                  "text",
                  false,
                  null,
                  null,
                  1,
                  7,
                  0,
                  null,
                  null,
                  null));
    }

    @Test
    void leaveOutBatchesThatAreGone() {
      NewBatch gone = NewBatches.any().build();
      long number = submit(gone, List.of());
      long kept = submit(1);
      store.steering().hide(gone.id(), null, NewBatches.by("admin"));

      assertThat(store.claiming().headers(List.of(number, kept, 999_999L)))
          .extracting(BatchHeader::number)
          .containsExactly(kept);
    }
  }

  @Nested
  class MarkRunning {
    @Test
    void takesWhatIsPendingAndSaysSo() {
      long one = submit(1);
      long two = submit(1);
      long running = submit(1);
      store.claiming().markRunning(List.of(running));
      passMoment();

      assertThat(store.claiming().markRunning(List.of(one, two, running)))
          .containsExactlyInAnyOrder(one, two);
      assertThat(job(one).state()).isEqualTo(BatchState.RUNNING);
      assertThat(job(one).startedAt()).contains(now());
      assertThat(job(one).updatedAt()).isEqualTo(now());
      assertThat(job(running).startedAt()).contains(now().minusMillis(1));
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.EXCLUDE,
        names = {"PENDING", "PAUSED", "SUBMITTING", "COMPLETED", "FAILED", "CANCELLED"})
    void leavesOtherStatesAlone(BatchState state) {
      long batch = submit(1);
      under.setState(batch, state);

      assertThat(store.claiming().markRunning(List.of(batch))).isEmpty();
      assertThat(job(batch).state()).isEqualTo(state);
    }

    @Test
    @DisplayName("a batch that was paused after its first claim has begun, and stays paused")
    void notesTheBeginOfWhatWasPausedSince() {
      long batch = submit(1);
      Steering steering = new Steering(job(batch).id(), null, NewBatches.by("alice"), "lunch");
      store.steering().pause(steering);

      assertThat(store.claiming().markRunning(List.of(batch))).containsExactly(batch);
      assertThat(store.claiming().markRunning(List.of(batch))).isEmpty();
      assertThat(job(batch).state()).isEqualTo(BatchState.PAUSED);
      assertThat(job(batch).startedAt()).contains(now());
      assertThat(store.steering().resume(steering).orElseThrow().after())
          .isEqualTo(BatchState.RUNNING);
    }
  }
}
