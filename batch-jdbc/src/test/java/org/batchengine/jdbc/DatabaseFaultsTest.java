package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An engine works on PostgreSQL while the server, or the way to it, fails. It goes on by itself:
 * nobody starts it again, or calls anything.
 */
@Tag("PostgreSQL")
@Timeout(120)
class DatabaseFaultsTest {
  private static final JobType<Integer, String> WORK =
      JobType.of("work", Integer.class, String.class);
  private static final int ITEMS = 400;
  private static final int CONCURRENCY = 4;
  private static final Duration EXPIRY = Duration.ofSeconds(2);

  /** How long it may take when all is well again: the pool's patience, expiry, poll, sweep. */
  private static final Duration SOON = Duration.ofSeconds(40);

  private final Map<Integer, AtomicInteger> calls = new ConcurrentHashMap<>();
  private final AtomicInteger called = new AtomicInteger();
  private String url;
  private TcpProxy proxy;
  private Jdbi server;
  private BatchEngine engine;

  @BeforeEach
  void begin() {
    url = PostgresServer.freshDatabase();
    server = Jdbi.create(url);
    proxy = new TcpProxy(url);
  }

  @AfterEach
  void end() throws IOException {
    engine.close();
    proxy.close();
    PostgresServer.drop(url);
  }

  /** Its connections wait for no answer longer than given. */
  private void engine(int itemMillis, String parameters) {
    engine = engine(JdbcBatchStore.open(proxy.url(url) + parameters), itemMillis);
    engine.submit(BatchRequest.of(WORK, items()));
  }

  private static List<Integer> items() {
    return IntStream.range(0, ITEMS).boxed().toList();
  }

  private BatchEngine engine(JdbcBatchStore store, int itemMillis) {
    return BatchEngine.builder(store)
        .sessionExpiry(EXPIRY)
        .pollInterval(Duration.ofMillis(100))
        .register(
            WORK,
            item -> {
              calls.computeIfAbsent(item, none -> new AtomicInteger()).incrementAndGet();
              called.incrementAndGet();
              boolean ended = new CountDownLatch(1).await(itemMillis, TimeUnit.MILLISECONDS);
              return "done " + item + (ended ? "?" : "");
            },
            JobOptions.defaults().concurrency(CONCURRENCY).claim(1, 10))
        .start();
  }

  private void awaitCalls(int count) {
    await().atMost(SOON).until(() -> called.get() >= count);
  }

  private long count(String rows) {
    return server.withHandle(
        handle -> handle.select("select count(*) from " + rows).mapTo(Long.class).one());
  }

  private boolean isEnded() {
    return count("batch_job where state = 'COMPLETED'") == 1;
  }

  /** I1 to I5, I7, I8; the numbers are looked at past the engine. */
  private void assertAllDone() {
    await().atMost(SOON).until(this::isEnded);
    assertThat(count("batch_outcome where state = 'SUCCEEDED'")).isEqualTo(ITEMS);
    assertThat(count("batch_outcome where output <> 'done ' || mod(item_id, 2147483648)"))
        .as("I3 outputs on other items")
        .isZero();
    assertThat(count("batch_event where kind = 'COMPLETED'")).as("I7").isOne();
    assertThat(SqlInvariants.violations(server)).isEmpty();
    assertThat(calls).hasSize(ITEMS);
    await().atMost(SOON).until(() -> engine.health().isUp());
  }

  private int repeats() {
    return called.get() - ITEMS;
  }

  /** What a node has claimed at most: what a fence takes away from it. */
  private static int inHand(int fences) {
    return fences * 4 * CONCURRENCY * 10;
  }

  @Test
  @DisplayName("FAULT-D3 the answers to settlements are lost, and nothing is settled twice")
  void answersToSettlements() {
    engine(2, "&prepareThreshold=0");
    proxy.loseAnswers("batch_outcome", "batch_outcome", 8);
    assertAllDone();
    assertThat(proxy.lost()).isGreaterThanOrEqualTo(4);
    assertThat(repeats()).as("I6 no session was lost").isZero();
  }

  @Test
  @DisplayName("FAULT-D3b the answers to claims are lost, and their chunks found again")
  void answersToClaims() {
    engine(2, "&prepareThreshold=0");
    proxy.loseAnswers("batch_chunk", "COMMIT", 8);
    assertAllDone();
    assertThat(proxy.lost()).isGreaterThanOrEqualTo(4);
    assertThat(repeats()).as("I6 no session was lost").isZero();
  }

