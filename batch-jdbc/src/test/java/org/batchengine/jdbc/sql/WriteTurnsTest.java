package org.batchengine.jdbc.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.batchengine.jdbc.sql.WriteTurns.Turn;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class WriteTurnsTest {
  private static final Duration FOR_EVER = Duration.ofDays(1);
  private static final Duration A_MOMENT = Duration.ofMillis(1);

  /** A thread each: a turn is its thread's. */
  private final Executor threads = task -> new Thread(task).start();

  private <T> T elsewhere(Supplier<T> call) throws Exception {
    return CompletableFuture.supplyAsync(call, threads).get(30, TimeUnit.SECONDS);
  }

  private static WriteTurns turns(Duration longestOfHost, Duration longestOfEngine) {
    return new WriteTurns(longestOfHost, longestOfEngine, System::nanoTime);
  }

  private CompletableFuture<Turn> waiting(WriteTurns turns, Supplier<Turn> taking) {
    int before = turns.waiting();
    CompletableFuture<Turn> taken = CompletableFuture.supplyAsync(taking, threads);
    await().until(() -> turns.waiting() == before + 1);
    return taken;
  }

  @Test
  @DisplayName("FAULT-H1 threads have their turns one after the other")
  void oneAfterTheOther() throws Exception {
    WriteTurns turns = turns(FOR_EVER, FOR_EVER);
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
              },
              threads));
    }
    for (CompletableFuture<Void> each : all) {
      each.get(30, TimeUnit.SECONDS);
    }
    assertThat(most).hasValue(1);
  }

  @Test
  @DisplayName("who came first is first")
  void inTheOrderOfTheirComing() throws Exception {
    WriteTurns turns = turns(FOR_EVER, FOR_EVER);
    Turn lasting = turns.take();
    CompletableFuture<Turn> first = waiting(turns, turns::take);
    CompletableFuture<Turn> second = waiting(turns, turns::takeForHost);
    lasting.close();
    Turn next = first.get(30, TimeUnit.SECONDS);
    assertThat(second).isNotDone();
    next.close();
    second.get(30, TimeUnit.SECONDS).close();
  }

  @Test
  @DisplayName(
      "turns of a thread within its turn are the same, which is over with the last of them")
  void withinATurn() throws Exception {
    WriteTurns turns = turns(FOR_EVER, FOR_EVER);
    Turn first = turns.take();
    Turn second = turns.takeForHost();
    turns.take().close();
    first.close();
    CompletableFuture<Turn> other = waiting(turns, turns::take);
    assertThat(other).isNotDone();
    second.close();
    other.get(30, TimeUnit.SECONDS).close();
  }

  @Test
  @DisplayName("a turn of host code that lasts is passed over, once")
  void besideHostCodeThatLasts() throws Exception {
    WriteTurns turns = turns(A_MOMENT, FOR_EVER);
    Turn lasting = turns.takeForHost();
    Turn beside = elsewhere(turns::take);
    lasting.close();
    CompletableFuture<Turn> other = waiting(turns, turns::take);
    assertThat(other).isNotDone();
    beside.close();
    other.get(30, TimeUnit.SECONDS).close();
  }

  @Test
  @DisplayName("beside a turn of the engine that hangs others write, and it is kept")
  void besideTheOthers() throws Exception {
    WriteTurns turns = turns(FOR_EVER, A_MOMENT);
    Turn lasting = turns.take();
    elsewhere(turns::take).close();
    assertThat(turns.waiting()).isZero();
    lasting.close();
  }

  @Test
  @DisplayName("FAULT-H1 nobody writes beside another because many came first")
  void howeverManyComeFirst() throws Exception {
    AtomicLong clock = new AtomicLong();
    WriteTurns turns = new WriteTurns(FOR_EVER, Duration.ofMinutes(1), clock::get);
    Turn lasting = turns.take();
    CompletableFuture<Turn> first = waiting(turns, turns::take);
    CompletableFuture<Turn> second = waiting(turns, turns::take);
    clock.addAndGet(Duration.ofSeconds(59).toNanos());
    lasting.close();
    Turn next = first.get(30, TimeUnit.SECONDS);
    clock.addAndGet(Duration.ofSeconds(59).toNanos());
    elsewhere(() -> isKept(turns::takeForHost)); // wakes all
    await().pollDelay(A_MOMENT).until(() -> turns.waiting() == 1);
    assertThat(second).isNotDone();
    next.close();
    second.get(30, TimeUnit.SECONDS).close();
  }

  @Test
  @DisplayName("the log says whose turn it is that others wait for in vain")
  void saysWhoseTurnItIs() throws Exception {
    Logger log = (Logger) LoggerFactory.getLogger(WriteTurns.class);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    log.addAppender(logged);
    try {
      WriteTurns turns = turns(FOR_EVER, A_MOMENT);
      Turn lasting = turns.take();
      elsewhere(turns::take).close();
      lasting.close();
    } finally {
      log.detachAppender(logged);
    }

    assertThat(logged.list)
        .singleElement()
        .satisfies(
            line ->
                assertThat(line.getFormattedMessage())
                    .startsWith(Thread.currentThread().getName() + " has written for "));
  }

  @Test
  @DisplayName("an interrupt ends the wait of host code alone, and is kept")
  void whileInterrupted() throws Exception {
    WriteTurns turns = turns(FOR_EVER, FOR_EVER);
    Turn lasting = turns.take();
    boolean keptOfHost = elsewhere(() -> isKept(turns::takeForHost));
    assertThat(keptOfHost).isTrue();
    CompletableFuture<Boolean> kept =
        CompletableFuture.supplyAsync(() -> isKept(turns::take), threads);
    await().until(() -> turns.waiting() == 1);
    lasting.close();
    assertThat(kept.get(30, TimeUnit.SECONDS)).isTrue();
  }

  private static boolean isKept(Supplier<Turn> taking) {
    Thread.currentThread().interrupt();
    taking.get().close();
    return Thread.interrupted();
  }

  @Test
  @DisplayName("stores of one process on one file wait for each other")
  void ofADatabase() {
    assertThat(WriteTurns.of("a file")).isSameAs(WriteTurns.of("a file"));
    assertThat(WriteTurns.of("a file")).isNotSameAs(WriteTurns.of("another"));
  }
}
