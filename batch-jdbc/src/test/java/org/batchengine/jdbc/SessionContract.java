package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchState;
import org.batchengine.model.EngineNode;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.Steering;
import org.batchengine.store.Submitted.Created;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Sessions open, last while they are renewed, and end by their owner's will. */
abstract class SessionContract extends StoreContract {

  SessionContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Open {
    @Test
    void givesRisingIds() {
      assertThat(session().id()).isLessThan(session().id());
    }

    @Test
    void neverGivesAnIdAgain() {
      TestSession first = session();
      store.sessions().release(first.id());
      TestSession second = session();
      kill(second);

      assertThat(session().id()).isGreaterThan(second.id()).isGreaterThan(first.id());
    }

    @Test
    void givesAsLongAsIsAskedFor() {
      long brief = store.sessions().open("host", Duration.ofSeconds(1));
      long lasting = store.sessions().open("host", Duration.ofHours(1));
      pass(Duration.ofSeconds(2));

      assertThat(store.sessions().expired())
          .extracting(SessionExpiry::session)
          .containsExactly(brief);
      assertThat(renew(lasting)).isTrue();
    }
  }

  @Nested
  @DisplayName("the engines that are connected")
  class Nodes {
    @Test
    void tellWhatTheyHaveInHand() {
      long batch = submit(100);
      long idle = store.sessions().open("idle", EXPIRY);
      TestSession busy = new TestSession(store, store.sessions().open("busy", EXPIRY));
      store.sessions().worksOn(busy.id(), List.of("other", "annotate"));
      ClaimedChunk chunk = busy.claimChunk(10);
      busy.claimChunk(20);
      busy.settle(SettlementDraft.of().succeeded(batch, chunk.from()).parked(batch, 1, NOW));
      busy.claimRetry();

      List<EngineNode> nodes = store.sessions().nodes();
      assertThat(nodes).extracting(EngineNode::session).containsExactly(idle, busy.id());
      EngineNode node = nodes.get(1);
      assertThat(node.node()).isEqualTo("busy");
      assertThat(node.process()).isNotBlank();
      assertThat(node.expiresAt()).isEqualTo(now().plus(EXPIRY));
      assertThat(node.chunks()).isEqualTo(2);
      assertThat(node.items()).isEqualTo(8 + 20 + 1);
      assertThat(node.types()).containsExactly("annotate", "other");
      assertThat(nodes.get(0).items()).isZero();
      assertThat(nodes.get(0).types()).isEmpty();
    }

    @Test
    void areThoseThatLive() {
      TestSession dead = session();
      TestSession live = session();
      pass(EXPIRY);
      renew(live);
      assertThat(store.sessions().nodes())
          .extracting(EngineNode::session)
          .containsExactly(dead.id(), live.id());
      passMoment();

      assertThat(store.sessions().nodes())
          .extracting(EngineNode::session)
          .containsExactly(live.id());
    }
  }

  @Nested
  @DisplayName("types of work that no session works on")
  class Unserved {
    private void submitOf(String type, boolean sequential) {
      var batch = NewBatches.any().type(type);
      submit(sequential ? batch.sequential() : batch, 1);
    }

    @Test
    void areThoseOfDueWorkAlone() {
      submitOf("b", false);
      submitOf("b", false);
      submitOf("a", false);
      submitOf("c", true);
      submit(NewBatches.any().type("later").startAt(now().plusSeconds(60)), 1);

      assertThat(store.sweeping().unserved()).containsExactly("a", "b", "c");
    }

    @Test
    void areNoneThatALivingSessionHasToldOf() {
      submitOf("a.b_c", false);
      submitOf("a", false);
      submitOf("d", true);
      TestSession session = session();
      store.sessions().worksOn(session.id(), List.of("aXb_c", "a.b", "d", "other"));
      assertThat(store.sweeping().unserved()).containsExactly("a", "a.b_c");

      store.sessions().worksOn(session.id(), List.of("d", "a.b_c", "a"));
      assertThat(store.sweeping().unserved()).isEmpty();

      pass(EXPIRY.plusMillis(1));
      assertThat(store.sweeping().unserved()).containsExactly("a", "a.b_c", "d");
    }

    @Test
    void areNoneOfWorkThatIsOwnedOrPaused() {
      submit(1);
      session().claimChunk(1);
      long paused = submit(NewBatches.any().type("paused"), 1);
      store
          .steering()
          .pause(new Steering(header(paused).id(), null, NewBatches.by("alice"), "lunch"));

      assertThat(store.sweeping().unserved()).isEmpty();
    }
  }

  @Nested
  class Renew {
    @Test
    void putsTheExpiryOffFromNow() {
      TestSession session = session();
      pass(EXPIRY.minusMillis(1));
      renew(session);
      pass(EXPIRY.minusMillis(1));

      assertThat(store.sessions().expired()).isEmpty();
    }

    @Test
    void bringsBackAnExpiredSessionThatNobodyReaped() {
      TestSession session = session();
      pass(EXPIRY.plusSeconds(60));

      assertThat(renew(session)).isTrue();
      assertThat(store.sessions().expired()).isEmpty();
    }

    @Test
    void isFalseOnceTheSessionIsGone() {
      TestSession session = session();
      store.sessions().release(session.id());

      assertThat(renew(session)).isFalse();
    }
  }

  @Nested
  class Renewal {
    @Test
    void renewsWhicheverSessionIsAskedFor() {
      TestSession first = session();
      TestSession second = session();
      TestSession third = session();
      pass(EXPIRY.minusMillis(1));
      try (SessionRenewal renewal = store.sessions().renewal()) {
        assertThat(renewal.renew(first.id(), EXPIRY)).isTrue();
        store.sessions().release(second.id());
        assertThat(renewal.renew(second.id(), EXPIRY)).isFalse();
        assertThat(renewal.renew(first.id(), EXPIRY)).isTrue();
      }
      pass(EXPIRY.minusMillis(1));

      assertThat(store.sessions().expired())
          .extracting(SessionExpiry::session)
          .containsExactly(third.id());
    }

