package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.TransactionalProcessor;
import org.batchengine.jdbc.LostAnswers.Fate;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.FencedException;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.Submitted;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.MDC;

/**
 * What a processor writes in the transaction that it is given, and the outcomes of its items, agree
 * whatever happens: exactly once, or not at all.
 */
@Timeout(60)
abstract class TransactionalContract {
  static final JobType<Integer, String> BOOK = JobType.of("book", Integer.class, String.class);
  static final JobOptions ONE_BY_ONE =
      JobOptions.defaults().concurrency(1).retry(RetryPolicy.none());

  HostDatabase host;

  abstract HostDatabase open();

  /** A statement that runs until it is cancelled. */
  abstract String endless();

  @BeforeEach
  void openHost() {
    host = open();
  }

  @AfterEach
  void closeHost() {
    try (HostDatabase closing = host) {
      assertThat(closing.violations()).isEmpty();
    }
  }

  BatchEngine engine(
      TransactionalProcessor<Integer, String, Connection> processor, JobOptions options) {
    return host.engine(
        builder -> builder.registerTransactional(BOOK, Connection.class, processor, options));
  }

  static List<Integer> items(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  Map<Integer, ItemState> states(BatchEngine engine, BatchId id) {
    Map<Integer, ItemState> states = new HashMap<>();
    engine.results(BOOK, id).forEach(item -> states.put(item.index(), item.state()));
    return states;
  }

  String error(BatchEngine engine, BatchId id, int index) {
    BatchItem<String, String> item = engine.item(id, index).orElseThrow();
    assertThat(item.state()).as("state of item %d", index).isEqualTo(ItemState.FAILED);
    Optional<ItemError> error = item.error();
    return error.orElseThrow().message();
  }

  @Test
  @DisplayName("I3 the host's rows and the outcomes agree, with several workers")
  void bookEachItemOnce() throws Exception {
    JobOptions options = JobOptions.defaults().concurrency(3);
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              return "booked " + item;
            },
            options)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(300)));

      assertThat(job.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job.counts().succeeded()).isEqualTo(300);
      assertThat(host.booked()).isEqualTo(items(300));
      assertThat(engine.item(job.id(), 7).orElseThrow().output().orElseThrow())
          .contains("booked 7");
      assertThat(host.lostAnswers().commits()).isLessThan(150);
    }
  }

  @Test
  void nameTheItemInTheLogAndLeaveNothingForTheNext() throws Exception {
    Map<Integer, Map<String, String>> seen = new ConcurrentHashMap<>();
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              seen.put(item, MDC.getCopyOfContextMap());
              MDC.put("customer", "left behind");
              if (item == 1) {
                throw new IllegalStateException("for a test");
              }
              return null;
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(3)));

      for (int i = 0; i < 3; i++) {
        assertThat(seen.get(i))
            .isEqualTo(
                Map.of(
                    "batch", job.id().toString(), "tenant", "default", "item", String.valueOf(i)));
      }
    }
  }

  @Test
  void giveAHandle() throws Exception {
    try (BatchEngine engine =
        host.engine(
            builder ->
                builder.registerTransactional(
                    BOOK,
                    Handle.class,
                    (item, handle, context) -> {
                      handle.inTransaction(
                          same -> same.execute("insert into booking (item) values (?)", item));
                      return "booked";
                    },
                    ONE_BY_ONE))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(20)));

      assertThat(job.counts().succeeded()).isEqualTo(20);
      assertThat(host.booked()).isEqualTo(items(20));
    }
  }

  @Test
  void failingItemsAndSkippedOnesUndoNeitherTheirNeighboursNorTheRest() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item % 5 == 1) {
                throw new IllegalStateException("no " + item);
              }
              if (item % 5 == 2) {
                execute(connection, "insert into nowhere values (1)");
              }
              if (item % 5 == 3) {
                context.skip("not this one");
              }
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(40)));

      assertThat(job.counts().succeeded()).isEqualTo(16);
      assertThat(job.counts().failed()).isEqualTo(16);
      assertThat(job.counts().skipped()).isEqualTo(8);
      assertThat(host.booked())
          .isEqualTo(items(40).stream().filter(i -> i % 5 == 0 || i % 5 == 4).toList());
      assertThat(host.lostAnswers().commits()).isLessThan(30);
    }
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  @DisplayName("FAULT-B1 FAULT-B2 an output that cannot be kept undoes its item alone")
  void outputsThatCannotBeKeptFailTheirItemAlone() throws Exception {
    List<String> refused = List.of("a\0", "\uD83D", "x".repeat((1 << 20) + 1));
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              return item % 2 == 0 ? "fine" : refused.get(item / 2);
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(7)));

      assertThat(job.counts().succeeded()).isEqualTo(4);
      assertThat(error(engine, job.id(), 1)).startsWith("output: has U+0000");
      assertThat(error(engine, job.id(), 3)).startsWith("output: has the lone surrogate");
      assertThat(error(engine, job.id(), 5)).startsWith("output: 1048577 bytes are more");
      assertThat(host.booked()).containsExactly(0, 2, 4, 6);
    }
  }

  @Test
  void whatFailsIsTriedAgainFromItsParkedRow() throws Exception {
    JobOptions options =
        JobOptions.defaults()
            .concurrency(2)
            .retry(RetryPolicy.fixed(Duration.ofMillis(20)).maxRetries(2));
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (context.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
              return "booked";
            },
            options)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(10)));

      assertThat(job.counts().succeeded()).isEqualTo(10);
      assertThat(host.booked()).isEqualTo(items(10));
      assertThat(engine.item(job.id(), 3).orElseThrow().attempts()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LOST_ON_THE_WAY_THERE", "LOST_ON_THE_WAY_BACK"})
  @DisplayName("FAULT-D3 the answer to a commit is lost")
  void keepOnceWhatMayBeCommitted(Fate fate) throws Exception {
    host.lostAnswers().next(fate);
    host.lostAnswers().next(Fate.ARRIVES);
    host.lostAnswers().next(fate);
    AtomicInteger calls = new AtomicInteger();
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              calls.incrementAndGet();
              HostDatabase.book(connection, item);
              return "booked";
            },
            ONE_BY_ONE.retry(RetryPolicy.fixed(Duration.ofMillis(10))))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(60)));

      assertThat(job.counts().succeeded()).isEqualTo(60);
      assertThat(host.booked()).isEqualTo(items(60));
      if (fate == Fate.LOST_ON_THE_WAY_BACK) {
        assertThat(calls).hasValue(60);
      } else {
        assertThat(calls).hasValueGreaterThan(60);
      }
    }
  }

  @Test
  @DisplayName("F12 a commit that is never made fails its item in the end, and nothing is booked")
  void failWhatCannotBeCommitted() throws Exception {
    for (int i = 0; i < 10; i++) {
      host.lostAnswers().next(Fate.LOST_ON_THE_WAY_THERE);
    }
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(1)));

      assertThat(job.counts().failed()).isEqualTo(1);
      assertThat(host.booked()).isEmpty();
      assertThat(host.lostAnswers().commits()).isEqualTo(2);
    }
  }

  private interface Deed {
    void on(Connection connection) throws SQLException;
  }

  private static final List<Deed> REFUSED =
      List.of(
          Connection::commit,
          Connection::rollback,
          Connection::close,
          connection -> connection.setAutoCommit(true),
          connection -> connection.abort(Runnable::run),
          connection -> connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE),
          connection -> execute(connection, " commit"),
          connection -> execute(connection, "ROLLBACK"),
          connection -> connection.prepareStatement("commit").close(),
          connection -> connection.createStatement().getConnection().commit(),
          connection -> connection.getMetaData().getConnection().rollback(),
          connection -> connection.unwrap(connectionClassOf(connection)).rollback());

  private static Class<? extends Connection> connectionClassOf(Connection connection)
      throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    try {
      return Class.forName(
              product.equals("H2")
                  ? "org.h2.jdbc.JdbcConnection"
                  : "org.postgresql.jdbc.PgConnection")
          .asSubclass(Connection.class);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @DisplayName("FAULT-P9 a processor cannot end the transaction that it is given")
  void refuseToEnd() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item < REFUSED.size()) {
                REFUSED.get(item).on(connection);
              }
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(REFUSED.size() + 4)));

      for (int i = 0; i < REFUSED.size(); i++) {
        assertThat(error(engine, job.id(), i)).contains("is refused");
      }
      assertThat(job.counts().succeeded()).isEqualTo(4);
      assertThat(host.booked())
          .isEqualTo(IntStream.range(REFUSED.size(), REFUSED.size() + 4).boxed().toList());
    }
  }

  @Test
  @DisplayName("FAULT-P9 nor can one that is given a handle")
  void refuseToEndByHandle() throws Exception {
    try (BatchEngine engine =
        host.engine(
            builder ->
                builder.registerTransactional(
                    BOOK,
                    Handle.class,
                    (item, handle, context) -> {
                      handle.execute("insert into booking (item) values (?)", item);
                      switch (item) {
                        case 0 -> handle.commit();
                        case 1 -> handle.rollback();
                        case 2 -> handle.close();
                        default -> {}
                      }
                      return "booked";
                    },
                    ONE_BY_ONE))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(5)));

      assertThat(states(engine, job.id()))
          .containsEntry(0, ItemState.FAILED)
          .containsEntry(1, ItemState.FAILED)
          .containsEntry(2, ItemState.FAILED);
      assertThat(host.booked()).containsExactly(3, 4);
    }
  }

  @Test
  void allowSavepointsOfTheHost() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              Savepoint mine = connection.setSavepoint("mine");
              HostDatabase.book(connection, -item);
              connection.rollback(mine);
              return "booked";
            },
            ONE_BY_ONE)) {
      engine.await(engine.submit(BOOK, items(5)));

      assertThat(host.booked()).isEqualTo(items(5));
    }
  }

  @Test
  @DisplayName("X5 a session that is ended in the middle keeps nothing; its items run again")
  void dropWhatAFencedSessionWrote() throws Exception {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item == 3 && isFirst.getAndSet(false)) {
                endSessions();
              }
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(30)), Duration.ofSeconds(30));

      assertThat(isFirst).isFalse();
      assertThat(job.counts().succeeded()).isEqualTo(30);
      assertThat(host.booked()).isEqualTo(items(30));
    }
  }

  /** As another node does that takes them for dead. */
  private void endSessions() {
    host.jdbi()
        .useTransaction(
            handle -> {
              handle.execute("delete from batch_session");
              handle.execute("delete from batch_renewal");
              handle.execute(
                  """
                  update batch_chunk c set session_id = null, lost = lost + 1,
                    open_items = (select count(*) from batch_item i
                      where i.item_id >= c.batch_no * 2147483648 + c.from_index
                        and i.item_id < c.batch_no * 2147483648 + c.to_index
                        and not exists (select 1 from batch_outcome o where o.item_id = i.item_id)
                        and not exists (select 1 from batch_parked p where p.item_id = i.item_id))
                  where session_id is not null
                  """);
              handle.execute(
                  "update batch_parked set session_id = null where session_id is not null");
            });
  }

  @Test
  @DisplayName("FAULT-H2 a statement that takes too long is cancelled, its thread not interrupted")
  void cancelTheStatement() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item == 2) {
                execute(connection, endless());
              }
              return "booked";
            },
            ONE_BY_ONE.timeout(Duration.ofMillis(300)))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(6)));

      assertThat(error(engine, job.id(), 2)).contains("timeout");
      assertThat(job.counts().succeeded()).isEqualTo(5);
      assertThat(host.booked()).containsExactly(0, 1, 3, 4, 5);
    }
  }

  @Test
  void interruptWhatIsNotInTheDatabase() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item == 2) {
                new CountDownLatch(1).await();
              }
              if (item == 3) {
                Thread.currentThread().interrupt(); // FAULT-P7
                HostDatabase.book(connection, 100);
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
              }
              return "booked";
            },
            ONE_BY_ONE.timeout(Duration.ofMillis(300)))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(6)));

      assertThat(error(engine, job.id(), 2)).contains("timeout");
      assertThat(host.booked()).containsExactly(0, 1, 3, 4, 5, 100);
    }
  }

  @Test
  void aTimeoutIsOfOneItem() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              TimeUnit.MILLISECONDS.sleep(120);
              return "booked";
            },
            ONE_BY_ONE.timeout(Duration.ofMillis(600)))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(15)));

      assertThat(job.counts().succeeded()).isEqualTo(15);
      assertThat(host.booked()).isEqualTo(items(15));
    }
  }

  @Test
  void aForcedCancelKeepsWhatSucceededBefore() throws Exception {
    CountDownLatch isIn = new CountDownLatch(1);
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item == 2) {
                isIn.countDown();
                execute(connection, endless());
              }
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchId id = engine.submit(BOOK, items(6));
      assertThat(isIn.await(30, TimeUnit.SECONDS)).isTrue();
      engine.cancel(id, CancelMode.FORCED, "enough");
      BatchJob job = engine.await(id);

      assertThat(job.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job.counts().succeeded()).isEqualTo(2);
      assertThat(job.counts().cancelled()).isEqualTo(4);
      assertThat(host.booked()).containsExactly(0, 1);
    }
  }

  @Test
  void aBatchIsSubmittedInTheTransaction() throws Exception {
    JobType<Integer, String> next = JobType.of("next", Integer.class, String.class);
    try (BatchEngine engine = engineThatChains(next)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(4)));

      assertThat(job.counts().succeeded()).isEqualTo(2);
      assertThat(engine.find(chained(0))).isPresent();
      assertThat(engine.find(chained(1))).isEmpty();
      assertThat(engine.await(chained(0), Duration.ofSeconds(20)).isSuccess()).isTrue();
      assertThat(engine.await(chained(2), Duration.ofSeconds(20)).isSuccess()).isTrue();
    }
  }

  private static BatchId chained(int item) {
    return BatchId.of("00000000-0000-7000-8000-00000000000" + item);
  }

  private BatchEngine engineThatChains(JobType<Integer, String> next) {
    BatchEngine[] self = new BatchEngine[1];
    self[0] =
        host.engine(
            builder ->
                builder
                    .register(next, item -> "done")
                    .registerTransactional(
                        BOOK,
                        Connection.class,
                        (item, connection, context) -> {
                          self[0].submit(
                              BatchRequest.of(next, items(60)).id(chained(item)),
                              JdbcTransaction.of(connection));
                          if (item % 2 == 1) {
                            throw new IllegalStateException("no");
                          }
                          return "chained";
                        },
                        ONE_BY_ONE));
    return self[0];
  }

  @Nested
  class InTheStore {
    private JdbcBatchStore store;
    private long session;
    private long batch;
    private ClaimedChunk chunk;

    @BeforeEach
    void claim() {
      store = JdbcBatchStore.of(host.lostAnswers().dataSource());
      store.connect(new StoreSettings(Duration.ofSeconds(6), 4, 1 << 20));
      session = store.sessions().open("here", Duration.ofSeconds(60));
      batch =
          ((Submitted.Created)
                  store.submitting().submit(NewBatches.any().build(), NewBatches.items(3)))
              .batch();
      Wanted wanted = new Wanted("annotate", 3, 3, 3);
      chunk = store.claiming().claim(new ClaimRequest(session, List.of(wanted))).chunks().get(0);
    }

    @AfterEach
    void close() {
      store.sessions().release(session);
      store.close();
    }

    private Outcome outcome(int index, boolean parked) {
      return new Outcome(batch, index, ItemState.SUCCEEDED, 1, "out", 5, 0.5, null, parked);
    }

    private void commit(Outcome... outcomes) throws SQLException {
      try (ItemTransaction<Connection> transaction =
          store.settling().beginTransaction(Connection.class, session)) {
        transaction.mark();
        HostDatabase.book(transaction.resource(), outcomes[0].index());
        transaction.keep();
        transaction.commit(List.of(outcomes), 3);
      }
    }

    @Test
    void commitWritesOutcomesAndCounters() throws Exception {
      commit(outcome(0, false), outcome(2, false));
      commit(outcome(1, false));

      assertThat(store.claiming().load(chunk)).isEmpty();
      assertThat(host.booked()).containsExactly(0, 1);
      assertThat(host.count("batch_progress where succeeded = 3 and items_per_second = 3"))
          .isEqualTo(1);
    }

    @Test
    @DisplayName("X5 the fence: nothing is kept once the session is gone")
    void commitIsRefusedOnceTheSessionIsGone() {
      long gone = session;
      store.sessions().release(gone);

      assertThatThrownBy(() -> commit(outcome(0, false))).isInstanceOf(FencedException.class);
      assertNothingIsKept();
    }

    @Test
    @DisplayName("F12 an outcome that is there already keeps nothing of the second")
    void commitIsRefusedIfAnItemHasItsOutcome() throws Exception {
      commit(outcome(0, false));
      host.execute("delete from booking");

      assertThatThrownBy(() -> commit(outcome(1, false), outcome(0, false)))
          .isInstanceOfSatisfying(
              RefusedSettlementException.class, e -> assertThat(e.isDuplicate()).isTrue());
      assertThat(host.booked()).isEmpty();
      assertThat(store.claiming().load(chunk)).hasSize(2);
    }

    @Test
    void commitIsRefusedIfAParkedItemIsNotTheSessions() {
      assertThatThrownBy(() -> commit(outcome(0, true))).isInstanceOf(IllegalStateException.class);
      assertNothingIsKept();
    }

    private void assertNothingIsKept() {
      assertThat(host.booked()).isEmpty();
      assertThat(host.count("batch_outcome")).isZero();
      assertThat(host.count("batch_progress")).isZero();
    }

    @Test
    @DisplayName("FAULT-D3 nobody says that a commit was not made before it is over")
    void waitForTheEndOfACommitInDoubt() throws Exception {
      try (ItemTransaction<Connection> transaction =
              store.settling().beginTransaction(Connection.class, session);
          Connection old = host.connection()) {
        transaction.mark();
        HostDatabase.book(transaction.resource(), 0);
        transaction.keep();
        host.lostAnswers().next(Fate.LOST_ON_THE_WAY_THERE);
        assertThatThrownBy(() -> transaction.commit(List.of(outcome(0, false)), 3))
            .isInstanceOf(StoreException.class);
        assertThat(transaction.isCommitted()).isFalse();
        transaction.close();

        old.setAutoCommit(false); // stands for a backend that is still at it
        execute(
            old,
            """
            insert into batch_outcome (item_id, state, attempts, settled_at)
            values (%d, 'SUCCEEDED', 1, current_timestamp)
            """
                .formatted(ItemIds.of(batch, 0)));
        CompletableFuture<Boolean> answer = CompletableFuture.supplyAsync(transaction::isCommitted);
        TimeUnit.MILLISECONDS.sleep(300);
        assertThat(answer).isNotDone();
        old.commit();
        assertThat(answer.get(20, TimeUnit.SECONDS)).isTrue();
        host.execute("delete from batch_outcome");
      }
    }
  }

  @Test
  void buildRefusesAKindThatTheStoreDoesNotHave() {
    assertThatThrownBy(
            () ->
                BatchEngine.builder(JdbcBatchStore.of(host.lostAnswers().dataSource()))
                    .registerTransactional(
                        BOOK, PreparedStatement.class, (item, statement, context) -> "")
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("book")
        .hasMessageContaining("java.sql.PreparedStatement")
        .hasMessageContaining("JdbcBatchStore");
  }

  @Test
  @DisplayName("FAULT-P10 a pool without a connection for each worker is refused")
  void buildRefusesAPoolThatIsTooSmall() {
    assertThatThrownBy(
            () -> engine((item, connection, context) -> "", JobOptions.defaults().concurrency(17)))
        .hasMessageContaining("20")
        .hasMessageContaining("21");
  }
}
