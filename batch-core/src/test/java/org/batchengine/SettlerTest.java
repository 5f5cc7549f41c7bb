package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.batchengine.memory.MemorySabotage;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SettlerTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();
  private final Faults way = new Faults(world.memory);

  /** In bulk, so that what is settled together does not depend on how fast items are. */
  private final ManualEngine engine =
      world.engine(
          way,
          builder ->
              builder.registerBulk(
                  ECHO,
                  chunk -> chunk.forEach(this::run),
                  JobOptions.defaults().chunkSize(10_000)));

  private void run(ChunkItem<String, String> item) {
    ran.add(item.input());
    item.succeed(item.input());
  }

  @AfterEach
  void aNumberHasOneContentForEver() {
    sent().stream()
        .filter(settlement -> !settlement.outcomes().isEmpty())
        .collect(Collectors.groupingBy(s -> s.session() + "/" + s.number(), Collectors.toSet()))
        .forEach((number, contents) -> assertThat(contents).as(number).hasSize(1));
  }

  private List<Settlement> sent() {
    return way.sent("settle", Settlement.class);
  }

  /** Drives the engine, whatever fails, until there is nothing left to do. */
  private void work() {
    while (EngineFixture.tryOnce(engine)) {
      world.pass(Duration.ofMillis(1));
    }
  }

  private void assertAllSucceeded(BatchId id, int items) {
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(id).counts().succeeded()).isEqualTo(items);
  }

  @Nested
  class WhenTheWayFails {

    @Test
    void sendsTheSameNumberAgainAfterALostAnswer() {
      way.loseAnswer("settle");

      var id = engine.submit(ECHO, texts(10));
      work();

      assertThat(sent()).hasSize(2);
      assertThat(sent().get(1)).isEqualTo(sent().get(0));
      assertAllSucceeded(id, 10);
      assertThat(ran).hasSize(10);
    }

    @Test
    void sendsTheSameNumberAgainAfterALostCall() {
      way.loseCall("settle");
      way.loseCall("settle");

      var id = engine.submit(ECHO, texts(10));
      work();

      assertThat(sent()).extracting(Settlement::number).containsExactly(1L, 1L, 1L);
      assertAllSucceeded(id, 10);
    }

    @Test
    void sendsARetryOnceThoughItsAnswerIsLost() {
      var failing =
          world.engine(
              new Faults(way.store()),
              builder ->
                  builder.register(
                      EngineFixture.LENGTH,
                      text -> EngineFixture.<Integer>thrown(new IllegalStateException())));
      way.loseAnswer("settle");
      var id = failing.submit(EngineFixture.LENGTH, List.of("a"));
      assertThatExceptionOfType(StoreException.class).isThrownBy(failing::runUntilIdle);

      failing.runUntilIdle();

      assertThat(failing.errors(id, 0)).hasSize(1);
      assertThat(failing.status(id).counts().retrying()).isEqualTo(1);
    }

    @Test
    void looksAgainWhetherTheBatchIsDone() {
      way.loseCall("completeIfDone");

      var id = engine.submit(ECHO, texts(10));
      work();

      assertAllSucceeded(id, 10);
    }

    @Test
    void takesOnNoMoreThanItsRoom() {
      pileUp(60_000);

      assertThat(ran).hasSizeBetween(40_000, 50_000);
    }

    @Test
    void settlesWhatHasPiledUpInGroups() {
      var id = pileUp(38_000);
      way.always("settle", (arguments, arrive) -> arrive.call());
      way.forgetCalls();
      work();

      assertAllSucceeded(id, 38_000);
      assertThat(sent()).hasSizeLessThan(10);
      assertThat(sent()).allMatch(settlement -> settlement.outcomes().size() <= 20_000);
    }

    /** On an H2 file nobody else writes while they are written. */
    @Test
    @DisplayName("FAULT-H1 failures are settled in groups of a few thousand at most")
    void settlesFailuresInSmallerGroups() {
      ManualEngine failing =
          world.engine(
              way,
              builder ->
                  builder.registerBulk(
                      EngineFixture.LENGTH,
                      chunk -> chunk.forEach(item -> item.fail("NO", "it fails")),
                      JobOptions.defaults().chunkSize(10_000).retry(RetryPolicy.none())));
      way.always(
          "settle",
          (arguments, arrive) -> {
            throw Faults.lost("settle");
          });
      var id = failing.submit(EngineFixture.LENGTH, texts(9_000));
      for (int i = 0; i < 300; i++) {
        EngineFixture.tryOnce(failing);
      }
      way.always("settle", (arguments, arrive) -> arrive.call());
      way.forgetCalls();
      failing.runUntilIdle();

      assertThat(failing.status(id).counts().failed()).isEqualTo(9_000);
      assertThat(sent())
          .allSatisfy(
              settlement -> assertThat(settlement.failures()).hasSizeLessThanOrEqualTo(2_000));
    }

    /** One call hands over sixteen verdicts of a little more than a mebibyte each. */
    @Test
    void settlesUpToFourMebibytesTogether() {
      var id = engine.submit(ECHO, Collections.nCopies(16, "x".repeat(1 << 19)));
      work();

      assertThat(engine.status(id).counts().succeeded()).isEqualTo(16);
      assertThat(sent()).extracting(settlement -> settlement.outcomes().size()).contains(3, 1);
    }

    @Test
    void endsManyBatchesTogether() {
      List<BatchId> ids = submitSmall(120);
      letPileUp();
      way.always("settle", (arguments, arrive) -> arrive.call());
      work();

      assertThat(ids).allMatch(id -> engine.status(id).state() == BatchState.COMPLETED);
      assertThat(way.sent("completeIfDone", Collection.class))
          .hasSizeLessThan(20)
          .allMatch(batches -> batches.size() <= 20);
    }

    @Test
    void endsTheOthersThoughOneCannotEnd() {
      List<BatchId> ids = submitSmall(10);
      long broken = world.memory.reading().header(ids.get(3), null).orElseThrow().number();
      way.always(
          "completeIfDone",
          (arguments, arrive) -> {
            if (((Collection<?>) arguments[0]).contains(broken)) {
              throw StoreException.ofPermanent("broken", null);
            }
            return arrive.call();
          });
      for (int i = 0; i < 100; i++) {
        EngineFixture.tryOnce(engine);
      }

      assertThat(ids)
          .filteredOn(id -> engine.status(id).state() != BatchState.COMPLETED)
          .containsExactly(ids.get(3));
    }

    private List<BatchId> submitSmall(int batches) {
      return IntStream.range(0, batches).mapToObj(i -> engine.submit(ECHO, texts(2))).toList();
    }

    private BatchId pileUp(int items) {
      var id = engine.submit(ECHO, texts(items));
      letPileUp();
      return id;
    }

    private void letPileUp() {
      way.always(
          "settle",
          (arguments, arrive) -> {
            throw Faults.lost("settle");
          });
      for (int i = 0; i < 300; i++) {
        EngineFixture.tryOnce(engine);
      }
    }
  }

  @Test
  void numbersFromOneWithoutAGap() {
    for (int i = 0; i < 5; i++) {
      engine.submit(ECHO, texts(3));
      work();
    }

    assertThat(sent()).extracting(Settlement::number).containsExactly(1L, 2L, 3L, 4L, 5L);
  }

  @Nested
  class WhenTheStoreRefuses {

    @Test
    void failsTheCulpritAlone() {
      refuse(Set.of(37));

      var id = engine.submit(ECHO, texts(100));
      work();

      assertThat(engine.status(id).counts().succeeded()).isEqualTo(99);
      assertThat(engine.item(id, 37).orElseThrow().state()).isEqualTo(ItemState.FAILED);
      assertThat(engine.errors(id, 37))
          .singleElement()
          .satisfies(error -> assertThat(error.type()).isEqualTo("REFUSED_BY_STORE"))
          .extracting(ItemError::message)
          .isEqualTo("the database refused to store the result: bad bytes");
      assertThat(ran).hasSize(100);
    }

    @Test
    void failsEachOfSeveralCulprits() {
      refuse(Set.of(0, 1, 50, 99));

      var id = engine.submit(ECHO, texts(100));
      work();

      assertThat(engine.status(id).counts().failed()).isEqualTo(4);
      assertThat(engine.status(id).counts().succeeded()).isEqualTo(96);
    }

    @Test
    void burnsANumberBeforeItsContentChanges() {
      refuse(Set.of(0));

      engine.submit(ECHO, texts(2));
      work();

      assertThat(sent()).extracting(Settlement::number).containsExactly(1L, 1L, 2L, 2L, 3L, 4L);
      assertThat(sent())
          .extracting(settlement -> settlement.outcomes().size())
          .containsExactly(2, 0, 1, 0, 1, 1);
    }

    @Test
    void losesNothingIfTheAnswerOfTheBurningIsLost() {
      way.fail("settle", refused(false));
      way.loseAnswer("settle");

      var id = engine.submit(ECHO, texts(10));
      work();

      assertAllSucceeded(id, 10);
      assertThat(ran).hasSize(10);
    }

    @Test
    void knowsThatTheContentHadArrivedBeforeItWasRefused() {
      way.loseAnswer("settle");
      way.fail("settle", refused(true));

      var id = engine.submit(ECHO, texts(10));
      work();

      assertAllSucceeded(id, 10);
      assertThat(ran).hasSize(10);
    }

    @Test
    void knowsThatTheContentHadNotArrivedBeforeItWasRefused() {
      way.loseCall("settle");
      way.fail("settle", refused(false));

      var id = engine.submit(ECHO, texts(10));
      work();

      assertAllSucceeded(id, 10);
      assertThat(ran).hasSize(10);
    }

    @Test
    void runsItemsAgainIfNobodyKnowsWhatArrived() {
      way.loseCall("settle");
      way.fail("settle", refused(false));
      way.loseAnswer("settle");

      var id = engine.submit(ECHO, texts(10));
      work();
      world.pass(Duration.ofMinutes(1), engine);

      assertAllSucceeded(id, 10);
      assertThat(ran).hasSize(20);
    }

    @Test
    void writesNothingOver() {
      var id = engine.submit(ECHO, texts(10));
      way.before("settle", () -> MemorySabotage.settle(world.memory, id, 3, "first"));

      work();

      assertAllSucceeded(id, 10);
      assertThat(engine.item(id, 3).orElseThrow().output()).contains("first");
    }

    @Test
    void pausesABatchOfWhichAnItemWasSettledTwice() {
      var heard = new ArrayList<BatchEvent>();
      var tens =
          world.engine(
              way,
              builder ->
                  builder
                      .listener(heard::add)
                      .registerBulk(
                          EngineFixture.LENGTH,
                          chunk -> chunk.forEach(item -> item.succeed(item.index())),
                          JobOptions.defaults().concurrency(1).chunkSize(10).claim(10, 10)));
      var id = tens.submit(EngineFixture.LENGTH, texts(500));
      way.before("settle", () -> MemorySabotage.settle(world.memory, id, 3, "17"));
      while (EngineFixture.tryOnce(tens)) {
        assertThat(tens.status(id).state()).isNotEqualTo(BatchState.COMPLETED);
      }

      assertThat(tens.status(id).state()).isEqualTo(BatchState.PAUSED);
      assertThat(tens.status(id).stateReason().orElseThrow())
          .startsWith("item 3 was settled twice, which must never happen");
      assertThat(tens.item(id, 3).orElseThrow().output()).contains("17");
      assertThat(tens.status(id).counts().succeeded()).isBetween(10L, 490L);
      assertThat(heard.stream().filter(BatchEvent.Paused.class::isInstance)).hasSize(1);
      tens.resume(id, "looked at");
      while (EngineFixture.tryOnce(tens)) {
        world.pass(Duration.ofMillis(1));
      }
      assertThat(tens.status(id).counts().succeeded()).isEqualTo(500);
    }

    @Test
    @DisplayName("FAULT-L1 such a batch is paused once others have let its row go")
    void pausesALockedBatchLater() {
      var tens =
          world.engine(
              way,
              builder ->
                  builder.registerBulk(
                      EngineFixture.LENGTH,
                      chunk -> chunk.forEach(item -> item.succeed(item.index())),
                      JobOptions.defaults().concurrency(1).chunkSize(10).claim(10, 10)));
      var id = tens.submit(EngineFixture.LENGTH, texts(500));
      way.before("settle", () -> MemorySabotage.settle(world.memory, id, 3, "17"));
      way.always(
          "pauseAtOnce",
          (arguments, arrive) -> {
            throw new RowsLockedException("a stranger's", null);
          });
      for (int i = 0; way.sent("pauseAtOnce", Long.class).isEmpty(); i++) {
        assertThat(i).isLessThan(1_000);
        EngineFixture.tryOnce(tens);
      }
      assertThat(tens.status(id).state()).isEqualTo(BatchState.RUNNING);
      way.always("pauseAtOnce", (arguments, arrive) -> arrive.call());
      world.pass(Duration.ofMillis(500));
      while (EngineFixture.tryOnce(tens)) {
        assertThat(tens.status(id).state()).isNotEqualTo(BatchState.COMPLETED);
      }

      assertThat(tens.status(id).state()).isEqualTo(BatchState.PAUSED);
    }

    @Test
    void goesOnWithTheRestIfNothingIsKeptOfAnItem() {
      way.always(
          "settle",
          (arguments, arrive) -> {
            var settlement = (Settlement) arguments[0];
            if (settlement.outcomes().stream().anyMatch(outcome -> outcome.index() == 5)) {
              throw refused(false);
            }
            return arrive.call();
          });

      var id = engine.submit(ECHO, texts(10));
      work();
      world.pass(Duration.ofMinutes(3), engine);

      assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(engine.status(id).counts().succeeded()).isEqualTo(9);
      assertThat(engine.errors(id, 5)).extracting(ItemError::type).containsExactly("NODE_CRASH");
    }

    /** The store does not keep outputs of these items. */
    private void refuse(Set<Integer> indexes) {
      way.always(
          "settle",
          (arguments, arrive) -> {
            var settlement = (Settlement) arguments[0];
            boolean bad =
                settlement.outcomes().stream()
                    .anyMatch(each -> each.output() != null && indexes.contains(each.index()));
            if (bad) {
              throw refused(false);
            }
            return arrive.call();
          });
    }

    private static RefusedSettlementException refused(boolean duplicate) {
      return new RefusedSettlementException(duplicate, "bad bytes", new IllegalStateException());
    }
  }

  @Nested
  class WhenTheSessionIsGone {

    @Test
    void dropsWhatItHasInHandAndGoesOn() {
      var other = world.engine(builder -> builder.register(EngineFixture.LENGTH, String::length));
      var id = engine.submit(ECHO, texts(10));
      way.before("settle", () -> world.pass(Duration.ofMinutes(1), other));

      work();

      assertAllSucceeded(id, 10);
      assertThat(ran).hasSize(20);
      assertThat(sent()).extracting(Settlement::session).doesNotHaveDuplicates();
    }

    @Test
    void startsAgainFromOne() {
      var other = world.engine(builder -> builder.register(EngineFixture.LENGTH, String::length));
      engine.submit(ECHO, texts(10));
      work();
      world.pass(Duration.ofMinutes(1), other);

      engine.submit(ECHO, texts(10));
      work();

      assertThat(sent()).extracting(Settlement::number).containsOnly(1L);
    }

    @Test
    void givesItsSessionUpWhenRowsAreNotWhereTheyMustBe() {
      var id = engine.submit(ECHO, texts(10));
      way.fail("settle", new IllegalStateException("session 1 does not own chunk 0"));

      work();
      world.pass(Duration.ofMinutes(1), engine);

      assertAllSucceeded(id, 10);
      assertThat(ran).hasSize(20);
    }

    @Test
    void restsLongerAfterEachSessionThatIsGivenUp() {
      List<Duration> givenUpAt = new ArrayList<>();
      Instant began = world.clock.instant();
      way.always(
          "settle",
          (arguments, arrive) -> {
            givenUpAt.add(Duration.between(began, world.clock.instant()));
            throw new IllegalStateException("the session does not own it");
          });
      engine.submit(ECHO, texts(10));
      for (int second = 0; second < 200; second++) {
        engine.submit(ECHO, texts(1)); // there is always work
        work();
        world.clock.advance(Duration.ofSeconds(1));
      }

      assertThat(givenUpAt)
          .extracting(Duration::toSeconds)
          .startsWith(0L, 1L, 3L, 7L, 15L, 31L, 63L, 123L, 183L);
    }
  }
}
