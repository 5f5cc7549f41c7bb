package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.ReaderName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who is told of the end of a batch. */
class NotifyTest {
  private static final JobType<BatchEnd, Void> HOOK = JobType.of("hook", BatchEnd.class);
  private static final JobType<BatchEnd, Void> MAIL = JobType.of("mail", BatchEnd.class);
  private static final Duration POLL = Duration.ofSeconds(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> told = new ArrayList<>();

  private ManualEngine engine(Faults faults, UnaryOperator<BatchEngine.Builder> options) {
    return world.engine(
        faults,
        builder ->
            options.apply(
                builder
                    .register(
                        ECHO, NotifyTest::work, JobOptions.defaults().retry(RetryPolicy.none()))
                    .registerAction(HOOK, end -> told.add("hook " + end))
                    .registerAction(MAIL, end -> told.add("mail " + end))));
  }

  private ManualEngine engine() {
    return engine(new Faults(world.memory), builder -> builder);
  }

  private static String work(String text) {
    if (text.equals("bad")) {
      throw new IllegalStateException("as it should");
    }
    return text;
  }

  private static BatchRequest<String> request(String... texts) {
    return BatchRequest.of(ECHO, List.of(texts));
  }

  private static BatchId ended(ManualEngine engine, BatchRequest<String> request) {
    BatchId id = engine.submit(request);
    engine.await(id);
    return id;
  }

  /** Lets a poll pass, and whatever it brings. */
  private void poll(ManualEngine engine) {
    world.pass(POLL);
    engine.runUntilIdle();
  }

  private static List<BatchJob> deliveries(Batches batches) {
    return batches.history(HistoryQuery.all().type("hook", "mail")).items();
  }

  private OptionalLong position() {
    return world.memory.feed().position(ReaderName.NOTIFIER);
  }

  @Nested
  class Types {
    private final ManualEngine engine = engine();

    @Test
    @DisplayName("REQ-M18 each is told once of the end of a run, in the batch's tenant")
    void areToldOnce() {
      BatchId id = ended(engine, request("a").tenant("acme").notify(HOOK, MAIL));
      assertThat(told).isEmpty();
      poll(engine);
      assertThat(told)
          .containsExactlyInAnyOrder("hook " + id + " 1 COMPLETED", "mail " + id + " 1 COMPLETED");
      poll(engine);
      poll(engine);

      assertThat(told).hasSize(2);
      assertThat(deliveries(engine.forTenant("acme")))
          .allMatch(each -> each.notifies().isEmpty() && each.isSuccess())
          .extracting(each -> each.idempotencyKey().orElseThrow())
          .containsExactlyInAnyOrder("notify/hook/" + id + "/1", "notify/mail/" + id + "/1");
      assertThat(engine.status(id).notifies()).containsExactly("hook", "mail");
      assertThat(engine.status(id).toMap()).containsEntry("notifies", "hook,mail");
      assertThat(deliveries(engine).get(0).toMap()).doesNotContainKey("notifies");
    }

    @Test
    @DisplayName("REQ-M18 each run is told with its own number and state, also if another follows")
    void areToldOfEachRun() {
      BatchId id = ended(engine, request("bad").notify(HOOK));
      poll(engine);
      engine.retryFailed(id, FailedItems.all(), "again");
      engine.await(id);
      engine.retryFailed(id, FailedItems.all(), "and again");
      engine.cancel(id, CancelMode.GRACEFUL, "no more");
      engine.await(id);
      poll(engine);

      assertThat(told)
          .containsExactly(
              "hook " + id + " 1 COMPLETED",
              "hook " + id + " 2 COMPLETED",
              "hook " + id + " 3 CANCELLED");
    }

    @Test
    @DisplayName("REQ-M18 a batch that failed, one that was cancelled, and one without items")
    void areToldOfEachKindOfEnd() {
      BatchId failed = ended(engine, request("bad").tolerateFailures(0).notify(HOOK));
      BatchId cancelled = engine.submit(request("a").notify(HOOK));
      engine.cancel(cancelled, CancelMode.GRACEFUL, "wrong");
      engine.await(cancelled);
      BatchId empty = ended(engine, request().notify(HOOK));
      poll(engine);

      assertThat(told)
          .containsExactlyInAnyOrder(
              "hook " + failed + " 1 FAILED",
              "hook " + cancelled + " 1 CANCELLED",
              "hook " + empty + " 1 COMPLETED");
    }

    @Test
    void areNotToldOfABatchThatWasDeleted() {
      BatchId deleted = ended(engine, request("a").notify(HOOK));
      BatchId kept = ended(engine, request("a").notify(HOOK));
      engine.delete(deleted);
      poll(engine);

      assertThat(told).containsExactly("hook " + kept + " 1 COMPLETED");
    }

    @Test
    void areToldOfMoreEndsThanOnePageHas() {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        expected.add("hook " + engine.submit(request("a").notify(HOOK)) + " 1 COMPLETED");
      }
      engine.runUntilIdle();
      poll(engine);

      assertThat(told).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    @DisplayName("are known by what is stored with the batch, where they are not registered")
    void mayBeUnknownToWhoeverTells() {
      JobType<BatchEnd, Integer> chat =
          JobType.of("chat", BatchEnd.class, Integer.class).measuring("usd");
      BatchId id = ended(engine, request("a").notify(chat));
      poll(engine);
      BatchJob delivery = engine.history(HistoryQuery.all().type("chat")).items().get(0);
      ManualEngine other =
          world.engine(
              builder ->
                  builder.register(
                      chat,
                      (end, context) -> {
                        context.measure("usd", 1);
                        return end.run();
                      }));
      other.await(delivery.id());

      assertThat(other.results(chat, delivery.id()))
          .extracting(item -> item.input() + " is " + item.output().orElseThrow())
          .containsExactly(id + " 1 COMPLETED is 1");
      assertThat(other.status(delivery.id()).measures()).containsKey("usd");
    }

    @Test
    @DisplayName("a listener hears of what is submitted for them")
    void areHeardOfByListeners() {
      List<String> heard = new ArrayList<>();
      ManualEngine loud =
          engine(
              new Faults(world.memory),
              builder ->
                  builder.listener(
                      event -> {
                        if (event instanceof BatchEvent.Submitted submitted) {
                          heard.add(submitted.job().type());
                        }
                      }));
      ended(loud, request("a").notify(HOOK));
      poll(loud);

      assertThat(heard).containsExactly("echo", "hook");
    }

    @Test
    void areRefusedIfTheyCannotBeTold() {
      assertThatNullPointerException().isThrownBy(() -> request("a").notify(HOOK, null));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> request("a").notify(types(11)))
          .withMessageContaining("types: 11 are too many");
      refuses(JobType.of("hook", BatchEnd.class, String.class), "registered here with other");
      refuses(
          JobType.of("other", new OwnCodec("own"), voids()),
          "job type \"other\" reads own, and an end is told as text/BatchEnd");
      assertThat(position()).isEmpty();
      JobType<BatchEnd, Void> own = JobType.of("own", new OwnCodec("text/BatchEnd"), voids());
      BatchId id = ended(engine, request("a").notify(own, HOOK, HOOK));
      assertThat(engine.status(id).notifies()).containsExactly("own", "hook");
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // there are no generic arrays
    private JobType<BatchEnd, ?>[] types(int count) {
      return IntStream.range(0, count)
          .mapToObj(i -> JobType.of("type-" + i, BatchEnd.class))
          .toArray(JobType[]::new);
    }

    private void refuses(JobType<BatchEnd, ?> type, String message) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.submit(request("a").notify(type)))
          .withMessageContaining(message);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine(new Faults(world.memory), builder -> builder.notifyAll(type)))
          .withMessageContaining(message);
    }

    private PayloadCodec<Void> voids() {
      return PayloadCodecs.basic().codecFor(PayloadType.of(Void.class));
    }

    private record OwnCodec(String format) implements PayloadCodec<BatchEnd> {
      @Override
      public String encode(BatchEnd end) {
        return end.toString();
      }

      @Override
      public BatchEnd decode(String text) {
        return BatchEnd.parse(text);
      }
    }
  }

  @Nested
  class TypesOfAll {

    @Test
    @DisplayName("REQ-M18 REQ-M3 are told of every batch but their own, after those of the request")
    void areToldOfEveryBatch() {
      ManualEngine engine =
          engine(new Faults(world.memory), builder -> builder.notifyAll(HOOK, MAIL, HOOK));
      BatchId id = ended(engine, request("a").notify(MAIL));
      BatchId own = engine.submit(HOOK, List.of(new BatchEnd(id, 7, BatchState.FAILED)));
      engine.await(own);
      for (int i = 0; i < 4; i++) {
        poll(engine);
      }

      assertThat(engine.status(id).notifies()).containsExactly("mail", "hook");
      assertThat(told)
          .containsExactlyInAnyOrder(
              "hook " + id + " 7 FAILED",
              "hook " + id + " 1 COMPLETED",
              "mail " + id + " 1 COMPLETED");
      assertThat(deliveries(engine)).hasSize(3).allMatch(each -> each.notifies().isEmpty());
    }

    @Test
    @DisplayName("are not told of batches that were submitted without them")
    void areNotToldOfOldEnds() {
      ManualEngine before = engine();
      ended(before, request("a"));
      ManualEngine engine = engine(new Faults(world.memory), builder -> builder.notifyAll(HOOK));
      BatchId id = ended(engine, request("a"));
      ended(before, request("a"));
      poll(engine);

      assertThat(told).containsExactly("hook " + id + " 1 COMPLETED");
    }
  }

  @Nested
  class Notifiers {

    @Test
    @DisplayName("write and read nothing until a batch has types, and begin once for an engine")
    void beginWithTheFirstTypes() {
      Faults faults = new Faults(world.memory);
      ManualEngine engine = engine(faults, builder -> builder);
      ended(engine, request("a"));
      poll(engine);
      assertThat(faults.calls()).contains("position").doesNotContain("begin", "read", "advance");
      assertThat(position()).isEmpty();
      ended(engine, request("a").notify(HOOK));
      ended(engine, request("a").notify(HOOK));
      poll(engine);

      assertThat(faults.calls("begin")).isEqualTo(1);
      assertThat(told).hasSize(2);
    }

    @Test
    @DisplayName("begin before the batch is there, so they miss none that ends at once")
    void beginBeforeTheBatch() {
      Faults faults = new Faults(world.memory);
      ManualEngine engine = engine(faults, builder -> builder);
      faults.loseCall("begin");
      assertThatThrownBy(() -> engine.submit(request("a").notify(HOOK)))
          .isInstanceOf(StoreException.class);
      assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();
      ended(engine, request().notify(HOOK));
      poll(engine);

      assertThat(told).hasSize(1);
    }

    @Test
    @DisplayName("REQ-M18 of two nodes tell once, also if both have read the same page")
    void ofTwoNodesTellOnce() {
      Faults faults = new Faults(world.memory);
      ManualEngine one = engine(faults, builder -> builder);
      ManualEngine other = engine();
      ended(one, request("a").notify(HOOK));
      world.pass(POLL);
      faults.forgetCalls();
      faults.before("advance", other::runUntilIdle);
      one.runUntilIdle();
      other.runUntilIdle();

      assertThat(told).hasSize(1);
      assertThat(deliveries(one)).hasSize(1);
      assertThat(faults.calls("advance")).isEqualTo(1);
    }

    @Test
    @DisplayName("REQ-M18 that die between submit and advance have told once; another goes on")
    void thatDieLeaveTheRestToOthers() {
      Faults faults = new Faults(world.memory);
      ManualEngine dying = engine(faults, builder -> builder);
      BatchId id = ended(dying, request("a").notify(HOOK));
      faults.before("advance", faults::goAway);
      world.pass(POLL);
      while (!faults.isAway()) {
        EngineFixture.tryOnce(dying);
      }
      faults.comeBack();
      world.kill(dying);
      assertThat(deliveries(engine())).hasSize(1);
      long before = position().orElseThrow();
      ManualEngine other = engine();
      BatchId later = ended(other, request("a").notify(HOOK));
      world.pass(Duration.ofSeconds(30), other);

      assertThat(position().orElseThrow()).isGreaterThan(before);
      assertThat(told)
          .containsExactlyInAnyOrder(
              "hook " + id + " 1 COMPLETED", "hook " + later + " 1 COMPLETED");
    }

    @Test
    @DisplayName("REQ-M18 try again what a store that was away did not take")
    void tryAgain() {
      Faults faults = new Faults(world.memory);
      ManualEngine engine = engine(faults, builder -> builder);
      ended(engine, request("a").notify(HOOK));
      faults.loseAnswer("submitBriefly");
      world.pass(POLL);
      EngineFixture.tryOnce(engine);
      while (faults.calls("submitBriefly") == 0) {
        EngineFixture.tryOnce(engine);
      }
      poll(engine);

      assertThat(told).hasSize(1);
      assertThat(faults.calls("submitBriefly")).isEqualTo(2);
    }

    @Test
    @DisplayName("leave out what is refused again and again while others are taken")
    void leaveOutWhatIsRefused() {
      Faults faults = new Faults(world.memory);
      ManualEngine engine = engine(faults, builder -> builder);
      faults.always(
          "submitBriefly",
          (arguments, arrive) -> {
            if (((NewBatch) arguments[0]).type().equals("mail")) {
              throw StoreException.ofPermanent("refused", null);
            }
            return arrive.call();
          });
      ended(engine, request("a").notify(MAIL));
      long refusedAt = position().orElseThrow();
      pollAndFail(engine, 20);
      assertThat(position()).as("nothing else was taken").hasValue(refusedAt);
      BatchId id = ended(engine, request("a").notify(MAIL, HOOK));
      pollAndFail(engine, 1);
      assertThat(told).as("others do not wait").containsExactly("hook " + id + " 1 COMPLETED");
      assertThat(position()).hasValue(refusedAt);
      pollAndFail(engine, 9);

      assertThat(position().orElseThrow()).isGreaterThan(refusedAt);
      assertThat(told).hasSize(1);
    }

    private void pollAndFail(ManualEngine engine, int times) {
      for (int i = 0; i < times; i++) {
        world.pass(POLL);
        for (int round = 0; round < 20; round++) {
          EngineFixture.tryOnce(engine);
        }
      }
    }
  }
}
