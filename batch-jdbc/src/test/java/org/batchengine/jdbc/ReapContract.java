package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.SessionExpiry;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sessions that their owners have left are ended, and what they lost is counted. */
abstract class ReapContract extends StoreContract {

  ReapContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Reap {
    @Test
    void endsAnExpiredSession() {
      TestSession session = session();
      SessionExpiry expiry = expired(session);

      assertThat(store.sessions().reap(expiry)).isTrue();
      assertThat(store.sessions().expired()).isEmpty();
      assertThat(renew(session)).isFalse();
    }

    @Test
    void isFalseBeforeTheExpiry() {
      TestSession session = session();
      SessionExpiry expiry = new SessionExpiry(session.id(), now().plus(EXPIRY));

      assertThat(store.sessions().reap(expiry)).isFalse();
      assertThat(renew(session)).isTrue();
    }

    @Test
    @DisplayName("F8 an expiry that has changed since it was seen is left alone")
    void isFalseIfTheExpiryHasChanged() {
      TestSession session = session();
      SessionExpiry seen = expired(session);
      renew(session);
      pass(EXPIRY.plusMillis(1));

      assertThat(store.sessions().reap(seen)).isFalse();
      assertThat(store.sessions().expired()).hasSize(1);
    }

    @Test
    void isFalseTheSecondTime() {
      SessionExpiry expiry = expired(session());
      store.sessions().reap(expiry);

      assertThat(store.sessions().reap(expiry)).isFalse();
    }

    @Test
    void fencesTheSession() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      kill(session);

      assertThatThrownBy(() -> session.claim(1)).isInstanceOf(FencedException.class);
      assertThatThrownBy(() -> session.finish(chunk)).isInstanceOf(FencedException.class);
      assertThat(job(batch).counts().pending()).isEqualTo(1);
    }

    @Test
    void hidesUnfinishedSubmissionsAndFreesTheirKeys() {
      TestSession session = session();
      NewBatch unfinished = NewBatches.any().idempotencyKey("key").build();
      long batch = number(store.submitting().begin(unfinished, session.id()));
      store.submitting().append(batch, session.id(), NewBatches.items(3));
      kill(session);

      assertThat(store.reading().find(unfinished.id(), null)).isEmpty();
      assertThat(store.reading().findByKey("default", "key")).isEmpty();
      assertThatThrownBy(
              () -> store.submitting().finish(batch, session.id(), NewBatches.by("alice")))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void touchesNoOtherSession() {
      submit(10);
      TestSession dead = session();
      TestSession alive = session();
      dead.claim(5);
      ClaimedChunk kept = alive.claimChunk(5);
      SessionExpiry expiry = expired(dead);
      store.sessions().reap(expiry);

      assertThat(store.claiming().owned(alive.id()).chunks()).containsExactly(kept);
    }
  }

  @Nested
  class Chunks {
    @Test
    void areFreeAgainAndCountedAsLost() {
      long batch = submit(10);
      TestSession session = session();
      session.claim(10);
      kill(session);

      assertThat(job(batch).counts().pending()).isEqualTo(10);
      assertThat(session().claim(10).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 10, 1));
    }

