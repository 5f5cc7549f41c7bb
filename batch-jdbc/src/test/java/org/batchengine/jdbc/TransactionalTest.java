package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

class TransactionalTest {
  @Nested
  class OnH2 extends TransactionalContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2();
    }

    @Override
    String endless() {
      return "select sum(a.x * b.x) from system_range(1, 1000000) a, system_range(1, 1000000) b";
    }

    @Nested
    class OnItsDatabase extends BookingContract {
      OnItsDatabase() {
        super(OnH2.this::open);
      }

      @Test
      void refuseAChangeOfTables() throws Exception {
        try (BatchEngine engine =
            engine(
                (item, connection, context) -> {
                  HostDatabase.book(connection, item);
                  if (item == 1) {
                    execute(connection, "create table that_commits (id int)");
                  }
                  return "booked";
                },
                ONE_BY_ONE)) {
          BatchJob job = engine.await(engine.submit(BOOK, items(3)));

          assertThat(error(engine, job.id(), 1)).contains("\"create table\" is not allowed");
          assertThat(host.booked()).containsExactly(0, 2);
        }
      }
    }
  }

  @Nested
  class OnPostgres extends TransactionalContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onPostgres();
    }

    @Override
    String endless() {
      return "select pg_sleep(600)";
    }

    @Nested
    class OnItsDatabase extends BookingContract {
      OnItsDatabase() {
        super(OnPostgres.this::open);
      }

      @Test
      void anItemThatLeavesTheTransactionFailedHasFailed() throws Exception {
        try (BatchEngine engine =
            engine(
                (item, connection, context) -> {
                  HostDatabase.book(connection, item);
                  if (item == 1) {
                    try {
                      execute(connection, "insert into nowhere values (1)");
                    } catch (SQLException swallowed) {
                      return "as if nothing was";
                    }
                  }
                  return "booked";
                },
                ONE_BY_ONE)) {
          BatchJob job = engine.await(engine.submit(BOOK, items(4)));

          assertThat(error(engine, job.id(), 1)).contains("current transaction is aborted");
          assertThat(host.booked()).containsExactly(0, 2, 3);
        }
      }

      @Test
      @DisplayName("FAULT-P9 what an item sets until the end of its transaction ends with the item")
      void settingsEndWithTheItem() throws Exception {
        host.execute("create role clerk; grant insert on booking to clerk");
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        try (BatchEngine engine =
            engine(
                (item, connection, context) -> {
                  seen.add(settings(connection));
                  execute(connection, "set local statement_timeout = 4321");
                  execute(connection, "select set_config('app.tenant', 'acme', true)");
                  execute(connection, "do $$ begin set local time zone 'Asia/Kabul'; end $$");
                  HostDatabase.book(connection, item);
                  execute(connection, "set local role clerk");
                  execute(connection, "set local search_path to pg_catalog");
                  return "booked";
                },
                ONE_BY_ONE)) {
          BatchJob job = engine.await(engine.submit(BOOK, items(5)));

          assertThat(job.counts().succeeded()).isEqualTo(5);
          assertThat(host.booked()).isEqualTo(items(5));
          assertThat(host.lostAnswers().commits()).isLessThan(5);
          try (Connection untouched = host.connection()) {
            assertThat(seen).hasSize(5).containsOnly(settings(untouched));
          }
        } finally {
          host.execute("drop owned by clerk; drop role clerk");
        }
      }

      private static String settings(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
            ResultSet row =
                statement.executeQuery(
                    "select concat_ws(' ', current_setting('role'), current_setting('search_path'),"
                        + " current_setting('statement_timeout'), current_setting('timezone'),"
                        + " nullif(current_setting('app.tenant', true), ''))")) {
          row.next();
          return row.getString(1);
        }
      }

      @ParameterizedTest
      @ValueSource(
          strings = {
            "do $$ begin insert into booking values (77); commit; end $$",
            "do $do$ begin execute 'com' || 'mit'; end $do$",
            "call that_commits()",
            "set search_path to pg_catalog",
            "reset role",
            "select set_config('role', 'nobody', false)",
            "do 'begin perform set_config(''role'', ''nobody'', false); end'",
            "select pg_advisory_lock(1)",
            "create temporary table of_the_session (id int)",
            "prepare later as select 1"
          })
      @DisplayName("FAULT-P9 blocks, procedures and settings end nothing, and outlive nothing")
      void blocksAndProcedures(String sql) throws Exception {
        host.execute(
            "create procedure that_commits() language plpgsql as 'begin insert into booking values (77); commit; end'");
        try (BatchEngine engine =
            engine(
                (item, connection, context) -> {
                  HostDatabase.book(connection, item);
                  if (item == 1) {
                    execute(connection, sql);
                  }
                  return "booked";
                },
                ONE_BY_ONE)) {
          BatchJob job = engine.await(engine.submit(BOOK, items(3)));

          assertThat(error(engine, job.id(), 1)).isNotEmpty();
          assertThat(host.booked()).containsExactly(0, 2);
        } finally {
          host.execute("drop procedure that_commits()");
        }
      }

      @Test
      @DisplayName("FAULT-D1 a lost connection costs no attempt, unless it is lost each time")
      void backendsThatEndInTheMiddleOfAnItem() throws Exception {
        Set<Integer> ended = ConcurrentHashMap.newKeySet();
        AtomicInteger calls = new AtomicInteger();
        try (BatchEngine engine =
            engine(
                (item, connection, context) -> {
                  HostDatabase.book(connection, item);
                  if (item == 13) {
                    calls.incrementAndGet();
                  }
                  if (item == 13 || (item % 5 == 2 && ended.add(item))) {
                    execute(connection, "select pg_terminate_backend(pg_backend_pid())");
                  }
                  return "booked";
                },
                ONE_BY_ONE)) {
          BatchJob job = engine.await(engine.submit(BOOK, items(20)));

          assertThat(job.counts().succeeded()).isEqualTo(19);
          assertThat(engine.results(BOOK, job.id())).allMatch(item -> item.attempts() == 1);
          assertThat(error(engine, job.id(), 13)).contains("terminating connection");
          assertThat(calls).hasValue(11);
          List<Integer> expected = new ArrayList<>(items(20));
          expected.remove(13);
          assertThat(host.booked()).isEqualTo(expected);
        }
      }

      @Test
      void aDriversFunctionsCanBeHadButForItsSettings() throws Exception {
        try (BatchEngine engine =
            engine(
                (item, connection, context) -> {
                  HostDatabase.book(connection, item);
                  PGConnection functions = connection.unwrap(PGConnection.class);
                  String quoted = functions.escapeLiteral("it's");
                  if (item == 1) {
                    functions.setPrepareThreshold(1);
                  }
                  return quoted;
                },
                ONE_BY_ONE)) {
          BatchJob job = engine.await(engine.submit(BOOK, items(3)));

          assertThat(error(engine, job.id(), 1)).contains("setPrepareThreshold is not allowed");
          assertThat(host.booked()).containsExactly(0, 2);
        }
      }

      @ParameterizedTest
      @ValueSource(booleans = {false, true})
      void onlyTheCulpritOfAConstraintThatIsCheckedAtTheCommitHasFailed(boolean inBulk)
          throws Exception {
        host.execute(
            "alter table booking add constraint once unique (item) deferrable initially deferred");
        try (BatchEngine engine =
            engine(
                inBulk,
                (item, connection, context) -> {
                  HostDatabase.book(connection, item == 7 ? 3 : item);
                  return "booked";
                },
                ONE_BY_ONE)) {
          BatchJob job = engine.await(engine.submit(BOOK, items(20)));

          assertThat(job.counts().succeeded()).isEqualTo(19);
          assertThat(error(engine, job.id(), 7)).contains("once");
          List<Integer> expected = new ArrayList<>(items(20));
          expected.remove(7);
          assertThat(host.booked()).isEqualTo(expected);
        }
      }

      @Test
      @DisplayName("FAULT-H4 a retryIf that hangs over a failed commit is timed out")
      void isTimedOutWhileARetryIfLooksAtACommitThatFailed() throws Exception {
        host.execute(
            "alter table booking add constraint once unique (item) deferrable initially deferred");
        CountDownLatch never = new CountDownLatch(1);
        JobOptions options =
            ONE_BY_ONE
                .timeout(Duration.ofMillis(200))
                .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxRetries(1))
                .retryIf(
                    thrown -> {
                      try {
                        never.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return true;
                    });
        try (BatchEngine engine =
            engine(
                (item, connection, context) -> {
                  HostDatabase.book(connection, item == 7 ? 3 : item);
                  return "booked";
                },
                options)) {
          BatchId id = engine.submit(BOOK, items(20));

          assertThat(engine.await(id, Duration.ofSeconds(10)).counts().succeeded()).isEqualTo(19);
          assertThat(engine.errors(id, 7)).hasSize(2);
          List<Integer> expected = new ArrayList<>(items(20));
          expected.remove(7);
          assertThat(host.booked()).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void buildRefusesAnyKindOnAStoreInMemory() {
    assertThatThrownBy(
            () ->
                BatchEngine.builder(new InMemoryBatchStore())
                    .registerTransactional(
                        BookingContract.BOOK, Connection.class, (item, c, context) -> "")
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("java.sql.Connection")
        .hasMessageContaining("InMemoryBatchStore");
  }
}
