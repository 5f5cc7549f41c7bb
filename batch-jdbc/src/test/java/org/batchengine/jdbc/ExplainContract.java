package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.assertj.core.api.ListAssert;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchState;
import org.batchengine.model.Reason;
import org.batchengine.store.Attempts;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Why a batch is not done. That the items add up is checked after each test of the contract. */
@DisplayName("why a batch is not done")
abstract class ExplainContract extends SteeredContract {

  ExplainContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private List<Reason> reasons(long batch) {
    return store.reading().explain(header(batch));
  }

  /** Of each reason its code and its items. */
  private ListAssert<String> assertReasons(long batch) {
    return assertThat(
        reasons(batch).stream().map(reason -> reason.code() + " " + reason.items()).toList());
  }

  /** A session of a started engine that works on the type of most batches here. */
  private TestSession worker() {
    TestSession session = session();
    store.sessions().worksOn(session.id(), List.of("annotate", "other"));
    return session;
  }

  @Nested
  class Waiting {
    @Test
    void forAnEngine() {
      long batch = submit(3);
      session(); // was not started

      assertThat(reasons(batch))
          .containsExactly(
              new Reason(
                  "NO_NODE",
                  "3 items are due, but no started engine is connected",
                  3,
                  Optional.empty(),
                  Optional.empty(),
                  true));
    }

    @Test
    void forAnEngineOfItsType() {
      worker();
      long batch = submit(NewBatches.any().type("annot"), 1);

      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::needsPerson, Reason::text)
          .containsExactly(
              tuple(
                  "NO_NODE_FOR_TYPE",
                  true,
                  "1 item is due, but no started engine has registered the type \"annot\""));
    }

    @Test
    void notForAnEngineWhoseSessionHasExpired() {
      worker();
      long batch = submit(1);
      pass(EXPIRY.plusMillis(1));

      assertReasons(batch).containsExactly("NO_NODE 1");
    }

    @Test
    void forAWorker() {
      worker();
      long batch = submit(3);

      assertReasons(batch).containsExactly("READY 3");
    }

    @Test
    void whileItsTypeIsHeld() {
      worker();
      long batch = submit(3);
      store.limits().hold("annotate", Duration.ofMinutes(10), NewBatches.by("alice"), "down");

      assertReasons(batch).containsExactly("HELD 3");
      assertThat(reasons(batch).get(0).text())
          .startsWith("3 items wait until the hold on the type ends, in PT");
      store.limits().release("annotate", NewBatches.by("alice"), "up");
      assertReasons(batch).containsExactly("READY 3");
    }

    @Test
    void whileItsBreakerHolds() {
      TestSession worker = worker();
      long batch = submit(3);
      LimitName type = LimitName.ofType("annotate");
      Limit limit = Limit.none().breaker(0.5, 10);
      store.limits().set(type, limit, NewBatches.by("alice"), "careful");
      assertReasons(batch).containsExactly("READY 3");
      Attempts bad = new Attempts(0, 10, 9, "4711");
      store.limits().ask(new LimitAsk(worker.id(), type, 1, 0, 3, 0, bad, Duration.ofMinutes(1)));

      assertReasons(batch).containsExactly("BREAKER 3");
      Reason held = reasons(batch).get(0);
      assertThat(held.until()).isEqualTo(store.limits().all().get(0).heldUntil());
      assertThat(held.needsPerson()).isFalse();
      assertThat(held.text())
          .startsWith("3 items wait until the hold on the type ends, in PT")
          .endsWith(
              ": the breaker 0.5/10 tripped: 9 of 10 attempts failed with the fingerprint 4711");
      pass(Duration.ofSeconds(30));
      worker();
      assertReasons(batch).containsExactly("TRIAL 3");
      store.limits().release("annotate", NewBatches.by("alice"), "up");
      assertReasons(batch).containsExactly("READY 3");
    }

