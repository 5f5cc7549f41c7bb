package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.store.HostTransaction;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A batch that is submitted in a transaction of the host shares its fate. */
@Timeout(60)
abstract class HostSubmitContract {
  private static final JobType<Integer, String> SHIP =
      JobType.of("ship", Integer.class, String.class);
  private static final JobType<Integer, String> BILL =
      JobType.of("bill", Integer.class, String.class);
  private static final JobType<String, String> PRINT =
      JobType.of("print", String.class, String.class);

  /** A page holds fewer than thirty of them. */
  private static final int BOOKS = 70;

  private static final String TEXT = "x".repeat(150_000);

  HostDatabase host;
  private BatchEngine engine;

  abstract HostDatabase open();

  @BeforeEach
  void openHost() {
    host = open();
    engine =
        host.engine(
            builder ->
                builder
                    .register(SHIP, item -> "shipped " + item)
                    .register(PRINT, book -> "printed " + number(book))
                    .pollInterval(Duration.ofSeconds(30)));
  }

  @AfterEach
  void closeHost() {
    try (HostDatabase closing = host) {
      engine.close();
      assertThat(closing.violations()).isEmpty();
    }
  }

  private static Stream<Integer> items(int count) {
    return IntStream.range(0, count).boxed();
  }

  private static Stream<String> books() {
    return items(BOOKS).map(number -> number + " " + TEXT);
  }

  private static String number(String book) {
    return book.substring(0, book.indexOf(' '));
  }

  private static BatchRequest<Integer> request(int count) {
    return BatchRequest.of(SHIP, items(count).toList());
  }

  private interface Work {
    void in(Connection connection) throws Exception;
  }

  /** In a transaction, which is committed if the work has not ended it. */
  private void inTransaction(Work work) throws Exception {
    try (Connection connection = host.connection()) {
      connection.setAutoCommit(false);
      work.in(connection);
      connection.commit();
    }
  }

  private void assertNothingIsKept() {
    for (String table : List.of("job", "key", "item", "item_key", "chunk", "event")) {
      assertThat(host.count("batch_" + table)).as("rows of batch_%s", table).isZero();
    }
  }

  @Test
  void isThereOnceTheHostHasCommitted() throws Exception {
    inTransaction(
        connection -> {
          HostDatabase.book(connection, 1);
          BatchId id = engine.submit(request(3), JdbcTransaction.of(connection));
          assertThat(engine.find(id)).isEmpty();
          connection.commit();
          assertThat(engine.find(id)).isPresent();
          assertThat(engine.await(id).counts().succeeded()).isEqualTo(3);
        });
    assertThat(host.booked()).containsExactly(1);
  }

  @Test
  void mayBeMadeOfABatchOfTheSameTransaction() throws Exception {
    List<BatchId> made = new ArrayList<>();
    inTransaction(
        connection -> {
          JdbcTransaction here = JdbcTransaction.of(connection);
          BatchId first = engine.submit(request(3), here);
          made.add(engine.submit(BatchRequest.ofOutputs(PRINT, first).after(first), here));
        });

    assertThat(engine.await(made.get(0)).counts().succeeded()).isEqualTo(3);
  }

  @Test
  void neverWasIfTheHostRollsBack() throws Exception {
    inTransaction(
        connection -> {
          HostDatabase.book(connection, 1);
          BatchId id =
              engine.submit(
                  request(3).idempotencyKey("k").keyedBy(String::valueOf),
                  JdbcTransaction.of(connection));
          connection.rollback();
          assertThat(engine.find(id)).isEmpty();
        });
    assertNothingIsKept();
    assertThat(host.booked()).isEmpty();
  }

  @Test
  @DisplayName("who is told of ends reads from a position that no rollback of the host undoes")
  void itsEndIsToldEvenIfTheFirstSubmitIsUndone() throws Exception {
    inTransaction(
        connection -> {
          HostDatabase.book(connection, 1);
          engine.submit(
              request(3).notify(JobType.of("hook", BatchEnd.class)),
              JdbcTransaction.of(connection));
          connection.rollback();
        });
    assertNothingIsKept();
    assertThat(host.count("batch_reader")).isEqualTo(1);
  }

