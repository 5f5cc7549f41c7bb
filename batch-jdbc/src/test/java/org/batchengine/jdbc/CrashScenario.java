package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualClock;
import org.batchengine.ManualEngine;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.BatchStore;
import org.batchengine.store.StoreSettings;

/**
 * What a process does in its life, which may end at any step of it; what was there before; and what
 * must have come of it when another process has gone on.
 */
enum CrashScenario {
  /** In one transaction. */
  SUBMITS {
    @Override
    void live(LivingProcess process) {
      process.engine().submit(WORK, inputs(ITEMS));
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      if (next.history(HistoryQuery.all()).items().isEmpty()) {
        next.submit(WORK, inputs(ITEMS));
      }
      stage.workOn(next);
      assertWorked(stage, next);
    }
  },

  SUBMITS_WITH_A_KEY {
    @Override
    void live(LivingProcess process) {
      process.engine().submit(request(ITEMS));
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workFor(next, Duration.ofSeconds(4));
      next.submit(request(ITEMS));
      stage.workOn(next);
      assertWorked(stage, next);
    }
  },

  /** In several transactions. */
  SUBMITS_IN_PAGES {
    private static final int LARGE = 45;
    private static final Instant TOMORROW = Instant.parse("2030-01-01T00:00:00Z");

    @Override
    void given(Stage stage, ManualEngine before) {
      stage.runs = 0;
    }

    @Override
    void live(LivingProcess process) {
      process.engine().submit(largeRequest(LARGE).startAt(TOMORROW));
    }

    /** Half a batch is neither to be seen nor claimed, and is removed. */
    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workFor(next, Duration.ofSeconds(4));
      next.submit(largeRequest(LARGE).startAt(TOMORROW));
      stage.workOn(next);
      BatchJob job = only(next);
      assertThat(job.state()).isEqualTo(BatchState.PENDING);
      assertThat(job.counts().total()).isEqualTo(LARGE);
      assertThat(stage.host.count("batch_job")).isOne();
      assertThat(stage.host.count("batch_item")).isEqualTo(LARGE);
    }
  },

  /** Claims, settles, tries again, completes. */
  WORKS {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
    }

    @Override
    void live(LivingProcess process) {
      process.work(1);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workOn(next);
      assertWorked(stage, next);
    }
  },

  WORKS_ON_ITEMS_IN_ORDER {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(BatchRequest.of(STEPS, inputs(4)));
    }

    @Override
    void live(LivingProcess process) {
      process.work(1);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workOn(next);
      assertWorked(stage, next, 4);
    }
  },

  /** Its items' effects and their outcomes are one transaction each. */
  WORKS_IN_TRANSACTIONS {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(BatchRequest.of(BOOK, IntStream.range(0, 3).boxed().toList()));
    }

    @Override
    void live(LivingProcess process) {
      process.work(1);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workOn(next);
      assertThat(only(next).counts().succeeded()).isEqualTo(3);
      assertThat(stage.host.booked()).containsExactly(0, 1, 2);
    }
  },

  /** The effects of a chunk and the outcomes of its items are one transaction. */
  WORKS_IN_BULK_TRANSACTIONS {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(BatchRequest.of(BOOK_ALL, IntStream.range(0, 4).boxed().toList()));
    }

    @Override
    void live(LivingProcess process) {
      process.work(1);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workOn(next);
      assertThat(only(next).counts().succeeded()).isEqualTo(4);
      assertThat(stage.host.booked()).containsExactly(0, 1, 2, 3);
    }
  },

  /** Takes over from one that died twice with the same items in hand. */
  REAPS {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
      stage.dieWithWork();
      stage.clock.advance(Duration.ofSeconds(3));
      stage.reap();
      stage.dieWithWork();
      stage.clock.advance(Duration.ofSeconds(3));
    }

    @Override
    void live(LivingProcess process) {
      process.work(4);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workOn(next);
      assertWorked(stage, next);
    }
  },

  CANCELS {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
    }

    @Override
    void live(LivingProcess process) {
      cancel(process, CancelMode.GRACEFUL);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      assertCancelled(stage, next);
    }
  },

  CANCELS_BY_FORCE {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
    }

    @Override
    void live(LivingProcess process) {
      cancel(process, CancelMode.FORCED);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      assertCancelled(stage, next);
    }
  },

  PAUSES_AND_RESUMES {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
    }

    @Override
    void live(LivingProcess process) {
      ManualEngine engine = process.engine();
      engine.runOnce();
      engine.runOnce();
      engine.pause(only(engine).id(), "lunch");
      process.work(1);
      engine.resume(only(engine).id(), "after lunch");
      process.work(2);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workFor(next, Duration.ofSeconds(4));
      next.resume(only(next).id(), "after death");
      stage.workOn(next);
      assertWorked(stage, next);
    }
  },

  RETRIES_WHAT_FAILED {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
      stage.workOn(before);
      assertWorked(stage, before);
      stage.runs = 2;
    }

    @Override
    void live(LivingProcess process) {
      ManualEngine engine = process.engine();
      engine.retryFailed(only(engine).id(), FailedItems.all(), "mended");
      process.work(1);
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      if (only(next).run() == 1) {
        next.retryFailed(only(next).id(), FailedItems.all(), "mended");
      }
      stage.workOn(next);
      assertThat(only(next).counts().succeeded()).isEqualTo(ITEMS);
      assertThat(only(next).run()).isEqualTo(2);
    }
  },

  DELETES {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
      stage.workOn(before);
    }

    @Override
    void live(LivingProcess process) {
      ManualEngine engine = process.engine();
      engine.delete(only(engine).id());
      engine.runUntilIdle();
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      next.history(HistoryQuery.all()).items().forEach(job -> next.delete(job.id()));
      stage.workOn(next);
      for (String table : List.of("job", "key", "item", "item_key", "outcome", "error")) {
        assertThat(stage.host.count("batch_" + table)).as(table).isZero();
      }
    }
  },

  /** Closes its engine while it has work in hand. */
  CLOSES {
    @Override
    void given(Stage stage, ManualEngine before) {
      before.submit(request(ITEMS));
    }

    @Override
    void live(LivingProcess process) {
      ManualEngine engine = process.engine();
      for (int i = 0; i < 6; i++) {
        engine.runOnce();
      }
      engine.close();
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      stage.workOn(next);
      assertWorked(stage, next);
    }
  },

  MIGRATES {
    private static final String SCHEMA = "young";

    @Override
    void beBorn(LivingProcess process) {}

    @Override
    void given(Stage stage, ManualEngine before) {
      stage.host.execute("drop schema if exists " + SCHEMA + " cascade");
      stage.runs = 0;
    }

    @Override
    void live(LivingProcess process) {
      try (JdbcBatchStore store =
          JdbcBatchStore.builder(process.way()).schema(SCHEMA).clock(process.clock()).build()) {
        store.connect(new StoreSettings(EXPIRY, 4, 1 << 20));
      }
    }

    @Override
    void goOn(Stage stage, ManualEngine next) {
      JdbcBatchStore store =
          JdbcBatchStore.builder(stage.host.pool()).schema(SCHEMA).clock(stage.clock).build();
      try (ManualEngine engine = stage.process(store).engine()) {
        engine.submit(request(ITEMS));
        for (int i = 0; i < 4; i++) {
          engine.runUntilIdle();
          stage.clock.advance(Duration.ofSeconds(1));
        }
        assertThat(only(engine).counts()).isEqualTo(WORKED);
      }
    }
  };

  static final Duration EXPIRY = Duration.ofSeconds(2);
  static final int ITEMS = 8;

  /** Fails once, and is well then. */
  private static final int FLAKY = 3;

  /** Fails in the first run, and is well in the second. */
  private static final int BAD = 6;

  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobType<String, String> STEPS =
      JobType.of("steps", String.class, String.class).sequential();
  private static final JobType<Integer, String> BOOK =
      JobType.of("book", Integer.class, String.class);
  private static final JobType<Integer, String> BOOK_ALL =
      JobType.of("book-all", Integer.class, String.class);
  private static final JobOptions OPTIONS =
      JobOptions.defaults()
          .concurrency(1)
          .claim(1, 4)
          .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(1));
  private static final BatchCounts WORKED =
      BatchCounts.of(Map.of(ItemState.SUCCEEDED, ITEMS - 1L, ItemState.FAILED, 1L));

  /** What is there before; by default nothing. */
  void given(Stage stage, ManualEngine before) {}

  /** Its steps do not count before. */
  void beBorn(LivingProcess process) {
    process.engine();
  }

  abstract void live(LivingProcess process);

  /** Another process goes on from wherever the first one died; if it did nothing, it does it. */
  abstract void goOn(Stage stage, ManualEngine next);

  static List<String> inputs(int count) {
    return IntStream.range(0, count).mapToObj(i -> "item " + i).toList();
  }

  private static BatchRequest<String> request(int items) {
    return BatchRequest.of(WORK, inputs(items)).keyedBy(input -> input).idempotencyKey("order 1");
  }

  /** A page holds some forty of them. */
  private static BatchRequest<String> largeRequest(int items) {
    String tail = "x".repeat(100_000);
    return BatchRequest.of(WORK, inputs(items).stream().map(input -> input + " " + tail).toList())
        .keyedBy(input -> input.substring(0, input.lastIndexOf(' ')))
        .idempotencyKey("order 1");
  }

  private static BatchJob only(ManualEngine engine) {
    List<BatchJob> jobs = engine.history(HistoryQuery.all()).items();
    assertThat(jobs).hasSize(1);
    return jobs.get(0);
  }

  private static void assertWorked(Stage stage, ManualEngine engine) {
    assertWorked(stage, engine, ITEMS);
  }

  /** I1, I3, I6: as if nobody had died, but for the calls of what was in hand. */
  private static void assertWorked(Stage stage, ManualEngine engine, int items) {
    BatchId id = only(engine).id();
    List<BatchItem<String, String>> all = engine.items(id, ItemQuery.all()).items();
    assertThat(all).hasSize(items);
    for (BatchItem<String, String> item : all) {
      ItemState state = item.index() == BAD ? ItemState.FAILED : ItemState.SUCCEEDED;
      assertThat(item.state()).as("item %d", item.index()).isEqualTo(state);
      assertThat(item.attempts()).isEqualTo(item.index() == FLAKY || item.index() == BAD ? 2 : 1);
      if (state == ItemState.SUCCEEDED) {
        assertThat(item.output()).contains("done item " + item.index());
      }
      stage.assertCalls(item.index(), item.attempts());
    }
  }

  private static void cancel(LivingProcess process, CancelMode mode) {
    ManualEngine engine = process.engine();
    for (int i = 0; i < 8; i++) {
      engine.runOnce();
    }
    engine.cancel(only(engine).id(), mode, "no more");
    engine.runUntilIdle();
  }

  private static void assertCancelled(Stage stage, ManualEngine next) {
    BatchState found = only(next).state();
    if (!found.isTerminal() && found != BatchState.STOPPING) {
      next.cancel(only(next).id(), CancelMode.GRACEFUL, "no more");
    }
    stage.workOn(next);
    BatchJob job = only(next);
    assertThat(job.state()).isEqualTo(BatchState.CANCELLED);
    assertThat(job.counts().unfinished()).isZero();
    assertThat(job.counts().cancelled()).isPositive();
  }

  /** A process: its way to the database, and what it has called. */
  static final class LivingProcess {
    private final DataSource way;
    private final BatchStore store;
    private final ManualClock clock;
    private final Map<Integer, Integer> calls;
    private ManualEngine engine;

    LivingProcess(
        DataSource way, BatchStore store, ManualClock clock, Map<Integer, Integer> calls) {
      this.way = way;
      this.store = store;
      this.clock = clock;
      this.calls = calls;
    }

    DataSource way() {
      return way;
    }

    ManualClock clock() {
      return clock;
    }

    ManualEngine engine() {
      if (engine == null) {
        engine =
            BatchEngine.builder(store)
                .clock(clock)
                .sessionExpiry(EXPIRY)
                .register(
                    WORK, (input, context) -> work(context.index(), context.attempt()), OPTIONS)
                .register(
                    STEPS, (input, context) -> work(context.index(), context.attempt()), OPTIONS)
                .registerTransactional(
                    BOOK,
                    Connection.class,
                    (item, connection, context) -> {
                      HostDatabase.book(connection, item);
                      return "booked";
                    },
                    OPTIONS)
                .registerBulkTransactional(
                    BOOK_ALL,
                    Connection.class,
                    (chunk, connection) -> {
                      HostDatabase.book(connection, chunk.inputs());
                      chunk.forEach(item -> item.succeed("booked"));
                    },
                    OPTIONS)
                .manual();
      }
      return engine;
    }

    private String work(int index, int attempt) {
      calls.merge(index, 1, Integer::sum);
      if ((index == FLAKY && attempt == 1) || (index == BAD && attempt <= 2)) {
        throw new IllegalStateException("attempt " + attempt);
      }
      return "done item " + index;
    }

    void work(int seconds) {
      for (int i = 0; i < seconds; i++) {
        engine().runUntilIdle();
        clock.advance(Duration.ofSeconds(1));
      }
      engine().runUntilIdle();
    }
  }

  /** Where lives follow one another: a database, and a time. */
  static final class Stage {
    private static final Duration STEP = Duration.ofMillis(500);

    /** Expiry, a renewal, a poll, what one of them just missed, a sweep, and a retry. */
    private static final Duration AT_MOST = Duration.ofSeconds(11);

    final HostDatabase host;
    final ManualClock clock;
    private final BatchStore store;
    final Map<Integer, Integer> calls = new ConcurrentHashMap<>();
    private Map<Integer, Integer> inHand = Map.of();
    private boolean counts = true;

    /** How often the batch ends in all. */
    int runs = 1;

    /**
     * @param store an open one, for those that nothing happens to
     */
    Stage(HostDatabase host, ManualClock clock, BatchStore store) {
      this.host = host;
      this.clock = clock;
      this.store = store;
    }

    LivingProcess process(BatchStore store) {
      return new LivingProcess(host.pool(), store, clock, calls);
    }

    /** One that nothing happens to. */
    LivingProcess process() {
      return process(store);
    }

    /** A process takes two items and dies. */
    void dieWithWork() {
      TestSession session = new TestSession(store, store.sessions().open("dead", EXPIRY));
      session.claim("work", 2, 2);
    }

    void reap() {
      store.sessions().expired().forEach(store.sessions()::reap);
    }

    /** What was called and not settled when the process died. */
    void noteInHand() {
      inHand = new ConcurrentHashMap<>();
      Map<Integer, Integer> settled = new ConcurrentHashMap<>();
      host.jdbi()
          .useHandle(
              handle ->
                  handle
                      .select(
                          """
                          select mod(item_id, 2147483648) as item_index, attempts from batch_outcome
                          union all
                          select mod(item_id, 2147483648), attempts from batch_parked
                          """)
                      .map((row, context) -> settled.put(row.getInt(1), row.getInt(2)))
                      .list());
      calls.forEach(
          (index, times) -> {
            int more = times - settled.getOrDefault(index, 0);
            if (more > 0) {
              inHand.put(index, more);
            }
          });
    }

    /** Nobody knows what the dead has called. */
    void doNotCount() {
      counts = false;
    }

    /** I6: only what was in hand at the death is called once more. */
    void assertCalls(int index, int attempts) {
      if (counts) {
        assertThat(calls.get(index))
            .as("calls of item %d", index)
            .isLessThanOrEqualTo(attempts + inHand.getOrDefault(index, 0));
        assertThat(inHand.getOrDefault(index, 0)).isLessThanOrEqualTo(1);
      }
    }

    void workFor(ManualEngine engine, Duration time) {
      for (int i = 0; i < time.toSeconds(); i++) {
        engine.runUntilIdle();
        clock.advance(Duration.ofSeconds(1));
      }
      engine.runUntilIdle();
    }

    /** I8: nobody does anything, and what can end has ended within its time. */
    void workOn(ManualEngine engine) {
      Duration passed = Duration.ZERO;
      engine.runUntilIdle();
      while (!isAtRest()) {
        if (passed.compareTo(AT_MOST) > 0) {
          fail("not at rest after %s: %s", passed, engine.history(HistoryQuery.all()).items());
        }
        clock.advance(STEP);
        passed = passed.plus(STEP);
        engine.runUntilIdle();
      }
    }

    private boolean isAtRest() {
      return host.count(
                  """
                  batch_job where id is null or state = 'SUBMITTING'
                    or state not in ('COMPLETED', 'FAILED', 'CANCELLED') and start_at is null\
                  """)
              == 0
          && host.count("batch_chunk where session_id is not null") == 0;
    }

    /** I7: a batch ends once in each run. */
    long ends() {
      return host.count("batch_event where kind in ('COMPLETED', 'FAILED', 'CANCELLED')");
    }
  }
}
