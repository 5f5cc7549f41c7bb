package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.batchengine.jdbc.WriteTurns.Turn;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Steering;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WriteTurnsTest {
  private static final Duration FOR_EVER = Duration.ofDays(1);
  private static final Duration A_MOMENT = Duration.ofMillis(1);

  /** A thread each: a turn is its thread's. */
  private final Executor threads = task -> new Thread(task).start();

  private <T> T elsewhere(Supplier<T> call) throws Exception {
    return CompletableFuture.supplyAsync(call, threads).get(30, TimeUnit.SECONDS);
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
    WriteTurns turns = new WriteTurns(FOR_EVER, FOR_EVER);
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
    WriteTurns turns = new WriteTurns(FOR_EVER, FOR_EVER);
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
    WriteTurns turns = new WriteTurns(FOR_EVER, FOR_EVER);
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
    WriteTurns turns = new WriteTurns(A_MOMENT, FOR_EVER);
    Turn lasting = turns.takeForHost();
    Turn beside = elsewhere(turns::take);
    lasting.close();
    CompletableFuture<Turn> other = waiting(turns, turns::take);
    assertThat(other).isNotDone();
    beside.close();
    other.get(30, TimeUnit.SECONDS).close();
  }

  @Test
  @DisplayName("who has waited for very long writes beside the others, and they keep their turns")
  void besideTheOthers() throws Exception {
    WriteTurns turns = new WriteTurns(FOR_EVER, A_MOMENT);
    Turn lasting = turns.take();
    elsewhere(turns::take).close();
    assertThat(turns.waiting()).isZero();
    lasting.close();
  }

  @Test
  @DisplayName("an interrupt ends the wait of host code alone, and is kept")
  void whileInterrupted() throws Exception {
    WriteTurns turns = new WriteTurns(FOR_EVER, FOR_EVER);
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

  @Nested
  @Tag("H2")
  class OnAFile {
    private static final Duration EXPIRY = Duration.ofMinutes(1);

    @TempDir Path folder;

    private interface Write {
      void go() throws SQLException;
    }

    private void assertWaits(WriteTurns turns, String what, Write write) throws Exception {
      Turn held = turns.take();
      CompletableFuture<Void> writing =
          CompletableFuture.runAsync(
              () -> {
                try {
                  write.go();
                } catch (SQLException e) {
                  throw new AssertionError(what, e);
                }
              },
              threads);
      await(what).until(() -> turns.waiting() == 1);
      held.close();
      writing.get(30, TimeUnit.SECONDS);
    }

    private WriteTurns turns(String url) {
      String path =
          Jdbi.create(url)
              .withHandle(
                  handle -> handle.select("select database_path()").mapTo(String.class).one());
      return WriteTurns.of(path);
    }

    @Test
    @DisplayName("FAULT-H1 whatever writes waits for its turn")
    void eachVerb() throws Exception {
      String url = H2.url(folder, "turns");
      try (JdbcBatchStore store = JdbcBatchStore.open(url)) {
        store.open(new StoreSettings(EXPIRY, 4, 1 << 20));
        WriteTurns turns = turns(url);
        NewBatch described = NewBatches.any().build();
        TestSession session = new TestSession(store, store.openSession("host", EXPIRY));
        Map<String, Write> writes = new LinkedHashMap<>();
        writes.put("openSession", () -> store.openSession("another", EXPIRY));
        writes.put("renewSession", () -> store.renewSession(session.id(), EXPIRY));
        writes.put("submit", () -> store.submit(described, NewBatches.items(4)));
        writes.put("claim", () -> session.claim(1));
        writes.put("claimSuspect", session::claimSuspect);
        writes.put(
            "claimSequential", () -> store.claimSequential(session.id(), List.of("annotate")));
        writes.put("owned", () -> store.owned(session.id()));
        writes.put("settle", () -> session.settle(SettlementDraft.of()));
        writes.put("markRunning", () -> store.markRunning(List.of(1L)));
        Steering steering = new Steering(described.id(), null, "a person", null);
        writes.put("pause", () -> store.pause(steering));
        writes.put("resume", () -> store.resume(steering));
        writes.put("cancel", () -> store.cancel(steering, CancelMode.GRACEFUL));
        writes.put("repair", store::repair);
        writes.put("releaseSession", () -> store.releaseSession(session.id()));
        writes.put("cancelUnowned", () -> store.cancelUnowned(1, 10));
        writes.put("completeIfDone", () -> store.completeIfDone(List.of(1L)));
        writes.put("hide", () -> store.hide(described.id(), null, "a person"));
        writes.put("removeHidden", () -> store.removeHidden(10));
        for (Map.Entry<String, Write> each : writes.entrySet()) {
          assertWaits(turns, each.getKey(), each.getValue());
        }
      }
    }

    @Test
    @DisplayName("FAULT-H1 an item's transaction has its turn from the first write to the end")
    void transactions() throws Exception {
      String url = H2.url(folder, "transactions");
      try (JdbcBatchStore store = JdbcBatchStore.open(url)) {
        store.open(new StoreSettings(EXPIRY, 4, 1 << 20));
        WriteTurns turns = turns(url);
        TestSession session = new TestSession(store, store.openSession("host", EXPIRY));
        store.submit(NewBatches.any().build(), NewBatches.items(2));
        ClaimedChunk chunk = session.claimChunk(2);
        Jdbi.create(url).useHandle(handle -> handle.execute("create table booking (item int)"));
        try (ItemTransaction<Connection> first = store.begin(Connection.class, session.id());
            ItemTransaction<Connection> second = store.begin(Connection.class, session.id());
            Statement reading = first.resource().createStatement();
            Statement writing = second.resource().createStatement()) {
          assertWaits(turns, "a write", () -> writing.execute("insert into booking values (1)"));
          reading.executeQuery("select item from booking").close();
          CompletableFuture<Void> other =
              CompletableFuture.runAsync(() -> first.commit(outcome(chunk, 0), 1), threads);
          await().until(() -> turns.waiting() == 1);
          assertThat(other).isNotDone();
          second.close();
          other.get(30, TimeUnit.SECONDS);
        }
        assertThat(turns.waiting()).isZero();
        turns.take().close();
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "insert into booking values (1)",
          " /* a comment */ update booking set item = 2",
          "select item from booking for update",
          "select item from booking for/**/update",
          "select item from final table (insert into booking values (1))",
          "select next value for numbers",
          "with booked as (select 1) select * from booked",
          "select 1; delete from booking"
        })
    @DisplayName("FAULT-H1 what may write or lock waits")
    void mayWrite(String sql) {
      assertThat(Guard.mayWrite(sql)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "select item from booking",
          "\n SELECT item,\n updated_at FROM booking WHERE item = ?",
          "values (1)"
        })
    @DisplayName("what surely reads does not wait")
    void reads(String sql) {
      assertThat(Guard.mayWrite(sql)).isFalse();
    }

    private static List<Outcome> outcome(ClaimedChunk chunk, int index) {
      return List.of(
          new Outcome(chunk.batch(), index, ItemState.SUCCEEDED, 1, null, 1, null, null, false));
    }
  }
}