  @Test
  void isPickedUpWithinASecondOfTheCommit() throws Exception {
    inTransaction(
        connection -> {
          BatchId id = engine.submit(request(3), JdbcTransaction.of(connection));
          TimeUnit.MILLISECONDS.sleep(1_500);
          connection.commit();
          BatchJob job = engine.await(id, Duration.ofSeconds(10));
          assertThat(job.state()).isEqualTo(BatchState.COMPLETED);
          assertThat(Duration.between(job.createdAt(), job.startedAt().orElseThrow()))
              .isLessThan(Duration.ofMillis(2_500));
        });
  }

  @Test
  void isReadPageByPage() throws Exception {
    inTransaction(
        connection -> {
          BatchId id =
              engine.submit(
                  BatchRequest.of(PRINT, books()).keyedBy(HostSubmitContract::number),
                  JdbcTransaction.of(connection));
          connection.commit();
          BatchJob job = engine.await(id);
          assertThat(job.counts().succeeded()).isEqualTo(BOOKS);
          assertThat(engine.item(id, "60").orElseThrow().output().orElseThrow())
              .contains("printed 60");
        });
  }

  @Test
  void isCompletedAtOnceIfItIsEmpty() throws Exception {
    inTransaction(
        connection -> {
          BatchId id = engine.submit(request(0), JdbcTransaction.of(connection));
          connection.commit();
          assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
        });
  }

  @Test
  void takesAHandle() throws Exception {
    BatchId id =
        host.jdbi().inTransaction(handle -> engine.submit(request(3), JdbcTransaction.of(handle)));
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(3);
  }

  @Test
  void severalShareATransaction() throws Exception {
    inTransaction(
        connection -> {
          JdbcTransaction transaction = JdbcTransaction.of(connection);
          BatchId first = engine.submit(request(2), transaction);
          BatchId second = engine.submit(request(3), transaction);
          connection.commit();
          assertThat(engine.await(first).counts().succeeded()).isEqualTo(2);
          assertThat(engine.await(second).counts().succeeded()).isEqualTo(3);
        });
  }

  @Test
  void isFoundByItsKeyInTheSameTransactionAndLater() throws Exception {
    BatchRequest<Integer> request = request(3).idempotencyKey("order 1");
    inTransaction(
        connection -> {
          JdbcTransaction transaction = JdbcTransaction.of(connection);
          BatchId first = engine.submit(request, transaction);
          assertThat(engine.submit(request, transaction)).isEqualTo(first);
          connection.commit();
          assertThat(engine.submit(request, transaction)).isEqualTo(first);
          assertThat(engine.submit(request)).isEqualTo(first);
        });
    assertThat(host.count("batch_job")).isEqualTo(1);
  }

  @Test
  void aKeyOfAnotherBatchLeavesTheTransactionAsItWas() throws Exception {
    engine.submit(request(3).idempotencyKey("order 1"));
    inTransaction(
        connection -> {
          HostDatabase.book(connection, 1);
          assertThatThrownBy(
                  () ->
                      engine.submit(
                          BatchRequest.of(BILL, items(3).toList()).idempotencyKey("order 1"),
                          JdbcTransaction.of(connection)))
              .isInstanceOf(IdempotencyConflictException.class);
          HostDatabase.book(connection, 2);
        });
    assertThat(host.booked()).containsExactly(1, 2);
  }

  @Test
  @DisplayName(
      "FAULT-X6 of two transactions with one key, the second waits for the end of the first")
  void waitsForAnotherTransactionWithTheSameKey() throws Exception {
    BatchRequest<Integer> request = request(3).idempotencyKey("order 1");
    CountDownLatch begins = new CountDownLatch(1);
    CompletableFuture<BatchId> second;
    BatchId[] first = new BatchId[1];
    try (Connection connection = host.connection()) {
      connection.setAutoCommit(false);
      first[0] = engine.submit(request, JdbcTransaction.of(connection));
      second =
          CompletableFuture.supplyAsync(
              () -> {
                begins.countDown();
                return host.jdbi()
                    .inTransaction(
                        handle -> {
                          BatchId id = engine.submit(request, JdbcTransaction.of(handle));
                          handle.execute("insert into booking (item) values (1)");
                          return id;
                        });
              });
      begins.await();
      TimeUnit.MILLISECONDS.sleep(300);
      assertThat(second).isNotDone();
      connection.commit();
    }
    assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo(first[0]);
    assertThat(host.booked()).containsExactly(1);
  }