    @Test
    void isIndependentOfOthers() {
      TestSession session = session();
      try (SessionRenewal one = store.sessions().renewal();
          SessionRenewal another = store.sessions().renewal()) {
        assertThat(one.renew(session.id(), EXPIRY)).isTrue();
        one.close();
        one.close();
        assertThat(another.renew(session.id(), EXPIRY)).isTrue();
      }
    }

    @Test
    void keepsASessionThatIsSettlingAndClaiming() {
      submit(10);
      TestSession session = session();
      try (SessionRenewal renewal = store.sessions().renewal()) {
        for (int i = 0; i < 10; i++) {
          session.finish(session.claimChunk(1));
          pass(EXPIRY.minusMillis(1));
          assertThat(renewal.renew(session.id(), EXPIRY)).isTrue();
        }
      }
      assertThat(store.sessions().expired()).isEmpty();
    }
  }

  @Nested
  class Expired {
    @Test
    void areNoneBeforeTheirTime() {
      session();
      pass(EXPIRY.minusMillis(1));

      assertThat(store.sessions().expired()).isEmpty();
    }

    @Test
    void comeOldestFirstWithTheInstantOfTheirExpiry() {
      TestSession first = session();
      pass(Duration.ofSeconds(1));
      TestSession second = session();
      pass(EXPIRY.plusSeconds(1));

      assertThat(store.sessions().expired())
          .containsExactly(
              new SessionExpiry(first.id(), now().minusSeconds(2)),
              new SessionExpiry(second.id(), now().minusSeconds(1)));
    }
  }

  @Nested
  class Release {
    @Test
    void freesChunksWithoutCountingThemAsLost() {
      long batch = submit(10);
      TestSession session = session();
      session.claim(10);
      store.sessions().release(session.id());

      assertThat(session().claim(10).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 10, 0));
    }

    @Test
    void freesWhatIsLeftOfAChunkThatIsSettledInPart() {
      long batch = submit(10);
      TestSession session = session();
      session.claim(10);
      session.settle(SettlementDraft.of().succeeded(batch, 0, 1, 2).parked(batch, 3, EXPIRY));
      store.sessions().release(session.id());

      assertThat(job(batch).counts().pending()).isEqualTo(6);
      assertThat(store.claiming().load(session().claimChunk(10)))
          .extracting(input -> input.index())
          .containsExactly(4, 5, 6, 7, 8, 9);
    }

    @Test
    void freesParkedItemsWithoutCountingThemAsLost() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));
      for (int i = 0; i < 3; i++) {
        TestSession next = session();
        assertThat(next.claimRetry()).isEqualTo(new ClaimedItem(batch, "annotate", 0, 1, 0, false));
        store.sessions().release(next.id());
      }
    }

    @Test
    void hidesUnfinishedSubmissionsAndFreesTheirKeys() {
      TestSession session = session();
      NewBatch unfinished = NewBatches.any().idempotencyKey("key").build();
      store.submitting().begin(unfinished, session.id());
      store.sessions().release(session.id());

      assertThat(store.reading().find(unfinished.id(), null)).isEmpty();
      assertThat(
              store.submitting().submit(NewBatches.any().idempotencyKey("key").build(), List.of()))
          .isInstanceOf(Created.class);
    }

    @Test
    void leavesFinishedSubmissionsAlone() {
      TestSession session = session();
      NewBatch finished = NewBatches.any().build();
      long batch = number(store.submitting().begin(finished, session.id()));
      store.submitting().append(batch, session.id(), NewBatches.items(1));
      store.submitting().finish(batch, session.id(), NewBatches.by("alice"));
      store.sessions().release(session.id());

      assertThat(job(finished.id()).state()).isEqualTo(BatchState.PENDING);
    }

    @Test
    void fencesTheSession() {
      submit(1);
      TestSession session = session();
      store.sessions().release(session.id());

      assertThatThrownBy(() -> session.claim(1)).isInstanceOf(FencedException.class);
      assertThatThrownBy(() -> session.claimSuspect()).isInstanceOf(FencedException.class);
      assertThatThrownBy(() -> session.settle(SettlementDraft.of()))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void isNothingTheSecondTime() {
      long batch = submit(1);
      TestSession session = session();
      store.sessions().release(session.id());
      TestSession other = session();
      ClaimedChunk chunk = other.claimChunk(1);
      store.sessions().release(session.id());

      assertThat(store.claiming().owned(other.id()).chunks()).containsExactly(chunk);
      assertThat(job(batch).counts().running()).isEqualTo(1);
    }

    @Test
    void touchesNoOtherSession() {
      submit(10);
      TestSession leaving = session();
      TestSession staying = session();
      leaving.claim(5);
      ClaimedChunk kept = staying.claimChunk(5);
      store.sessions().release(leaving.id());

      assertThat(store.claiming().owned(staying.id()).chunks()).containsExactly(kept);
    }
  }

  @Test
  @DisplayName("REQ-U9 what a session owned is worked on by the next one")
  void workGoesOnInTheNextSession() {
    long batch = submit(250);
    TestSession first = session();
    first.finish(first.claim(100));
    first.claim(100);
    store.sessions().release(first.id());
    TestSession second = session();
    second.finish(second.claim(250));

    assertThat(completeIfDone(batch).orElseThrow().counts().succeeded()).isEqualTo(250);
  }
}
