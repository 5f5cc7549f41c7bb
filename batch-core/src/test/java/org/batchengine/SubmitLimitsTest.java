package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.batchengine.limit.Limit;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.LimitExceededException;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What engines make of limits on submits. */
class SubmitLimitsTest {
  private static final JobType<String, String> SEND =
      JobType.of("send", String.class, String.class);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-11-01T12:00:00Z"));
  private ManualEngine engine;

  @BeforeEach
  void open() {
    engine =
        BatchEngine.builder(new InMemoryBatchStore(clock))
            .clock(clock)
            .register(SEND, text -> text)
            .manual();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private void limit(Limit limit) {
    engine.limits().setEachTenant(limit, "for a test");
  }

  @Test
  @DisplayName("REQ-M19 a stream that grows too large is broken off, and leaves nothing")
  void aStream() {
    limit(Limit.none().unfinishedItems(12_000));
    List<Integer> read = new ArrayList<>();
    BatchRequest<String> endless =
        BatchRequest.of(
            SEND, IntStream.iterate(0, i -> i + 1).peek(read::add).mapToObj(i -> "item " + i));

    assertThatThrownBy(() -> engine.submit(endless))
        .isInstanceOf(LimitExceededException.class)
        .hasNoSuppressedExceptions();
    assertThat(read).hasSizeBetween(12_001, 40_000);
    assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();
    BatchId id =
        engine.submit(BatchRequest.of(SEND, IntStream.range(0, 12_000).mapToObj(i -> "item " + i)));
    engine.runUntilIdle();
    assertThat(engine.status(id).counts().succeeded()).isEqualTo(12_000);
  }

  @Test
  @DisplayName("REQ-M19 a fire that is refused is tried again")
  void aFire() {
    limit(Limit.none().liveBatches(1));
    BatchRequest<String> later =
        BatchRequest.of(SEND, List.of("a")).startAt(clock.instant().plusSeconds(60));
    engine.submit(later);
    engine.templates().put("b", BatchRequest.of(SEND, List.of("b")));
    engine.schedules().put(Schedule.every("news", Duration.ofSeconds(30)).template("b"));
    clock.advance(Duration.ofSeconds(30));
    engine.runUntilIdle();
    assertThat(engine.history(HistoryQuery.all()).items()).hasSize(1);

    clock.advance(Duration.ofSeconds(31));
    engine.runUntilIdle();
    clock.advance(Duration.ofSeconds(31));
    engine.runUntilIdle();
    assertThat(engine.schedules().fires("news", FireQuery.all()).items())
        .extracting(Fire::state)
        .contains(FireState.SUBMITTED)
        .doesNotContain(FireState.FAILED);
    assertThat(engine.history(HistoryQuery.all()).items().size()).isGreaterThan(1);
  }
}
