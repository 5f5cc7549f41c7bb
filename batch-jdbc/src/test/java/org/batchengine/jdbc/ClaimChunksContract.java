package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchState;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewItem;
import org.batchengine.store.rules.ChunkFront;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Chunks that are due are given to sessions, each item to one, the most urgent first. */
abstract class ClaimChunksContract extends StoreContract {

  ClaimChunksContract(Supplier<StoreUnderTest> opener) {
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

      assertThat(session().claim(100).chunks()).hasSize(ChunkFront.MOST_CHUNKS);
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
    @DisplayName("two sessions never own the same item")
    @Tag("slow")
    void areNeverGivenToTwo() {
      int items = 2_000;
      submit(items);
      List<Callable<List<Integer>>> sessions = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        TestSession session = session();
        sessions.add(() -> claimAll(session, 7));
      }

      assertThat(Concurrently.call(sessions).stream().flatMap(List::stream).toList())
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
}