    @Test
    void forAPlaceOfALimit() {
      worker();
      long batch = submit(3);
      LimitName tenant = LimitName.ofTenant(header(batch).tenant());
      store
          .limits()
          .set(LimitName.EACH_TENANT, Limit.none().running(2), NewBatches.by("alice"), "all");
      assertReasons(batch).containsExactly("PLACES 3");
      store.limits().set(tenant, Limit.none(), NewBatches.by("alice"), "not this one");
      assertReasons(batch).containsExactly("READY 3");
      LimitName type = LimitName.ofType("annotate");
      Limit rate = Limit.none().rate(10, Duration.ofSeconds(1));
      store.limits().set(type, rate, NewBatches.by("alice"), "slow");

      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::text)
          .containsExactly(
              tuple(
                  "RATE",
                  "3 items wait for a free worker and a place under the limit \"rate 10/PT1S\" of the type"));
    }

    @Test
    void behindWorkOfAHigherPriority() {
      TestSession worker = worker();
      long batch = submit(NewBatches.any().priority(4), 3);
      submit(NewBatches.any().priority(9).type("other"), 1);
      submit(NewBatches.any().priority(9).sequential(), 1);
      submit(NewBatches.any().priority(9).startAt(now().plusSeconds(60)), 1);
      assertReasons(batch).containsExactly("READY 3");
      submit(NewBatches.any().priority(5), 1);
      assertReasons(batch).containsExactly("BEHIND 3");
      worker.claim(1);

      assertReasons(batch).containsExactly("READY 3");
    }

    @Test
    void forItsStart() {
      worker();
      long batch = submit(NewBatches.any().startAt(now().plusSeconds(60)), 3);

      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::items, Reason::until)
          .containsExactly(tuple("NOT_DUE", 3L, Optional.of(now().plusSeconds(60))));
      pass(Duration.ofMinutes(1));
      worker();
      assertReasons(batch).containsExactly("READY 3");
    }

    @Test
    void forItsNextAttempt() {
      long batch = park(Duration.ofSeconds(5));
      worker();

      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::items, Reason::until)
          .containsExactly(tuple("RETRY_AT", 1L, Optional.of(now().plusSeconds(5))));
      pass(Duration.ofSeconds(5));
      assertReasons(batch).containsExactly("READY 1");
    }

    @Test
    void toRunAlone() {
      long batch = suspects(2);
      assertReasons(batch).containsExactly("NO_NODE 2");
      worker();

      assertReasons(batch).containsExactly("SUSPECTS 2");
    }

    @Test
    void toBeSettledFromOutside() {
      long batch = park(2);
      worker();
      under.defer(batch, 1);

      assertReasons(batch).containsExactly("READY 1", "DEFERRED 1");
    }

    @Test
    void forTheItemBefore() {
      TestSession worker = worker();
      long batch = submit(NewBatches.any().sequential(), 3);
      assertReasons(batch).containsExactly("READY 3");
      store.claiming().claimSequential(worker.id(), List.of("annotate"));

      assertReasons(batch).containsExactly("SEQUENTIAL_AT 2", "RUNNING_ON 1");
    }
  }

  @Nested
  class Running {
    @Test
    void onEachNode() {
      long batch = submit(100);
      TestSession first = new TestSession(store, store.sessions().open("node-1", EXPIRY));
      TestSession second = new TestSession(store, store.sessions().open("node-2", EXPIRY));
      store.sessions().worksOn(first.id(), List.of("annotate"));
      ClaimedChunk chunk = first.claimChunk(10);
      second.claimChunk(20);
      first.settle(
          SettlementDraft.of()
              .succeeded(chunk.batch(), chunk.from())
              .parked(chunk.batch(), chunk.from() + 1, LATER));

      assertReasons(batch)
          .containsExactly("READY 70", "RETRY_AT 1", "RUNNING_ON 8", "RUNNING_ON 20");
      assertThat(reasons(batch))
          .extracting(Reason::node)
          .contains(Optional.of("node-1"), Optional.of("node-2"));
      assertThat(reasons(batch))
          .extracting(Reason::text)
          .contains("node node-1 has 8 items in hand");
    }

    @Test
    void onANodeThatIsGone() {
      long batch = submit(5);
      TestSession lost = session();
      lost.claimChunk(5);
      pass(EXPIRY.plusMillis(1));
      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::items, Reason::node)
          .containsExactly(tuple("NODE_LOST", 5L, Optional.of("host")));
      under.loseSession(lost.id());

      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::items, Reason::node)
          .containsExactly(tuple("NODE_LOST", 5L, Optional.empty()));
      store.sweeping().repair();
    }
  }

  @Nested
  class Steered {
    @Test
    void isPaused() {
      TestSession worker = worker();
      long batch = submit(10);
      worker.claimChunk(2);
      pause(batch);

      assertReasons(batch).containsExactly("PAUSED 8", "RUNNING_ON 2");
      assertThat(reasons(batch).get(0))
          .isEqualTo(
              new Reason(
                  "PAUSED",
                  "8 items wait until somebody resumes the batch: because",
                  8,
                  Optional.empty(),
                  Optional.empty(),
                  true));
      resume(batch);
      assertReasons(batch).containsExactly("READY 8", "RUNNING_ON 2");
    }

    @Test
    void isStopping() {
      TestSession worker = worker();
      long batch = submit(10);
      worker.claimChunk(2);
      cancel(batch);

      assertReasons(batch).containsExactly("STOPPING 8", "RUNNING_ON 2");
      cancelAllUnowned(batch);
      assertReasons(batch).containsExactly("RUNNING_ON 2");
    }

    @Test
    void isBeingSubmitted() {
      long batch = inState(BatchState.SUBMITTING);
      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::items, Reason::node)
          .containsExactly(tuple("SUBMITTING", 3L, Optional.of("host")));
      pass(EXPIRY.plusMillis(1));

      assertReasons(batch).containsExactly("SUBMITTER_GONE 3");
    }

    @Test
    void isAboutToEnd() {
      long batch = done(3);
      assertReasons(batch).containsExactly("ENDING 0");
      completeIfDone(batch);

      assertReasons(batch).isEmpty();
    }

    @Test
    void isAboutToEndThoughItIsPaused() {
      long batch = done(3);
      pause(batch);

      assertReasons(batch).containsExactly("ENDING 0");
    }

    @Test
    void isTakenUpAgain() {
      worker();
      long batch = ended(3, 1);
      assertReasons(batch).isEmpty();
      retryFailed(batch);

      assertReasons(batch).containsExactly("READY 1");
    }

    @Test
    void hasADeadline() {
      worker();
      long batch = submit(NewBatches.any().deadline(Duration.ofHours(1)), 3);

      assertThat(reasons(batch))
          .extracting(Reason::code, Reason::items, Reason::until)
          .containsExactly(
              tuple("READY", 3L, Optional.empty()),
              tuple("DEADLINE_AT", 0L, Optional.of(now().plusSeconds(3600))));
    }

    @Test
    void hasLostItsRows() {
      worker();
      long batch = submit(3);
      under.loseMotion(batch);
      assertReasons(batch).containsExactly("MISSING 3");
      store.sweeping().rebuild(batch, "engine");

      assertReasons(batch).containsExactly("READY 3");
    }

    @Test
    void isHidden() {
      long batch = ended(1);
      BatchHeader header = header(batch);
      store.steering().hide(header.id(), null, NewBatches.by("admin"));

      assertThat(store.reading().explain(header)).isEmpty();
    }
  }
}
