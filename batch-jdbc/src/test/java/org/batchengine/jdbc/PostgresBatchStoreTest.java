package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.util.function.UnaryOperator;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.RefusedSettlementException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PostgresBatchStoreTest extends BatchStoreContract {

  @Override
  JdbcUnderTest open() {
    return JdbcUnderTest.onPostgres();
  }

  @Nested
  class LateEvents extends LateEventsContract {
    LateEvents() {
      super(PostgresBatchStoreTest.this::open);
    }
  }

  @Nested
  class LockedRows extends LockedRowsContract {
    LockedRows() {
      super(PostgresBatchStoreTest.this::open);
    }
  }

  @Nested
  class InSql extends ViewsContract {
    InSql() {
      super(PostgresBatchStoreTest.this::open);
    }
  }

  @Nested
  class ScheduleRows extends ScheduleRowsContract {
    ScheduleRows() {
      super(PostgresBatchStoreTest.this::open);
    }
  }

  @Nested
  class LimitRaces extends LimitRacesContract {
    LimitRaces() {
      super(PostgresBatchStoreTest.this::open);
    }
  }

  @Nested
  class WaitRaces extends WaitRacesContract {
    WaitRaces() {
      super(PostgresBatchStoreTest.this::open);
    }
  }

  @Nested
  class OnItsDatabase extends JdbcStoreContract {
    OnItsDatabase() {
      super(PostgresBatchStoreTest.this::open);
    }

    @Test
    @DisplayName("FAULT-B1 an output with U+0000 is refused, and its number stays free")
    void refusesAnOutputThatItCannotKeep() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);

      assertThatExceptionOfType(RefusedSettlementException.class)
          .isThrownBy(
              () ->
                  session.settle(SettlementDraft.of().succeeded(batch, 1).output(batch, 0, "a\0b")))
          .satisfies(e -> assertThat(e.isDuplicate()).isFalse());
      assertThat(job(batch).counts().succeeded()).isZero();
      assertThat(session.settle(SettlementDraft.of().succeeded(batch, 1))).isTrue();
    }
  }

  @Nested
  class ReopeningInSlices extends ReopenInSlicesContract {
    ReopeningInSlices() {
      super(PostgresBatchStoreTest.this::open);
    }
  }

  @Nested
  class LargeCollections extends LargeCollectionsContract {
    LargeCollections() {
      super(PostgresBatchStoreTest.this::open, "generate_series(0, ? - 1) x");
    }
  }

  @Nested
  class TakenNumbers extends TakenNumberContract {
    TakenNumbers() {
      super(PostgresBatchStoreTest.this::open);
    }

    @Override
    String setBack(String table, String column) {
      return "select setval(pg_get_serial_sequence('%1$s', '%2$s'), (select min(%2$s) from %1$s), false)"
          .formatted(table, column);
    }
  }

  @Nested
  class Statements extends StatementContract {
    Statements() {
      super(PostgresBatchStoreTest.this::open, new Counts(5, 4, 6, 8, 14, 1, 1, 3, 1, 9, 1));
    }

    @Test
    @DisplayName("a connection is given back whatever stops its transaction from beginning")
    void givesBackTheConnectionOfATransactionThatDoesNotBegin() {
      long session = session().id();
      ProbedDataSource probed = ((JdbcUnderTest) under).probed();
      probed.rewrite(
          sql -> {
            if (sql.startsWith("set local")) {
              throw new StackOverflowError("for a test");
            }
            return sql;
          });
      assertThatThrownBy(() -> store.settling().beginTransaction(Connection.class, session))
          .isInstanceOf(StackOverflowError.class);
      probed.rewrite(UnaryOperator.identity());

      assertThat(probed.connectionsOut()).isZero();
    }

    @Test
    @DisplayName("F9 a settle is a transaction of one statement: no trip finds it open")
    void settleIsNoTransactionOfSeveralTrips() {
      submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      JdbcUnderTest jdbc = (JdbcUnderTest) under;
      jdbc.probed().takeExecuted();
      session.settle(SettlementDraft.of().succeeded(chunk.batch(), 0).removed(chunk));

      assertThat(jdbc.probed().takeExecuted())
          .singleElement()
          .satisfies(sql -> assertThat(sql).startsWith("with bound as").contains("fence as"));
    }
  }

  @Nested
  class InAnotherZone extends OwnTimeContract {
    InAnotherZone() {
      super(() -> JdbcUnderTest.onPostgresIn("America/St_Johns"));
    }
  }
}
