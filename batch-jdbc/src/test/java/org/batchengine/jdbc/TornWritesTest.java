package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.ItemState;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.StoredInput;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Threads submit, claim, settle, book and renew on one file of H2, which takes no more writes at
 * some moment, as when the process is killed. What it has then is opened by the next. Some of the
 * transactions are large and others small, so that these commit in the midst of those.
 */
@Tag("faults")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // torn rows can hang H2
class TornWritesTest {
  private static final int ROUNDS = Integer.getInteger("faults.rounds", 3) * 20;
  private static final int MOST_WRITES = 150;
  private static final StoreSettings SETTINGS =
      new StoreSettings(Duration.ofMinutes(1), 6, 1 << 20);
  private static final int ITEMS = 200;
  private static final String BOOK = "book";
  private static final String SETTLED_BOOKINGS =
      """
      select o.item_id from batch_outcome o
      join batch_job j on j.batch_no = o.item_id / 2147483648
      where j.type = 'book' order by o.item_id
      """;

  /** Kept if the test fails. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private final Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();

  @AfterEach
  void restart() {
    FaultyDisk.restart();
  }

  @Test
  @DisplayName(
      "FAULT-H1 I3 I10 a file of H2 that is killed at any write has whole transactions only")
  void keepsWholeTransactions() throws Exception {
    Path template = template();
    Random random = new Random(20261122);
    for (int round = 0; round < ROUNDS; round++) {
      Path file = folder.resolve("round-" + round + ".mv.db");
      Files.copy(template, file);
      workUntilKilled(
          H2Files.url(folder, "round-" + round).replace("blocking:", "faulty:blocking:"),
          20 + random.nextInt(MOST_WRITES));
      // A copy: a process that is killed holds no file, but here H2 may hold this one for a while.
      Path left = Files.copy(file, folder.resolve("left-" + round + ".mv.db"));
      FaultyDisk.restart();
      assertThat(unexpected).as("round %d", round).isEmpty();
      assertWhole(H2Files.url(folder, "left-" + round), round);
      Files.delete(left);
      Files.delete(file);
    }
  }

  private Path template() throws IOException {
    String url = H2Files.url(folder, "template");
    try (JdbcBatchStore store = JdbcBatchStore.open(url)) {
      store.connect(SETTINGS);
      TestJdbi.of(url)
          .useHandle(
              handle -> {
                handle.execute("create table booking (item bigint not null)");
                // With views, H2 makes who asks for a connection to a dead file wait for seconds.
                handle.execute("drop view batch_status");
                handle.execute("drop view batch_item_status");
              });
    }
    return folder.resolve("template.mv.db");
  }

  private interface Work {
    void go() throws SQLException;
  }

  private void workUntilKilled(String url, int writes) throws InterruptedException {
    FaultyDisk.restart(); // H2 knows of it from now on
    try (JdbcBatchStore store = JdbcBatchStore.open(url)) {
      store.connect(SETTINGS);
      AtomicInteger batches = new AtomicInteger();
      TestSession first = session(store);
      TestSession second = session(store);
      TestSession third = session(store);
      SessionRenewal renewal = store.sessions().renewal();
      FaultyDisk.killAfter(writes);
      List<Thread> threads =
          List.of(
              again(() -> submit(store, batches.incrementAndGet())),
              again(() -> settle(store, first)),
              again(() -> settle(store, second)),
              again(() -> book(store, third)),
              again(() -> renewal.renew(first.id(), Duration.ofMinutes(1))));
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  private static TestSession session(JdbcBatchStore store) {
    return new TestSession(store, store.sessions().open("host", Duration.ofMinutes(1)));
  }

  private Thread again(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!FaultyDisk.isKilled()) {
                  work.go();
                }
              } catch (Throwable e) { // an assertion of H2 as well
                if (!FaultyDisk.isKilled()) {
                  unexpected.add(e);
                  FaultyDisk.killAfter(0);
                }
              }
            });
    thread.start();
    return thread;
  }

  private static void submit(JdbcBatchStore store, int batch) {
    NewBatches described = NewBatches.any();
    store
        .submitting()
        .submit(
            (batch % 3 == 0 ? described.type(BOOK) : described).build(), NewBatches.items(ITEMS));
  }

  private static void settle(JdbcBatchStore store, TestSession session) {
    Claim claim = session.claim("annotate", ITEMS, ITEMS / 2);
    for (ClaimedChunk chunk : claim.chunks()) {
      SettlementDraft draft = SettlementDraft.of().removed(chunk);
      for (StoredInput input : store.claiming().load(chunk)) {
        if (input.index() % 10 == 1) {
          draft.parked(chunk.batch(), input.index(), Duration.ZERO);
        } else {
          draft.succeeded(chunk.batch(), input.index());
        }
      }
      session.settle(draft);
    }
    SettlementDraft draft = SettlementDraft.of();
    claim.parked().forEach(item -> draft.outcome(item, ItemState.SUCCEEDED));
    session.settle(draft);
    store
        .settling()
        .completeIfDone(claim.parked().stream().map(item -> item.batch()).distinct().toList());
  }

  private static void book(JdbcBatchStore store, TestSession session) throws SQLException {
    for (ClaimedChunk chunk : session.claim(BOOK, ITEMS, ITEMS / 2).chunks()) {
      List<Outcome> outcomes = new ArrayList<>();
      try (ItemTransaction<Connection> transaction =
          store.settling().beginTransaction(Connection.class, session.id())) {
        for (StoredInput input : store.claiming().load(chunk)) {
          try (PreparedStatement insert =
              transaction.resource().prepareStatement("insert into booking values (?)")) {
            insert.setLong(1, ItemIds.of(chunk.batch(), input.index()));
            insert.execute();
          }
          outcomes.add(
              new Outcome(
                  chunk.batch(),
                  input.index(),
                  ItemState.SUCCEEDED,
                  1,
                  null,
                  1,
                  null,
                  null,
                  false));
        }
        transaction.commit(outcomes, 1);
      }
      session.settle(SettlementDraft.of().removed(chunk));
      store.settling().completeIfDone(List.of(chunk.batch()));
    }
  }

  private static void assertWhole(String url, int round) {
    Jdbi jdbi = TestJdbi.of(url);
    jdbi.useHandle(handle -> handle.execute("update batch_session set process = 'another'"));
    try (JdbcBatchStore store = JdbcBatchStore.open(url)) {
      store.connect(SETTINGS);
      assertThat(SqlInvariants.violations(jdbi)).as("round %d", round).isEmpty();
      assertThat(numbers(jdbi, "select item from booking order by item"))
          .as("round %d: bookings", round)
          .isEqualTo(numbers(jdbi, SETTLED_BOOKINGS));
      finish(store, session(store));
      assertThat(numbers(jdbi, "select batch_no from batch_job where state <> 'COMPLETED'"))
          .as("round %d: batches that do not end", round)
          .isEmpty();
      assertThat(SqlInvariants.violations(jdbi)).as("round %d, at the end", round).isEmpty();
    }
  }

  private static List<Long> numbers(Jdbi jdbi, String select) {
    return jdbi.withHandle(handle -> handle.select(select).mapTo(Long.class).list());
  }

  private static void finish(JdbcBatchStore store, TestSession session) {
    for (String type : List.of("annotate", BOOK)) {
      for (Claim claim = session.claim(type, 1_000, 1_000);
          !claim.isEmpty();
          claim = session.claim(type, 1_000, 1_000)) {
        session.finish(claim);
      }
    }
    for (Claim claim = suspect(store, session); !claim.isEmpty(); claim = suspect(store, session)) {
      session.finish(claim);
    }
    for (List<Long> done = store.sweeping().done(100);
        !done.isEmpty();
        done = store.sweeping().done(100)) {
      store.settling().completeIfDone(done);
    }
  }

  private static Claim suspect(JdbcBatchStore store, TestSession session) {
    return store
        .claiming()
        .claimSuspect(session.id(), List.of("annotate", BOOK), Duration.ofSeconds(2));
  }
}
