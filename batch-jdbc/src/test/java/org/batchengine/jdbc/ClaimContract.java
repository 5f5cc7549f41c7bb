package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Steering;
import org.batchengine.store.StoredInput;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Work that is due is given to sessions, each item to one. */
abstract class ClaimContract extends StoreContract {

  ClaimContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Chunks {
    @Test
    void areClaimedWholeIfTheyAreNotLargerThanWanted() {
      long batch = submit(10);

      assertThat(session().claim(10).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 10, 0));
    }

    @Test
    void areSplitIfTheyAreLargerThanWanted() {
      long batch = submit(10);

      assertThat(session().claim("annotate", 10, 3).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 3, 0));
      assertThat(session().claim(10).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 3, 10, 0));
    }

    @Test
    void areSplitToTheItemsThatAreWantedInAll() {
      submit(300);

      assertThat(session().claim("annotate", 150, 100).chunks())
          .extracting(chunk -> chunk.to() - chunk.from())
          .containsExactly(100, 50);
    }

    @Test
    void countWhatIsSplitOffAsPending() {
      long batch = submit(10);
      session().claim(3);

      assertThat(job(batch).counts().pending()).isEqualTo(7);
      assertThat(job(batch).counts().running()).isEqualTo(3);
    }

    @Test
    @DisplayName("REQ-D5 the higher priority is claimed first")
    void ofTheHigherPriorityComeFirst() {
      long low = submit(NewBatches.any().priority(1), 1);
      passMoment();
      long high = submit(NewBatches.any().priority(9), 1);
      passMoment();
      long middle = submit(NewBatches.any().priority(5), 1);

      assertThat(session().claim(3).chunks())
          .extracting(ClaimedChunk::batch)
          .containsExactly(high, middle, low);
    }

    @Test
    void ofOnePriorityComeAsTheyFellDue() {
      long third = submit(NewBatches.any().startAt(now().plusSeconds(3)), 1);
      long second = submit(NewBatches.any().startAt(now().plusSeconds(2)), 1);
      long first = submit(NewBatches.any().startAt(now().plusSeconds(1)), 1);
      pass(Duration.ofSeconds(4));

      assertThat(session().claim(3).chunks())
          .extracting(ClaimedChunk::batch)
          .containsExactly(first, second, third);
    }

    @Test
    void goToTheEndOfTheQueueWhenTheyAreSplit() {
      long first = submit(10);
      passMoment();
      long second = submit(10);
      passMoment();
      long later = submit(NewBatches.any().startAt(now().plusSeconds(1)), 10);
      session().claim(1);
      pass(Duration.ofSeconds(1));

      List<Long> order = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        passMoment();
        order.add(session().claim(1).chunks().get(0).batch());
      }
      assertThat(order).containsExactly(second, first, later);
    }

    @Test
    void thatAreNotDueDoNotHideLowerPriorities() {
      submit(NewBatches.any().priority(9).startAt(now().plusSeconds(60)), 1);
      long due = submit(NewBatches.any().priority(1), 1);

      assertThat(session().claim(2).chunks()).extracting(ClaimedChunk::batch).containsExactly(due);
    }

    @Test
    void thatWereLostAreClaimedWhole() {
      long batch = submit(50);
      TestSession lost = session();
      lost.claim(40);
      kill(lost);

      assertThat(session().claim("annotate", 10, 10).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 40, 1));
    }

    @Test
    void ofOtherTypesAreNotClaimed() {
      submit(NewBatches.any().type("report"), 1);

      assertThat(session().claim(1)).isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    void ofSeveralTypesAreClaimedAsWantedOfEach() {
      submit(NewBatches.any().type("report"), 50);
      submit(NewBatches.any().type("export"), 50);
      submit(NewBatches.any().type("import"), 50);
      Claim claim =
          session().claim(new Wanted("report", 5, 5, 5), new Wanted("export", 20, 10, 20));

      assertThat(claim.chunks())
          .filteredOn(chunk -> chunk.type().equals("report"))
          .extracting(chunk -> chunk.to() - chunk.from())
          .containsExactly(5);
      assertThat(claim.chunks())
          .filteredOn(chunk -> chunk.type().equals("export"))
          .extracting(chunk -> chunk.to() - chunk.from())
          .containsExactly(10);
      assertThat(claim.chunks()).noneMatch(chunk -> chunk.type().equals("import"));
    }

    @Test
    void areAtMostSixteenAClaim() {
      for (int i = 0; i < 20; i++) {
        submit(1);
      }

      assertThat(session().claim(100).chunks()).hasSize(ClaimRequest.MOST_CHUNKS);
    }

    @Test
    void ofLargeInputsAreSmaller() {
      NewItem large = new NewItem(null, "x".repeat(1 << 20));
      submit(NewBatches.any().build(), Collections.nCopies(10, large));

      assertThat(session().claim(10).chunks())
          .extracting(chunk -> chunk.to() - chunk.from())
          .containsExactly(8);
    }

    @Test
    void haveAnItemHoweverLargeItIs() {
      NewItem large = new NewItem(null, "x".repeat(9 << 20));
      submit(NewBatches.any().build(), List.of(large, large));

      assertThat(session().claim(10).chunks())
          .extracting(chunk -> chunk.to() - chunk.from())
          .containsExactly(1);
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.INCLUDE,
        names = {"PENDING", "RUNNING"})
    void ofBatchesThatWaitOrRunAreClaimed(BatchState state) {
      long batch = submit(1);
      under.setState(batch, state);

      assertThat(session().claim(1).chunks()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.INCLUDE,
        names = {"PAUSED", "STOPPING"})
    void ofOtherBatchesAreNotClaimed(BatchState state) {
      long batch = submit(1);
      under.setState(batch, state);

      assertThat(session().claim(1)).isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    @DisplayName("REQ-U9 two sessions never own the same item")
    @Tag("slow")
    void areNeverGivenToTwo() {
      int items = 2_000;
      submit(items);
      List<Callable<List<Integer>>> sessions = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        TestSession session = session();
        sessions.add(() -> claimAll(session, 7));
      }

      assertThat(Together.call(sessions).stream().flatMap(List::stream).toList())
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, items).boxed().toList());
    }

    @Test
    void leaveOtherSessionsTheirShareOfWhatIsLeft() {
      submit(300);
      TestSession first = session();
      TestSession second = session();

      assertThat(first.claim(new Wanted("annotate", 200, 100, 10)).items()).isEqualTo(150);
      assertThat(second.claim(new Wanted("annotate", 200, 100, 10)).items()).isEqualTo(75);
      assertThat(first.claim(new Wanted("annotate", 200, 100, 60)).items()).isEqualTo(60);
    }

    @Test
    void takeWhatIsWantedWhereThereIsNoOtherSession() {
      submit(300);

      assertThat(session().claim(new Wanted("annotate", 200, 100, 10)).items()).isEqualTo(200);
    }

    /** Claims until nothing is left; another session may be at the last of it meanwhile. */
    private List<Integer> claimAll(TestSession session, int chunkItems) {
      List<Integer> all = new ArrayList<>();
      Claim claim;
      do {
        claim = session.claim("annotate", 10 * chunkItems, chunkItems);
        all.addAll(indexes(claim.chunks()));
      } while (!claim.isEmpty() || claim.more());
      return all;
    }
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
              Together.call(() -> claimRetries(one), () -> claimRetries(two)).stream()
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

      assertThat(store.claimSuspect(session().id(), List.of("report", "export")))
          .isEqualTo(new Claim(List.of(), List.of(), false));
    }

    @Test
    void ofAnyOfTheTypesAreClaimed() {
      suspects(1);

      assertThat(store.claimSuspect(session().id(), List.of("report", "annotate")).parked())
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

  @Test
  void claimOfASessionThatIsGoneIsFencedAndClaimsNothing() {
    long batch = submit(10);
    TestSession session = session();
    store.releaseSession(session.id());

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
      Claim owned = store.owned(session.id());

      assertThat(owned.chunks()).containsExactlyInAnyOrderElementsOf(claim.chunks());
      assertThat(owned.parked()).containsExactlyInAnyOrderElementsOf(claim.parked());
    }

    @Test
    void includesSuspects() {
      suspects(1);
      TestSession session = session();
      Claim claim = session.claimSuspect();

      assertThat(store.owned(session.id()).parked()).isEqualTo(claim.parked());
    }

    @Test
    void isNothingOfAFreshSession() {
      submit(10);
      session().claim(5);

      assertThat(store.owned(session().id()).isEmpty()).isTrue();
    }
  }

  @Nested
  class Load {
    @Test
    void givesTheInputsOfAChunkByIndex() {
      long batch = submit(300);
      TestSession session = session();
      session.claim(200);
      ClaimedChunk chunk = store.owned(session.id()).chunks().get(1);

      assertThat(store.load(chunk))
          .containsExactlyElementsOf(
              indexes(chunk).stream()
                  .map(index -> new StoredInput(batch, index, null, "input-" + index))
                  .toList());
    }

    @Test
    void leavesOutWhatIsSettledOrParked() {
      long batch = submit(5);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(5);
      session.settle(SettlementDraft.of().succeeded(batch, 1).parked(batch, 3, NOW));

      assertThat(store.load(chunk)).extracting(StoredInput::index).containsExactly(0, 2, 4);
    }

    @Test
    void givesTheInputsOfParkedItems() {
      long batch = park(4);
      List<ClaimedItem> parked = session().claim("annotate", 6, 1).parked();

      assertThat(store.load(parked))
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

      assertThat(store.load(parked))
          .containsExactlyInAnyOrder(
              new StoredInput(one, 0, null, "input-0"), new StoredInput(two, 0, null, "input-0"));
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
              .build();
      long number = submit(batch, NewBatches.items(1));

      assertThat(store.headers(List.of(number)))
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
                  "json",
                  "text",
                  false,
                  null,
                  null,
                  1));
    }

    @Test
    void leaveOutBatchesThatAreGone() {
      NewBatch gone = NewBatches.any().build();
      long number = submit(gone, List.of());
      long kept = submit(1);
      store.hide(gone.id(), null, "admin");

      assertThat(store.headers(List.of(number, kept, 999_999L)))
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
      store.markRunning(List.of(running));
      passMoment();

      assertThat(store.markRunning(List.of(one, two, running))).containsExactlyInAnyOrder(one, two);
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

      assertThat(store.markRunning(List.of(batch))).isEmpty();
      assertThat(job(batch).state()).isEqualTo(state);
    }

    @Test
    @DisplayName("a batch that was paused after its first claim has begun, and stays paused")
    void notesTheBeginOfWhatWasPausedSince() {
      long batch = submit(1);
      Steering steering = new Steering(job(batch).id(), null, "alice", "lunch");
      store.pause(steering);

      assertThat(store.markRunning(List.of(batch))).containsExactly(batch);
      assertThat(store.markRunning(List.of(batch))).isEmpty();
      assertThat(job(batch).state()).isEqualTo(BatchState.PAUSED);
      assertThat(job(batch).startedAt()).contains(now());
      assertThat(store.resume(steering).orElseThrow().after()).isEqualTo(BatchState.RUNNING);
    }
  }

  // --- Given ---

  /** A batch of so many items, all parked for a retry that is due. */
  private long park(int items) {
    long batch = submit(items);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(items);
    SettlementDraft draft = SettlementDraft.of().removed(chunk);
    IntStream.range(0, items).forEach(index -> draft.parked(batch, index, NOW));
    session.settle(draft);
    store.releaseSession(session.id());
    return batch;
  }

  /** A batch of so many items, all suspects. */
  private long suspects(int items) {
    long batch = submit(items);
    for (int i = 0; i < 2; i++) {
      TestSession session = session();
      session.claimChunk(items);
      kill(session);
    }
    return batch;
  }
}
