package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LeaseCut;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.LockedRow;
import org.batchengine.store.Settlement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A stranger has locked rows: an engine goes on without them, and comes back. */
class LeftOutTest {
  private static final Duration PAUSE = Duration.ofMillis(500);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();
  private final Faults way = new Faults(world.memory);
  private final Set<LockedRow> locked = new HashSet<>();
  private final ManualEngine engine =
      world.engine(
          way,
          builder ->
              builder.registerBulk(
                  ECHO,
                  chunk -> chunk.forEach(this::run),
                  JobOptions.defaults()
                      .chunkSize(1_000)
                      .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxRetries(1))));

  private void run(ChunkItem<String, String> item) {
    ran.add(item.input());
    if (item.input().equals("fails first") && item.attempt() == 1) {
      item.fail(new IllegalStateException());
    } else {
      item.succeed(item.input());
    }
  }

  @BeforeEach
  void refuseWhatIsLocked() {
    way.always(
        "settle",
        (arguments, arrive) -> {
          Settlement settlement = (Settlement) arguments[0];
          if (!lockedBy(settlement).isEmpty()
              || locked.contains(LockedRow.session(settlement.session()))) {
            throw locked("settle");
          }
          return arrive.call();
        });
    way.always("lockedBy", (arguments, arrive) -> lockedBy((Settlement) arguments[0]));
    way.always(
        "completeIfDone",
        (arguments, arrive) -> {
          List<Long> free = new ArrayList<>();
          for (Object each : (Collection<?>) arguments[0]) {
            long batch = (long) each;
            if (locked.contains(LockedRow.job(batch))) {
              ((LongConsumer) arguments[1]).accept(batch);
            } else {
              free.add(batch);
            }
          }
          return world.memory.settling().completeIfDone(free);
        });
  }

  private static RowsLockedException locked(String verb) {
    return new RowsLockedException("a stranger's: " + verb, null);
  }

  private Set<LockedRow> lockedBy(Settlement settlement) {
    Set<LockedRow> rows = new HashSet<>();
    settlement.chunks().forEach(each -> rows.add(LockedRow.chunk(each.batch(), each.from())));
    settlement.cuts().stream()
        .map(Settlement.Cut::chunk)
        .forEach(each -> rows.add(LockedRow.chunk(each.batch(), each.from())));
    settlement.outcomes().stream()
        .filter(Settlement.Outcome::parked)
        .forEach(each -> rows.add(LockedRow.parked(each.batch(), each.index())));
    settlement.outcomes().forEach(each -> rows.add(LockedRow.counters(each.batch())));
    rows.retainAll(locked);
    return rows;
  }

  private long number(BatchId id) {
    return world.memory.reading().header(id, null).orElseThrow().number();
  }

  private void work() {
    while (EngineFixture.tryOnce(engine)) {
      world.pass(Duration.ofMillis(1));
    }
  }

  /** A few rounds, for what keeps failing. */
  private void tryOften() {
    for (int i = 0; i < 30; i++) {
      EngineFixture.tryOnce(engine);
    }
  }

  private BatchState state(BatchId id) {
    return engine.status(id).state();
  }

  @Test
  @DisplayName("FAULT-L1 a cut that was left out gives nothing back twice")
  void comesAfterADeeperCut() {
    EngineParts parts = world.parts(way, builder -> builder.register(ECHO, text -> text));
    BatchId id = new EngineBatches(parts, null).submit(ECHO, texts(10));
    for (int i = 0; i < 20; i++) {
      parts.dispatcher.runOnce();
    }
    Lease lease = parts.workers.get("echo").queue().take().items().get(0).lease();
    locked.add(LockedRow.chunk(number(id), 0));
    parts.settlements.cut(List.of(new LeaseCut(lease, 7, 3)));
    tryOften(parts);
    locked.clear();
    parts.settlements.cut(List.of(new LeaseCut(lease, 5, 2)));
    tryOften(parts);
    world.pass(PAUSE);
    tryOften(parts);

    assertThat(lease.session().isGone()).isFalse();
    assertThat(lease.chunk().to()).isEqualTo(5);
    assertThat(lease.open()).isEqualTo(5);
  }

  private static void tryOften(EngineParts parts) {
    for (int i = 0; i < 5; i++) {
      parts.settler.runOnce();
    }
  }

  @Test
  @DisplayName("FAULT-L1 a settlement goes on without a chunk that others have locked")
  void leavesOutALockedChunk() {
    BatchId held = engine.submit(ECHO, texts(3));
    BatchId other = engine.submit(ECHO, texts(3));
    locked.add(LockedRow.chunk(number(held), 0));
    work();

    assertThat(state(other)).isEqualTo(BatchState.COMPLETED);
    assertThat(state(held)).isEqualTo(BatchState.RUNNING);
    assertThat(engine.health().lockedRows())
        .containsExactly("batch_chunk, batch_no %d, from_index 0".formatted(number(held)));
    locked.clear();
    world.pass(PAUSE);
    work();
    assertThat(state(held)).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.health().lockedRows()).isEmpty();
    assertThat(ran).hasSize(6);
  }

  @Test
  @DisplayName("FAULT-L1 a settlement goes on without a retry that others have locked")
  void leavesOutALockedRetry() {
    BatchId held = engine.submit(ECHO, List.of("fails first"));
    locked.add(LockedRow.parked(number(held), 0));
    work();
    world.pass(PAUSE);
    BatchId other = engine.submit(ECHO, texts(3));
    work();

    assertThat(ran).hasSize(5);
    assertThat(state(other)).isEqualTo(BatchState.COMPLETED);
    assertThat(state(held)).isEqualTo(BatchState.RUNNING);
    locked.clear();
    world.pass(PAUSE);
    work();
    assertThat(state(held)).isEqualTo(BatchState.COMPLETED);
    assertThat(ran).hasSize(5);
  }

  @Test
  @DisplayName("FAULT-L1 what was left out is not forgotten though nobody says what is locked")
  void forgetsNothingWithoutAnAnswer() {
    BatchId held = engine.submit(ECHO, texts(3));
    locked.add(LockedRow.chunk(number(held), 0));
    way.loseCall("lockedBy");
    work();
    locked.clear();
    way.loseCall("lockedBy");
    way.loseCall("lockedBy");
    for (int i = 0; i < 4; i++) {
      world.pass(PAUSE);
      work();
    }

    assertThat(state(held)).isEqualTo(BatchState.COMPLETED);
    assertThat(ran).hasSize(3);
  }

  @Test
  @DisplayName("FAULT-L1 an engine that closes settles what was left out, once its rows are free")
  void settlesTheRestAtClose() {
    BatchId held = engine.submit(ECHO, texts(3));
    locked.add(LockedRow.chunk(number(held), 0));
    work();
    locked.clear();
    engine.close();

    assertThat(world.memory.reading().find(held, null).orElseThrow().counts().succeeded())
        .isEqualTo(3);
  }

  @Test
  @DisplayName("FAULT-L1 a settlement that had arrived when its rows were locked counts as it is")
  void knowsWhatHadArrived() {
    way.loseAnswer("settle");
    way.fail("settle", locked("settle"));
    way.instead(
        "lockedBy",
        (arguments, arrive) -> {
          Settlement settlement = (Settlement) arguments[0];
          return Set.of(LockedRow.chunk(settlement.chunks().get(0).batch(), 0));
        });
    BatchId id = engine.submit(ECHO, texts(3));
    work();

    assertThat(state(id)).isEqualTo(BatchState.COMPLETED);
    assertThat(ran).hasSize(3);
  }

  @Test
  @DisplayName("FAULT-L1 an engine whose session others have locked tries on, and names it")
  void triesOnWhileItsSessionIsLocked() {
    engine.submit(ECHO, texts(1));
    work();
    long session = way.sent("settle", Settlement.class).get(0).session();
    locked.add(LockedRow.session(session));
    BatchId id = engine.submit(ECHO, texts(3));
    tryOften();

    assertThat(state(id)).isEqualTo(BatchState.RUNNING);
    assertThat(engine.health().lockedRows())
        .containsExactly("batch_session, id %d, or a whole table".formatted(session));
    locked.clear();
    work();
    assertThat(state(id)).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("FAULT-L1 a batch whose row others have locked ends a moment after it is free")
  void comesBackToALockedBatch() {
    BatchId held = engine.submit(ECHO, texts(3));
    BatchId other = engine.submit(ECHO, texts(3));
    locked.add(LockedRow.job(number(held)));
    work();

    assertThat(state(other)).isEqualTo(BatchState.COMPLETED);
    assertThat(state(held)).isEqualTo(BatchState.RUNNING);
    assertThat(engine.health().lockedRows())
        .containsExactly("batch_job, batch_no %d".formatted(number(held)));
    locked.clear();
    world.pass(PAUSE);
    work();
    assertThat(state(held)).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.health().lockedRows()).isEmpty();
  }

  @Test
  @DisplayName("FAULT-L1 what waits for a locked row alone does not take an engine down")
  void isUpWhileOnlyLockedRowsAreWaitedFor() {
    BatchId held = engine.submit(ECHO, texts(3));
    locked.add(LockedRow.chunk(number(held), 0));
    for (int i = 0; i < 100; i++) {
      world.pass(PAUSE);
      work();
    }

    assertThat(engine.health().isUp()).isTrue();
    assertThat(engine.health().unsettled()).isEqualTo(3);
  }

  @Test
  @DisplayName("FAULT-L1 what waits for a locked row hides no other trouble")
  void isNotUpIfTheRestCannotBeSettledEither() {
    BatchId held = engine.submit(ECHO, texts(3));
    locked.add(LockedRow.chunk(number(held), 0));
    work();
    way.always(
        "settle",
        (arguments, arrive) -> {
          throw Faults.lost("settle");
        });
    engine.submit(ECHO, texts(2));
    for (int i = 0; i < 100; i++) {
      world.pass(PAUSE);
      tryOften();
    }

    assertThat(engine.health().problems()).singleElement().asString().contains("settle");
  }

  @Test
  @DisplayName("FAULT-L1 a batch with a locked row is given up once it is free")
  void givesUpLater() {
    ManualEngine strict =
        world.engine(
            way,
            builder ->
                builder.register(
                    EngineFixture.LENGTH,
                    text ->
                        text.length() < 7 // the first ten
                            ? EngineFixture.<Integer>thrown(new IllegalStateException())
                            : text.length(),
                    JobOptions.defaults().retry(RetryPolicy.none()).claim(1, 1)));
    BatchId id =
        strict.submit(BatchRequest.of(EngineFixture.LENGTH, texts(100)).tolerateFailures(1));
    way.always(
        "giveUp",
        (arguments, arrive) -> {
          throw locked("giveUp");
        });
    for (int i = 0; strict.status(id).counts().failed() < 10 || i < 30; i++) {
      strict.runOnce();
    }
    assertThat(strict.status(id).state()).isEqualTo(BatchState.RUNNING);
    way.always("giveUp", (arguments, arrive) -> arrive.call());
    world.pass(PAUSE);

    assertThat(strict.await(id).state()).isEqualTo(BatchState.FAILED);
  }

  @Test
  @DisplayName("FAULT-L1 what waits for a locked row takes an engine down once it fills its memory")
  void isDownWhenLockedRowsLeaveNoRoom() {
    BatchId held = engine.submit(ECHO, texts(45_000));
    locked.add(LockedRow.counters(number(held)));
    for (int i = 0; i < 100; i++) {
      world.pass(PAUSE);
      tryOften();
    }

    assertThat(engine.health().isUp()).isFalse();
    locked.clear();
    world.pass(PAUSE);
    work();
    assertThat(state(held)).isEqualTo(BatchState.COMPLETED);
    assertThat(way.sent("settle", Settlement.class))
        .allMatch(sent -> sent.outcomes().size() <= 20_000);
  }
}