  @Test
  @DisplayName("FAULT-D1 all backends are terminated every 200 ms")
  void backendsAreTerminated() {
    engine(10, "");
    AtomicInteger terminated = new AtomicInteger();
    await()
        .pollInterval(Duration.ofMillis(200))
        .atMost(SOON)
        .until(() -> terminated.addAndGet(terminateBackends()) >= 20 || isEnded());
    assertThat(terminated).hasValueGreaterThan(4);
    assertAllDone();
  }

  private int terminateBackends() {
    return server.withHandle(
        handle ->
            handle
                .select(
                    """
                    select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()
                      and application_name = 'batchengine'
                    """)
                .mapTo(Integer.class)
                .one());
  }

  /** What goes wrong with the way. */
  enum Trouble {
    BLACK_HOLE {
      @Override
      void happenTo(TcpProxy proxy) {
        proxy.set(TcpProxy.Way.BLACK_HOLE);
      }
    },
    HALF_CLOSE {
      @Override
      void happenTo(TcpProxy proxy) {
        proxy.halfClose();
      }
    },
    RESET {
      @Override
      void happenTo(TcpProxy proxy) {
        proxy.reset();
      }
    },
    SLOW_BYTES {
      @Override
      void happenTo(TcpProxy proxy) {
        proxy.set(TcpProxy.Way.SLOW);
      }
    };

    abstract void happenTo(TcpProxy proxy);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-D4 the way is a black hole, half closed, reset or slow")
  void theWayFails(Trouble trouble) {
    engine(5, "&socketTimeout=3&connectTimeout=2&loginTimeout=2");
    awaitCalls(40);
    trouble.happenTo(proxy);
    // Longer than the session, if that is what the trouble makes of it.
    await().pollDelay(EXPIRY.plusSeconds(1)).atMost(SOON).until(() -> true);
    proxy.set(TcpProxy.Way.OPEN);
    assertAllDone();
    assertThat(repeats()).as("I6").isLessThanOrEqualTo(inHand(2));
  }

  @Test
  @DisplayName("FAULT-D5 the database is away for longer than the session, and is not stormed")
  void theDatabaseIsAway() {
    engine(5, "");
    awaitCalls(40);
    proxy.set(TcpProxy.Way.AWAY);
    proxy.reset();
    // The pool's first, quick tries are over.
    int before = quietAccepted();
    Duration away = EXPIRY.plusSeconds(3);
    await().pollDelay(away).atMost(SOON).until(() -> true);
    int tries = proxy.accepted() - before;
    proxy.set(TcpProxy.Way.OPEN);
    assertAllDone();
    assertThat(repeats()).as("I6").isLessThanOrEqualTo(inHand(2));
    assertThat(tries).as("tries in %s", away).isLessThanOrEqualTo(4 * (int) away.toSeconds());
  }

  private int quietAccepted() {
    await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
    return proxy.accepted();
  }

  @Test
  @DisplayName("FAULT-D6 the database turns read-only and back, and connections that are stay so")
  void readOnlyForAWhile() throws SQLException {
    engine(5, "");
    awaitCalls(40);
    setReadOnly(true);
    terminateBackends();
    awaitReadOnlyConnection();
    setReadOnly(false);
    assertAllDone();
  }