    @Test
    void keepWhatWasSettled() {
      long batch = submit(10);
      TestSession session = session();
      session.claim(10);
      session.settle(SettlementDraft.of().succeeded(batch, 0, 9));
      kill(session);

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(10, 8, 0, 0, 0, 2, 0, 0, 0));
      assertThat(store.claiming().load(session().claimChunk(10)))
          .extracting(input -> input.index())
          .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void areDissolvedIntoSuspectsWhenLostTwice() {
      long batch = submit(4);
      lose(1);
      TestSession second = session();
      second.claim(4);
      second.settle(SettlementDraft.of().succeeded(batch, 1).parked(batch, 2, LATER));
      kill(second);

      assertThat(session().claim(4).chunks()).isEmpty();
      assertThat(suspects()).containsExactly(0, 3);
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(4, 0, 0, 3, 0, 1, 0, 0, 0));
    }

    @Test
    void ofWhichAllIsSettledLeaveNoSuspects() {
      long batch = submit(2);
      lose(1);
      TestSession second = session();
      second.claim(2);
      second.settle(SettlementDraft.of().succeeded(batch, 0, 1));
      kill(second);

      assertThat(store.sweeping().done(10)).containsExactly(batch);
      assertThat(completeIfDone(batch)).isPresent();
    }
  }

  @Nested
  class Parked {
    @Test
    void retryIsFreeAgainAndStillARetry() {
      long batch = park();
      TestSession session = session();
      session.claimRetry();
      kill(session);

      assertThat(job(batch).counts().retrying()).isEqualTo(1);
      assertThat(session().claimRetry())
          .isEqualTo(new ClaimedItem(batch, "annotate", 0, 1, 0, false));
    }

    @Test
    void retryThatWasLostTwiceIsASuspect() {
      long batch = park();
      loseRetry();
      loseRetry();

      assertThat(session().claim(10).isEmpty()).isTrue();
      assertThat(session().claimSuspect().parked())
          .containsExactly(new ClaimedItem(batch, "annotate", 0, 1, 0, true));
    }

    @Test
    @DisplayName("F16 a retry that was parked out of a lost chunk keeps the count of the chunk")
    void retryOutOfALostChunkIsASuspectWhenLostOnceMore() {
      long batch = submit(1);
      lose(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));
      loseRetry();

      assertThat(session().claimSuspect().parked())
          .containsExactly(new ClaimedItem(batch, "annotate", 0, 1, 0, true));
    }

    @Test
    void parkingAgainDoesNotForgetALoss() {
      park();
      loseRetry();
      TestSession session = session();
      session.settle(SettlementDraft.of().parkedAgain(session.claimRetry(), NOW));
      loseRetry();

      assertThat(session().claimSuspect().parked()).hasSize(1);
    }

    @Test
    void suspectThatIsParkedAgainStaysASuspect() {
      suspect();
      TestSession session = session();
      ClaimedItem suspect = session.claimSuspect().parked().get(0);
      session.settle(SettlementDraft.of().parkedAgain(suspect, NOW));

      assertThat(session.claimSuspect().parked())
          .containsExactly(new ClaimedItem(suspect.batch(), "annotate", 0, 1, 0, true));
    }

    @Test
    void suspectHasACountOfItsOwn() {
      suspect();
      loseSuspect();

      assertThat(session().claimSuspect().parked()).hasSize(1);
    }

    @Test
    void suspectThatWasLostTwiceFailsAsNodeCrash() {
      long batch = suspect();
      loseSuspect();
      loseSuspect();

      BatchItem<String, String> item = store.reading().item(header(batch), 0).orElseThrow();
      assertThat(item.state()).isEqualTo(ItemState.FAILED);
      assertThat(item.error().map(ItemError::type)).contains("NODE_CRASH");
      assertThat(item.error().orElseThrow().message()).isNotBlank();
      assertThat(item.settledAt()).contains(now());
      assertThat(item.duration()).isEmpty();
      assertThat(job(batch).counts().failed()).isEqualTo(1);
    }

    @Test
    void failsAsNodeCrashBesideItsEarlierErrors() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, error(1, "first"))
              .parked(batch, 0, NOW)
              .removed(chunk));
      loseRetry();
      loseRetry();
      loseSuspect();
      loseSuspect();

      assertThat(store.reading().errors(header(batch), 0))
          .extracting(ItemError::type)
          .containsExactly("E_TEST", "NODE_CRASH");
    }

    @Test
    void lastOfABatchThatFailsAsNodeCrashLeavesTheBatchDone() {
      long batch = suspect();
      loseSuspect();
      loseSuspect();

      assertThat(store.sweeping().done(10)).containsExactly(batch);
      assertThat(completeIfDone(batch).orElseThrow().counts().failed()).isEqualTo(1);
    }

    @Test
    void lossesDoNotCountAsAttempts() {
      long batch = park();
      loseRetry();

      assertThat(store.reading().item(header(batch), 0).orElseThrow().attempts()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("FAULT-P4 a killer item costs at most four processes, and the others succeed")
  void killerCostsFourProcesses() {
    long batch = submit(5);
    int killer = 3;
    int deaths = 0;
    for (int round = 0; round < 50 && completeIfDone(batch).isEmpty(); round++) {
      TestSession session = session();
      Claim claim = session.claim(5);
      if (claim.isEmpty()) {
        claim = session.claimSuspect();
      }
      boolean meetsKiller =
          indexes(claim.chunks()).contains(killer)
              || claim.parked().stream().anyMatch(item -> item.index() == killer);
      if (meetsKiller) {
        deaths++;
        kill(session);
      } else {
        session.finish(claim);
        store.sessions().release(session.id());
      }
    }

    assertThat(deaths).isEqualTo(4);
    assertThat(job(batch).counts()).isEqualTo(new BatchCounts(5, 0, 0, 0, 0, 4, 1, 0, 0));
  }

  @Test
  @DisplayName("F13 an outcome that stands where it must not does not stop a reap")
  void isNotPoisonedByAnOutcomeThatStandsAlready() {
    long batch = suspect();
    loseSuspect();
    TestSession session = session();
    session.claimSuspect();
    under.forceOutcome(batch, 0);
    kill(session);

    assertThat(completeIfDone(batch).orElseThrow().counts().failed()).isEqualTo(1);
  }

  @Test
  @DisplayName("F2 a claim and the end of its session exclude each other")
  @Tag("slow")
  void claimAgainstReapLeavesNoWorkWithADeadSession() {
    long batch = submit(1_000);
    for (int round = 0; round < 50; round++) {
      TestSession session = session();
      SessionExpiry expiry = expired(session);
      Concurrently.call(() -> claimsUnlessFenced(session), () -> store.sessions().reap(expiry));
      // A reaper may pass over a session that is just claiming.
      store.sessions().reap(expiry);

      assertThat(job(batch).counts().running()).isZero();
      assertThat(under.violations()).isEmpty();
    }
  }

  private static boolean claimsUnlessFenced(TestSession session) {
    try {
      return !session.claim(10).isEmpty();
    } catch (FencedException e) {
      return false;
    }
  }

  // --- Given ---

  /** A batch of one item, which is parked for a retry that is due. */
  private long park() {
    long batch = submit(1);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(1);
    session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));
    return batch;
  }

  /** A batch of one item, which is a suspect. */
  private long suspect() {
    long batch = submit(1);
    lose(2);
    return batch;
  }

  /** So many sessions claim all, and die. */
  private void lose(int times) {
    for (int i = 0; i < times; i++) {
      TestSession session = session();
      assertThat(session.claim(100).chunks()).isNotEmpty();
      kill(session);
    }
  }

  private void loseRetry() {
    TestSession session = session();
    session.claimRetry();
    kill(session);
  }

  private void loseSuspect() {
    TestSession session = session();
    assertThat(session.claimSuspect().parked()).hasSize(1);
    kill(session);
  }

  private List<Integer> suspects() {
    TestSession session = session();
    return IntStream.range(0, 100)
        .mapToObj(i -> session.claimSuspect())
        .takeWhile(claim -> !claim.isEmpty())
        .map(
            claim -> {
              ClaimedItem item = claim.parked().get(0);
              session.settle(SettlementDraft.of().parkedAgain(item, LATER));
              return item.index();
            })
        .toList();
  }
}