  @Test
  void anIdThatIsTakenLeavesTheTransactionAsItWas() throws Exception {
    BatchId id = BatchId.of(UUID.randomUUID());
    engine.submit(request(3).id(id));
    inTransaction(
        connection -> {
          HostDatabase.book(connection, 1);
          assertThatThrownBy(
                  () ->
                      engine.submit(
                          request(3).id(id).idempotencyKey("k"), JdbcTransaction.of(connection)))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining(id.toString());
          HostDatabase.book(connection, 2);
        });
    assertThat(host.booked()).containsExactly(1, 2);
    assertThat(host.count("batch_job")).isEqualTo(1);
    assertThat(host.count("batch_key")).isZero();
  }

  @Test
  void itemsWithOneKeyLeaveTheTransactionAsItWas() throws Exception {
    inTransaction(
        connection -> {
          HostDatabase.book(connection, 1);
          assertThatThrownBy(
                  () ->
                      engine.submit(
                          BatchRequest.of(PRINT, books())
                              .keyedBy(book -> book.startsWith("60 ") ? "7" : number(book)),
                          JdbcTransaction.of(connection)))
              .isInstanceOfSatisfying(
                  InvalidItemException.class, e -> assertThat(e.index()).isEqualTo(60));
          HostDatabase.book(connection, 2);
        });
    assertThat(host.booked()).containsExactly(1, 2);
    assertNothingIsKept();
  }

  @Test
  @DisplayName("FAULT-B6 a source that throws leaves the transaction as it was")
  void aSourceThatThrowsLeavesTheTransactionAsItWas() throws Exception {
    IllegalStateException broken = new IllegalStateException("book 60 is torn");
    inTransaction(
        connection -> {
          HostDatabase.book(connection, 1);
          assertThatThrownBy(
                  () ->
                      engine.submit(
                          BatchRequest.of(PRINT, books().map(book -> torn(book, broken)))
                              .idempotencyKey("k"),
                          JdbcTransaction.of(connection)))
              .isSameAs(broken);
          HostDatabase.book(connection, 2);
        });
    assertThat(host.booked()).containsExactly(1, 2);
    assertNothingIsKept();
  }

  private static String torn(String book, RuntimeException broken) {
    if (book.startsWith("60 ")) {
      throw broken;
    }
    return book;
  }

  @Test
  void aSourceMayReadInTheTransaction() throws Exception {
    BatchId id =
        host.jdbi()
            .inTransaction(
                handle -> {
                  for (int i = 0; i < 100; i++) {
                    HostDatabase.book(handle.getConnection(), i);
                  }
                  return engine.submit(
                      BatchRequest.of(
                          SHIP,
                          handle
                              .createQuery("select item from booking order by item")
                              .setFetchSize(10)
                              .mapTo(Integer.class)
                              .stream()),
                      JdbcTransaction.of(handle));
                });
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(100);
  }

  @Test
  void refusesAutoCommit() throws Exception {
    try (Connection connection = host.connection()) {
      assertThatThrownBy(() -> JdbcTransaction.of(connection))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("auto-commit");
      connection.setAutoCommit(false);
      JdbcTransaction transaction = JdbcTransaction.of(connection);
      connection.setAutoCommit(true);
      assertThatThrownBy(() -> engine.submit(request(1), transaction))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("auto-commit");
    }
    try (Handle handle = host.jdbi().open()) {
      assertThatThrownBy(() -> JdbcTransaction.of(handle)).hasMessageContaining("auto-commit");
      handle.close();
      assertThatThrownBy(() -> JdbcTransaction.of(handle)).hasMessageContaining("closed");
    }
    assertNothingIsKept();
  }

  @Test
  void refusesAConnectionThatIsClosed() throws Exception {
    Connection connection = host.connection();
    connection.close();
    assertThatThrownBy(() -> JdbcTransaction.of(connection))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void refusesAnotherKindOfTransaction() {
    assertThatThrownBy(() -> engine.submit(request(1), new Foreign()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Foreign");
  }

  private static final class Foreign implements HostTransaction {}
}
