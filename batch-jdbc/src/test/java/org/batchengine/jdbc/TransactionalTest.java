package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchJob;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

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

          assertThat(error(engine, job.id(), 1)).contains("\"create\" is not allowed");
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
      void onlyTheCulpritOfAConstraintThatIsCheckedAtTheCommitHasFailed() throws Exception {
        host.execute(
            "alter table booking add constraint once unique (item) deferrable initially deferred");
        try (BatchEngine engine =
            engine(
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
