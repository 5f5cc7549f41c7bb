package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.batchengine.jdbc.sql.WriteTurns;
import org.batchengine.jdbc.sql.WriteTurns.Turn;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.NewBatch;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Steering;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever writes to a file of H2 waits for its turn. */
@Timeout(60)
class TurnsOnH2Test {
  /** A thread each: a turn is its thread's. */
  private final Executor threads = task -> new Thread(task).start();

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
    String url = H2Files.url(folder, "turns");
    try (JdbcBatchStore store = JdbcBatchStore.open(url)) {
      store.connect(new StoreSettings(EXPIRY, 4, 1 << 20));
      WriteTurns turns = turns(url);
      NewBatch described = NewBatches.any().build();
      TestSession session = new TestSession(store, store.sessions().open("host", EXPIRY));
      Map<String, Write> writes = new LinkedHashMap<>();
      writes.put("open", () -> store.sessions().open("another", EXPIRY));
      SessionRenewal renewal = store.sessions().renewal();
      writes.put("renew", () -> renewal.renew(session.id(), EXPIRY));
      writes.put("submit", () -> store.submitting().submit(described, NewBatches.items(4)));
      writes.put("claim", () -> session.claim(1));
      writes.put("claimSuspect", session::claimSuspect);
      writes.put(
          "claimSequential",
          () -> store.claiming().claimSequential(session.id(), List.of("annotate")));
      writes.put("owned", () -> store.claiming().owned(session.id()));
      writes.put("settle", () -> session.settle(SettlementDraft.of()));
      writes.put("lockedBy", () -> store.settling().lockedBy(Settlement.burn(session.id(), 1)));
      writes.put("markRunning", () -> store.claiming().markRunning(List.of(1L)));
      Steering steering = new Steering(described.id(), null, NewBatches.by("a person"), null);
      writes.put("pause", () -> store.steering().pause(steering));
      writes.put("resume", () -> store.steering().resume(steering));
      writes.put("cancel", () -> store.steering().cancel(steering, CancelMode.GRACEFUL));
      writes.put("repair", () -> store.sweeping().repair());
      writes.put("release", () -> store.sessions().release(session.id()));
      writes.put("cancelUnowned", () -> store.sweeping().cancelUnowned(1, 10));
      writes.put("completeIfDone", () -> store.settling().completeIfDone(List.of(1L)));
      writes.put(
          "hide", () -> store.steering().hide(described.id(), null, NewBatches.by("a person")));
      writes.put("removeHidden", () -> store.sweeping().removeHidden(10));
      for (Map.Entry<String, Write> each : writes.entrySet()) {
        assertWaits(turns, each.getKey(), each.getValue());
      }
    }
  }

  @Test
  @DisplayName("FAULT-H1 an item's transaction has its turn from the first write to the end")
  void transactions() throws Exception {
    String url = H2Files.url(folder, "transactions");
    try (JdbcBatchStore store = JdbcBatchStore.open(url)) {
      store.connect(new StoreSettings(EXPIRY, 4, 1 << 20));
      WriteTurns turns = turns(url);
      TestSession session = new TestSession(store, store.sessions().open("host", EXPIRY));
      store.submitting().submit(NewBatches.any().build(), NewBatches.items(2));
      ClaimedChunk chunk = session.claimChunk(2);
      Jdbi.create(url).useHandle(handle -> handle.execute("create table booking (item int)"));
      try (ItemTransaction<Connection> first =
              store.settling().beginTransaction(Connection.class, session.id());
          ItemTransaction<Connection> second =
              store.settling().beginTransaction(Connection.class, session.id());
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

  private static List<Outcome> outcome(ClaimedChunk chunk, int index) {
    return List.of(
        new Outcome(chunk.batch(), index, ItemState.SUCCEEDED, 1, null, 1, null, null, false));
  }
}
