package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.jdbc.LostAnswers.Fate;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;

/** What a processor writes in its transaction and the outcomes of its items agree. */
abstract class TransactionOutcomesContract extends BookingContract {

  TransactionOutcomesContract(Supplier<HostDatabase> opener) {
    super(opener);
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

  @Test
  @DisplayName("FAULT-R1 an input that cannot be read goes back, and its neighbours are booked")
  void inputsThatCannotBeReadTouchTheirItemAlone() throws Exception {
    JobType<String, String> newer =
        JobType.of(
            BOOK.name(),
            ReadsAll.of(String.class, "text/Integer"),
            ReadsAll.of(String.class, "text"));
    try (BatchEngine engine =
        host.engine(
            builder ->
                builder
                    .pollInterval(Duration.ofMillis(20))
                    .registerTransactional(
                        BOOK,
                        Connection.class,
                        (item, connection, context) -> {
                          HostDatabase.book(connection, item);
                          return "booked";
                        },
                        ONE_BY_ONE))) {
      BatchJob job = engine.await(engine.submit(newer, List.of("0", "one", "2")));

      assertThat(job.counts().succeeded()).isEqualTo(2);
      assertThat(host.booked()).containsExactly(0, 2);
      assertThat(engine.errors(job.id(), 1)).hasSize(1);
      assertThat(error(engine, job.id(), 1))
          .startsWith("this node cannot read the input")
          .contains("it went back for other nodes first");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("FAULT-B1 FAULT-B2 an output that cannot be kept undoes its item alone")
  void outputsThatCannotBeKeptFailTheirItemAlone(boolean inBulk) throws Exception {
    List<String> refused = List.of("a\0", "\uD83D", "x".repeat((1 << 20) + 1));
    try (BatchEngine engine =
        engine(
            inBulk,
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              return item % 2 == 0 ? "fine" : refused.get(item / 2);
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(7)));

      assertThat(job.counts().succeeded()).isEqualTo(4);
      assertThat(error(engine, job.id(), 1)).startsWith("output: has U+0000");
      assertThat(error(engine, job.id(), 3)).startsWith("output: has the lone surrogate");
      assertThat(error(engine, job.id(), 5)).startsWith("output: 1048577 bytes exceed");
      assertThat(host.booked()).containsExactly(0, 2, 4, 6);
    }
  }

  @Test
  void whatFailsIsTriedAgainFromItsParkedRow() throws Exception {
    JobOptions options =
        JobOptions.defaults()
            .concurrency(2)
            .retry(RetryPolicy.fixed(Duration.ofMillis(20)).maxRetries(1));
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (context.attempt() == 1) {
                return context.retryAfter(Duration.ofMillis(20)); // no retry is used up
              }
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
  @CsvSource({
    "LOST_ON_THE_WAY_THERE, false",
    "LOST_ON_THE_WAY_BACK, false",
    "LOST_ON_THE_WAY_THERE, true",
    "LOST_ON_THE_WAY_BACK, true"
  })
  @DisplayName("FAULT-D3 the answer to a commit is lost: that costs no item an attempt")
  void keepOnceWhatMayBeCommitted(Fate fate, boolean inBulk) throws Exception {
    host.lostAnswers().next(fate);
    host.lostAnswers().next(Fate.ARRIVES);
    host.lostAnswers().next(fate);
    AtomicInteger calls = new AtomicInteger();
    try (BatchEngine engine =
        engine(
            inBulk,
            (item, connection, context) -> {
              calls.incrementAndGet();
              HostDatabase.book(connection, item);
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(60)));

      assertThat(job.counts().succeeded()).isEqualTo(60);
      assertThat(engine.results(BOOK, job.id())).allMatch(item -> item.attempts() == 1);
      assertThat(host.booked()).isEqualTo(items(60));
      if (fate == Fate.LOST_ON_THE_WAY_BACK) {
        assertThat(calls).hasValue(60);
      } else {
        assertThat(calls).hasValueGreaterThan(60);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "40001, false",
    "40P01, false",
    "57P01, false",
    "08006, false",
    "40P01, true",
    "08006, true"
  })
  @DisplayName("FAULT-D1 FAULT-D8 what the database undoes costs no item an attempt")
  void whatTheDatabaseUndoesRunsAgainAtNoCharge(String state, boolean inBulk) throws Exception {
    host.lostAnswers().failWith(state);
    host.lostAnswers().next(Fate.LOST_ON_THE_WAY_THERE);
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    try (BatchEngine engine =
        engine(
            inBulk,
            (item, connection, context) -> {
              if (item % 7 == 3 && seen.add(item)) {
                host.lostAnswers().failStatement();
              }
              HostDatabase.book(connection, item);
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(30)));

      assertThat(job.counts().succeeded()).isEqualTo(30);
      assertThat(engine.results(BOOK, job.id())).allMatch(item -> item.attempts() == 1);
      assertThat(host.booked()).isEqualTo(items(30));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("F12 a commit that is never made fails its item in the end, and nothing is booked")
  void failWhatCannotBeCommitted(boolean inBulk) throws Exception {
    for (int i = 0; i < 20; i++) {
      host.lostAnswers().next(Fate.LOST_ON_THE_WAY_THERE);
    }
    try (BatchEngine engine =
        engine(
            inBulk,
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(1)));

      assertThat(job.counts().failed()).isEqualTo(1);
      assertThat(host.booked()).isEmpty();
      assertThat(host.lostAnswers().commits()).isEqualTo(inBulk ? 11 : 12);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("FAULT-X5 a session that is ended in the middle keeps nothing; its items run again")
  void dropWhatAFencedSessionWrote(boolean inBulk) throws Exception {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    try (BatchEngine engine =
        engine(
            inBulk,
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
}
