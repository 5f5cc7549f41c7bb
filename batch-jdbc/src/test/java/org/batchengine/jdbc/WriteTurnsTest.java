package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.batchengine.jdbc.WriteTurns.Turn;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteTurnsTest {
  private static final Duration FOR_EVER = Duration.ofDays(1);
  private static final Duration A_MOMENT = Duration.ofMillis(1);

  private static <T> T elsewhere(Supplier<T> call) throws Exception {
    return CompletableFuture.supplyAsync(call).get(30, TimeUnit.SECONDS);
  }

  @Test
  @DisplayName("FAULT-H1 threads have their turns one after the other")
  void oneAfterTheOther() throws Exception {
    WriteTurns turns = new WriteTurns(FOR_EVER);
    AtomicInteger writing = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      all.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 500; i++) {
                  try (Turn turn = turns.take()) {
                    most.accumulateAndGet(writing.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    writing.decrementAndGet();
                  }
                }
              }));
    }
    for (CompletableFuture<Void> each : all) {
      each.get(30, TimeUnit.SECONDS);
    }
    assertThat(most).hasValue(1);
  }

  @Test
  @DisplayName("a thread that has a turn goes on in it, until its first is over")
  void withinATurn() throws Exception {
    WriteTurns turns = new WriteTurns(FOR_EVER);
    Turn first = turns.take();
    turns.take().close();
    CompletableFuture<Turn> waiting = CompletableFuture.supplyAsync(turns::take);
    assertThat(waiting).isNotDone();
    first.close();
    waiting.get(30, TimeUnit.SECONDS).close();
    turns.take().close();
  }

  @Test
  @DisplayName("who has waited for long takes a turn beside the one that lasts")
  void besideOneThatLasts() throws Exception {
    WriteTurns turns = new WriteTurns(A_MOMENT);
    Turn lasting = turns.take();
    elsewhere(turns::take).close();
    lasting.close();
    elsewhere(turns::take).close();
  }

  @Test
  @DisplayName("an interrupt does not end the wait, and is kept")
  void whileInterrupted() throws Exception {
    WriteTurns turns = new WriteTurns(A_MOMENT);
    try (Turn lasting = turns.take()) {
      boolean kept =
          elsewhere(
              () -> {
                Thread.currentThread().interrupt();
                turns.take().close();
                return Thread.interrupted();
              });
      assertThat(kept).isTrue();
    }
  }

  @Test
  @DisplayName("stores of one process on one file wait for each other")
  void ofADatabase() {
    assertThat(WriteTurns.of("a file")).isSameAs(WriteTurns.of("a file"));
    assertThat(WriteTurns.of("a file")).isNotSameAs(WriteTurns.of("another"));
  }
}
