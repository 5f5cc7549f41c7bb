package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.engine.settle.Answers;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.SettleResult;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Processors that hand items out, and whoever brings the results. */
@DisplayName("REQ-M5 items that are settled from outside")
class DeferTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private final List<String> deferrals = new ArrayList<>();

  private String handOut(String input, ItemContext context) {
    deferrals.add(context.deferral());
    return context.defer(HOUR);
  }

  private ManualEngine engine(JobOptions options) {
    return fixture.engine(builder -> builder.register(ECHO, this::handOut, options));
  }

  private ManualEngine engine() {
    return engine(
        JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(1)));
  }

  private static BatchId submitKeyed(ManualEngine engine, int items) {
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(items)).keyedBy(text -> text));
    engine.runUntilIdle();
    return id;
  }

  private static BatchItem<String, String> item(ManualEngine engine, BatchId id, int index) {
    return engine.item(id, index).orElseThrow();
  }

  @Nested
  class AProcessor {
    @Test
    void handsItemsOutAndHoldsNoWorker() {
      var engine = engine(JobOptions.defaults().concurrency(1));
      BatchId id = submitKeyed(engine, 3);

      assertThat(engine.status(id).counts().deferred()).isEqualTo(3);
      assertThat(deferrals).containsExactly(id + "/0/1", id + "/1/1", id + "/2/1");
    }

    @Test
    void ofChunksDefersItemByItem() {
      var engine =
          fixture.engine(
              builder ->
                  builder.registerBulk(
                      ECHO,
                      chunk -> {
                        for (ChunkItem<String, String> item : chunk) {
                          if (item.index() == 1) {
                            item.succeed("at once");
                          } else {
                            deferrals.add(item.deferral());
                            assertThat(item.defer(HOUR)).isTrue();
                            assertThat(item.succeed("too late")).isFalse();
                          }
                        }
                      }));
      BatchId id = submitKeyed(engine, 3);

      assertThat(engine.status(id).counts().deferred()).isEqualTo(2);
      assertThat(engine.settle(ECHO, deferrals.get(1), Verdict.succeeded("done")))
          .isEqualTo(SettleResult.SETTLED);
      assertThat(item(engine, id, 2).output()).contains("done");
    }

    @Test
    void mustNameABound() {
      var engine =
          fixture.engine(
              builder ->
                  builder.register(
                      ECHO,
                      (text, context) -> context.defer(Duration.ZERO),
                      JobOptions.defaults().retry(RetryPolicy.none())));
      BatchId id = submitKeyed(engine, 1);

      assertThat(item(engine, id, 0).error().orElseThrow().message()).contains("defer", "PT0S");
    }
  }

  @Nested
  class AnAnswer {
    @Test
    void endsTheItemAndTheBatch() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 4);

      assertThat(
              engine.settle(
                  ECHO,
                  id,
                  "item-0",
                  Verdict.succeeded("done").quality(0.9).duration(Duration.ofSeconds(4))))
          .isEqualTo(SettleResult.SETTLED);
      assertThat(engine.settle(ECHO, id, 1, Verdict.skipped("nothing to do")))
          .isEqualTo(SettleResult.SETTLED);
      assertThat(engine.settle(ECHO, deferrals.get(2), Verdict.gaveUp("E_BAD", "no")))
          .isEqualTo(SettleResult.SETTLED);
      assertThat(engine.settle(ECHO, id, "item-3", Verdict.succeeded(null)))
          .isEqualTo(SettleResult.SETTLED);

      assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
      var first = item(engine, id, 0);
      assertThat(first.output()).contains("done");
      assertThat(first.quality()).contains(0.9);
      assertThat(first.duration()).contains(Duration.ofSeconds(4));
      assertThat(first.attempts()).isEqualTo(1);
      assertThat(item(engine, id, 1).state()).isEqualTo(ItemState.SKIPPED);
      assertThat(item(engine, id, 2).error().orElseThrow().type()).isEqualTo("E_BAD");
      assertThat(item(engine, id, 3).output()).isEmpty();
      assertThat(engine.settle(ECHO, id, "item-0", Verdict.succeeded("again")))
          .isEqualTo(SettleResult.ALREADY_SETTLED);
    }

    @Test
    void isRetriedAsThePolicySays() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 1);
      Verdict<String> busy = Verdict.failed("E_BUSY", "try again");

      engine.settle(ECHO, id, 0, busy);
      assertThat(item(engine, id, 0).state()).isEqualTo(ItemState.RETRYING);
      fixture.pass(Duration.ofSeconds(2));
      engine.runUntilIdle();
      assertThat(deferrals).containsExactly(id + "/0/1", id + "/0/2");
      assertThat(engine.settle(ECHO, deferrals.get(0), Verdict.succeeded("old")))
          .isEqualTo(SettleResult.OUTDATED);
      engine.settle(ECHO, id, 0, busy);

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
      assertThat(engine.errors(id, 0)).extracting(ItemError::attempt).containsExactly(1, 2);
    }

    @Test
    void isGivenWhereTheTypeIsNotRegistered() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 2);
      var other = fixture.engine(builder -> builder);

      assertThat(
              other.settleAll(
                  ECHO,
                  id,
                  Map.of("item-0", Verdict.succeeded("a"), "item-1", Verdict.succeeded("b"))))
          .isEqualTo(Map.of("item-0", SettleResult.SETTLED, "item-1", SettleResult.SETTLED));
      other.runUntilIdle();

      assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void isGivenByDeferralsOfSeveralBatches() {
      var engine = engine();
      BatchId one = submitKeyed(engine, 1);
      BatchId two = submitKeyed(engine, 2);
      Verdict<String> done = Verdict.succeeded("done");

      assertThat(
              engine.settleAll(
                  ECHO,
                  Map.of(
                      one + "/0/1",
                      done,
                      two + "/1/1",
                      done,
                      two + "/0/2",
                      done,
                      two + "/0/1",
                      done)))
          .isEqualTo(
              Map.of(
                  one + "/0/1",
                  SettleResult.SETTLED,
                  two + "/1/1",
                  SettleResult.SETTLED,
                  two + "/0/2",
                  SettleResult.NOT_YET,
                  two + "/0/1",
                  SettleResult.OUTDATED));
      assertThat(engine.await(one).isSuccess()).isTrue();
    }

    @Test
    void isGivenForMoreThanOneTransactionTakes() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 1_201);
      Map<String, Verdict<String>> all = new HashMap<>();
      texts(1_201).forEach(text -> all.put(text, Verdict.succeeded(text)));

      assertThat(engine.settleAll(ECHO, id, all).values())
          .hasSize(1_201)
          .containsOnly(SettleResult.SETTLED);
      assertThat(engine.await(id).counts().succeeded()).isEqualTo(1_201);
    }

    @Test
    void thatTheBatchDoesNotTolerateGivesItUp() {
      List<BatchEvent> heard = new ArrayList<>();
      var engine =
          fixture.engine(
              builder -> builder.register(ECHO, DeferTest.this::handOut).listener(heard::add));
      BatchId id = engine.submit(BatchRequest.of(ECHO, texts(3)).tolerateFailures(0));
      engine.runUntilIdle();
      engine.settle(ECHO, id, 1, Verdict.gaveUp("E_BAD", "no"));

      assertThat(engine.status(id).state()).isEqualTo(BatchState.STOPPING);
      assertThat(engine.await(id).state()).isEqualTo(BatchState.FAILED);
      assertThat(engine.status(id).counts().cancelled()).isEqualTo(2);
      assertThat(heard).anyMatch(event -> event instanceof BatchEvent.ItemFailed);
    }

    @Test
    void outlivesTheSessionOfItsEngine() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 1);
      var other = fixture.engine(builder -> builder);
      other.runUntilIdle();
      fixture.pass(Duration.ofSeconds(30));
      other.runUntilIdle();
      fixture.pass(Duration.ofSeconds(4));
      other.runUntilIdle();

      assertThat(engine.settle(ECHO, id, 0, Verdict.succeeded("late")))
          .isEqualTo(SettleResult.SETTLED);
    }

    @Test
    void thatIsWrongIsRefused() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 1);
      Verdict<String> done = Verdict.succeeded("done");

      assertThatThrownBy(() -> engine.settle(ECHO, id, "nobody", done))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nobody");
      assertThatThrownBy(() -> engine.settle(ECHO, id, 7, done))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("7");
      assertThatThrownBy(() -> engine.settle(ECHO, "a/b", done))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a/b");
      assertThatThrownBy(() -> engine.settle(ECHO, id + "/0/0", done))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> engine.settle(EngineFixture.LENGTH, id, 0, Verdict.succeeded(1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("echo");
      assertThatThrownBy(() -> engine.settle(ECHO, id, 0, Verdict.succeeded("x".repeat(2_000_000))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("maxPayload");
      assertThatThrownBy(() -> done.quality(2)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> done.duration(Duration.ofSeconds(-1)))
          .isInstanceOf(IllegalArgumentException.class);
      BatchId unknown = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
      assertThatThrownBy(() -> engine.settle(ECHO, unknown, 0, done))
          .isInstanceOf(BatchNotFoundException.class);
      assertThat(item(engine, id, 0).state()).isEqualTo(ItemState.DEFERRED);
    }
  }

  /** An answer can be quicker than the commit that defers its item. */
  @Nested
  class AnAnswerThatIsTooQuick {
    private final AtomicInteger asked = new AtomicInteger();

    private SettleResult settle(EngineParts parts, BatchId id, Runnable meanwhile) {
      return settleAll(parts, List.of(id), 1, meanwhile).get(0).get(0);
    }

    private List<Map<Integer, SettleResult>> settleAll(
        EngineParts parts, List<BatchId> ids, int items, Runnable meanwhile) {
      var answers =
          parts.answers.with(
              new Answers.Patience(
                  parts.clock.nanos(),
                  nanos -> {
                    asked.incrementAndGet();
                    fixture.pass(Duration.ofNanos(nanos));
                    meanwhile.run();
                    return true;
                  }));
      Map<Integer, Answers.Answer> each = new TreeMap<>();
      for (int index = 0; index < items; index++) {
        int attempt = index < items - 1 ? 2 : 0;
        each.put(
            index,
            new Answers.Answer(
                null, attempt, (rules, item) -> rules.succeeded(item, "x", null, 0)));
      }
      return answers.settle(
          ids.stream()
              .map(id -> parts.store.reading().header(id, null).orElseThrow())
              .map(header -> new Answers.OfBatch(header, each))
              .toList());
    }

    @Test
    void isAskedForAgain() {
      var engine = engine();
      BatchId id = engine.submit(ECHO, texts(1));
      var parts = fixture.parts(new Faults(fixture.memory), builder -> builder);

      var result =
          settle(
              parts,
              id,
              () -> {
                if (asked.get() == 3) {
                  engine.runUntilIdle();
                }
              });

      assertThat(result).isEqualTo(SettleResult.SETTLED);
      assertThat(asked).hasValue(3);
    }

    /** The others answer attempts that are never made. */
    @Test
    void isAskedForAgainBehindFiveHundredOthers() {
      var engine = engine();
      BatchId id = engine.submit(ECHO, texts(501));
      var parts = fixture.parts(new Faults(fixture.memory), builder -> builder);

      var results =
          settleAll(
              parts,
              List.of(id),
              501,
              () -> {
                if (asked.get() == 1) {
                  engine.runUntilIdle();
                }
              });

      assertThat(results.get(0).get(500)).isEqualTo(SettleResult.SETTLED);
      assertThat(results.get(0).get(0)).isEqualTo(SettleResult.NOT_YET);
    }

    @Test
    void isWaitedForAsLongInAllBatchesAsInOne() {
      var engine = engine();
      List<BatchId> ids = List.of(engine.submit(ECHO, texts(1)), engine.submit(ECHO, texts(1)));
      var parts = fixture.parts(new Faults(fixture.memory), builder -> builder);
      Instant from = fixture.clock.instant();

      assertThat(settleAll(parts, ids, 1, () -> {})).containsOnly(Map.of(0, SettleResult.NOT_YET));
      assertThat(from.until(fixture.clock.instant(), ChronoUnit.MILLIS)).isEqualTo(2_000);
    }

    @Test
    void isGivenBackAfterTwoSeconds() {
      var engine = engine();
      BatchId id = engine.submit(ECHO, texts(1));
      var parts = fixture.parts(new Faults(fixture.memory), builder -> builder);

      assertThat(settle(parts, id, () -> {})).isEqualTo(SettleResult.NOT_YET);
      assertThat(asked).hasValue(13); // ever more slowly
    }
  }

  @Nested
  class AnItemThatIsNotSettled {
    @Test
    void hasFailedItsAttemptOnceItsBoundHasPassed() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 1);
      fixture.pass(HOUR.minusSeconds(10));
      engine.runUntilIdle();
      assertThat(item(engine, id, 0).state()).isEqualTo(ItemState.DEFERRED);
      fixture.pass(Duration.ofSeconds(10), engine);
      fixture.pass(Duration.ofSeconds(8), engine);

      assertThat(deferrals).containsExactly(id + "/0/1", id + "/0/2");
      assertThat(engine.errors(id, 0)).extracting(ItemError::type).containsExactly("TIMEOUT");
      fixture.pass(HOUR.plusSeconds(10), engine);

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
      assertThat(deferrals).hasSize(2);
      assertThat(engine.errors(id, 0)).extracting(ItemError::attempt).containsExactly(1, 2);
    }

    @Test
    void endsWithItsBatch() {
      var engine = engine();
      BatchId id = submitKeyed(engine, 2);
      engine.settle(ECHO, id, 0, Verdict.succeeded("in time"));
      engine.cancel(id, "as a test has it");

      assertThat(engine.await(id).counts().cancelled()).isEqualTo(1);
      assertThat(engine.settle(ECHO, deferrals.get(1), Verdict.succeeded("too late")))
          .isEqualTo(SettleResult.ALREADY_SETTLED);
    }

    @Test
    void endsWithTheDeadlineOfItsBatch() {
      var engine = engine();
      BatchId id = engine.submit(BatchRequest.of(ECHO, texts(1)).deadline(Duration.ofMinutes(1)));
      engine.runUntilIdle();
      fixture.pass(Duration.ofSeconds(62), engine);

      assertThat(engine.await(id).state()).isEqualTo(BatchState.FAILED);
    }

    @Test
    void isCalledAgainWithItsFailuresTakenUp() {
      var engine = engine(JobOptions.defaults().retry(RetryPolicy.none()));
      BatchId id = submitKeyed(engine, 1);
      engine.settle(ECHO, id, 0, Verdict.failed("E_BAD", "no"));
      engine.await(id);
      engine.retryFailed(id, "it is mended");
      engine.runUntilIdle();

      assertThat(engine.settle(ECHO, deferrals.get(0), Verdict.succeeded("old")))
          .isEqualTo(SettleResult.OUTDATED);
      assertThat(engine.settle(ECHO, deferrals.get(1), Verdict.succeeded("new")))
          .isEqualTo(SettleResult.SETTLED);
      assertThat(engine.await(id).counts().succeeded()).isEqualTo(1);
    }
  }
}