  private void setReadOnly(boolean on) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("set default_transaction_read_only = off");
      statement.execute(
          "alter database %s set default_transaction_read_only = %s"
              .formatted(connection.getCatalog(), on));
    }
  }

  /** The engine has one that it made meanwhile, and has tried to write on it. */
  private void awaitReadOnlyConnection() {
    await().atMost(SOON).until(() -> !engine.health().isUp());
  }

  @Test
  @DisplayName("FAULT-D7 the disk is full, and then has room: the server's answer, by a trigger")
  void theDiskIsFull() {
    engine(5, "");
    awaitCalls(40);
    long before = count("batch_outcome");
    server.useHandle(
        handle -> {
          handle.execute(
              """
              create function full_disk() returns trigger language plpgsql as
              $$ begin raise exception 'could not extend file: No space left on device'
                using errcode = 'disk_full'; end $$
              """);
          for (String table : new String[] {"batch_outcome", "batch_chunk", "batch_renewal"}) {
            handle.execute(
                "create trigger full_disk before insert or update on "
                    + table
                    + " for each statement execute function full_disk()");
          }
        });
    await().pollDelay(EXPIRY.plusSeconds(1)).atMost(SOON).until(() -> true);
    assertThat(count("batch_outcome")).as("acknowledged rows").isGreaterThanOrEqualTo(before);
    server.useHandle(handle -> handle.execute("drop function full_disk cascade"));
    assertAllDone();
  }

  @Test
  @DisplayName("FAULT-D8 foreign sessions lock rows, crossways too, and for too long")
  void foreignLocks() throws Exception {
    server.useHandle(
        handle ->
            handle.execute(
                "do $$ begin execute format('alter database %I set deadlock_timeout = ''20ms''',"
                    + " current_database()); end $$"));
    engine(5, "&options=-c%20lock_timeout=300");
    awaitCalls(20);
    int[] rounds = {0};
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(SOON)
        .until(
            () -> {
              lockCrossways();
              return ++rounds[0] == 25 || isEnded();
            });
    assertAllDone();
    assertThat(repeats()).as("I6").isLessThanOrEqualTo(inHand(2));
  }

  /** Chunks, and then what an engine locks before them. */
  private void lockCrossways() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("select 1 from batch_chunk for update");
      statement.execute("select pg_sleep(0.05)");
      statement.execute("select 1 from batch_renewal for update");
      statement.execute("select 1 from batch_session for update");
      statement.execute("select 1 from batch_job for update");
      statement.execute("select pg_sleep(0.4)");
      connection.rollback();
    } catch (SQLException e) {
      assertThat(e.getSQLState()).as("the victim of a deadlock").isEqualTo("40P01");
    }
  }

  @Test
  @DisplayName(
      "FAULT-Z3 all threads of an engine stand still for two expiries, and it fences itself")
  void allThreadsStandStill() throws Exception {
    ReadWriteLock gate = new ReentrantReadWriteLock(true);
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      ProbedDataSource gated =
          new ProbedDataSource(
              pool,
              (sql, real) -> {
                gate.readLock().lock();
                try {
                  return real.call();
                } finally {
                  gate.readLock().unlock();
                }
              });
      // Long calls, so that some run when the gate shuts, however slow the machine is.
      try (BatchEngine blocked = engine(JdbcBatchStore.of(gated.dataSource()), 50)) {
        blocked.submit(BatchRequest.of(WORK, items()));
        awaitCalls(40);
        gate.writeLock().lock();
        try {
          engine = engine(JdbcBatchStore.open(url), 1);
          await().pollDelay(EXPIRY.multipliedBy(2)).atMost(SOON).until(this::isEnded);
        } finally {
          gate.writeLock().unlock();
        }
        await().atMost(SOON).until(() -> blocked.health().isUp());
        assertAllDone();
        assertThat(repeats()).as("I6").isBetween(1, inHand(1));
      }
    }
  }

  @Test
  @DisplayName("FAULT-D9 a snapshot is held from before the batch: the cost of a claim stays flat")
  void anOldSnapshot() throws SQLException {
    try (Connection old = DriverManager.getConnection(url)) {
      old.setAutoCommit(false);
      old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      try (Statement statement = old.createStatement()) {
        statement.execute("select 1 from pg_class");
      }
      long first = blocksOfChunks(0);
      blocksOfChunks(1);
      long last = blocksOfChunks(2);
      assertThat(last).as("blocks, %d at first", first).isLessThanOrEqualTo(3 * first);
    }
  }

  /** What a batch reads of the table that is claimed from, which keeps all dead rows. */
  private long blocksOfChunks(int batchesBefore) {
    long before = blocksOfChunks();
    engine(0, "");
    await().atMost(SOON).until(() -> count("batch_job where state = 'COMPLETED'") > batchesBefore);
    engine.close();
    await().until(() -> count("pg_stat_activity where application_name = 'batchengine'") == 0);
    return blocksOfChunks() - before;
  }

  /** Counted when a connection has ended. */
  private long blocksOfChunks() {
    return server.withHandle(
        handle ->
            handle
                .select(
                    """
                    select heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read
                    from pg_statio_user_tables where relname = 'batch_chunk'
                    """)
                .mapTo(Long.class)
                .findOne()
                .orElse(0L));
  }
}
