package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.h2.api.Trigger;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2BatchStoreTest extends BatchStoreContract {
  @TempDir Path folder;

  @Override
  JdbcUnderTest open() {
    return JdbcUnderTest.onH2();
  }

  @Nested
  class LateEvents extends LateEventsContract {
    LateEvents() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class LockedRows extends LockedRowsContract {
    LockedRows() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class InSql extends ViewsContract {
    InSql() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class ScheduleRows extends ScheduleRowsContract {
    ScheduleRows() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class LimitRaces extends LimitRacesContract {
    LimitRaces() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class WaitRaces extends WaitRacesContract {
    WaitRaces() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class OnItsDatabase extends JdbcStoreContract {
    OnItsDatabase() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class ReopeningInSlices extends ReopenInSlicesContract {
    ReopeningInSlices() {
      super(H2BatchStoreTest.this::open);
    }
  }

  @Nested
  class LargeCollections extends LargeCollectionsContract {
    LargeCollections() {
      super(H2BatchStoreTest.this::open, "system_range(0, ? - 1)");
    }
  }

  @Nested
  class TakenNumbers extends TakenNumberContract {
    TakenNumbers() {
      super(H2BatchStoreTest.this::open);
    }

    @Override
    String setBack(String table, String column) {
      return "alter table "
          + table
          + " alter column "
          + column
          + " restart with (select min(%s) from %s)".formatted(column, table);
    }
  }

  @Nested
  class Statements extends StatementContract {
    Statements() {
      super(H2BatchStoreTest.this::open, new Counts(4, 4, 6, 7, 13, 7, 12, 4, 2, 8, 1));
    }
  }

  @Nested
  class InAnotherZone extends OwnTimeContract {
    InAnotherZone() {
      super(() -> JdbcUnderTest.onH2In("America/St_Johns"));
    }
  }

  @Nested
  class WhileOthersWrite extends StoreContract {
    WhileOthersWrite() {
      super(() -> JdbcUnderTest.onH2(folder));
    }

    private Jdbi jdbi() {
      return ((JdbcUnderTest) under).jdbi();
    }

    /** Two items that are owned and one that is not, until a statement reads the table. */
    private long changedWhenRead(String table, BiConsumer<TestSession, Long> change) {
      long batch = submit(3);
      TestSession session = session();
      session.claimChunk(2);
      OnceRead.then(() -> change.accept(session, batch));
      jdbi()
          .useHandle(
              handle ->
                  handle.execute(
                      "create trigger once_read before select on %s call '%s'"
                          .formatted(table, OnceRead.class.getName())));
      return batch;
    }

    private List<Object> inSql(String select, long batch) {
      return jdbi()
          .withHandle(
              handle ->
                  handle.createQuery(select + " where batch_no = " + batch).mapToMap().stream()
                      .flatMap(row -> row.values().stream())
                      .toList());
    }

    @Test
    @DisplayName("why a batch is not done is of one moment")
    void explains() {
      long batch =
          changedWhenRead(
              "batch_session",
              (session, own) -> session.settle(SettlementDraft.of().succeeded(own, 0)));

      assertThat(store.reading().explain(header(batch)))
          .extracting(reason -> reason.code() + " " + reason.items())
          .containsExactly("NO_NODE 1", "RUNNING_ON 2");
      assertThat(OnceRead.happened()).isTrue();
    }

    @Test
    @DisplayName("the view of batches is of one moment")
    void showsBatches() {
      long batch = changedWhenRead("batch_chunk", (session, own) -> session.claim(1));

      assertThat(inSql("select queued, in_progress from batch_status", batch))
          .hasToString("[1, 2]");
      assertThat(OnceRead.happened()).isTrue();
    }

    @Test
    @DisplayName("the view of items is of one moment")
    void showsItems() {
      long batch = changedWhenRead("batch_chunk", (session, own) -> session.claim(1));

      assertThat(inSql("select state from batch_item_status", batch))
          .hasToString("[RUNNING, RUNNING, PENDING]");
      assertThat(OnceRead.happened()).isTrue();
    }
  }

  /** A trigger that lets something happen before the first read of its table. */
  public static final class OnceRead implements Trigger {
    private static final AtomicReference<Runnable> then = new AtomicReference<>();

    static void then(Runnable event) {
      then.set(event);
    }

    static boolean happened() {
      return then.get() == null;
    }

    @Override
    public void fire(Connection connection, Object[] before, Object[] after) {
      Runnable event = then.getAndSet(null);
      if (event != null) {
        CompletableFuture.runAsync(event).join(); // on a connection of its own
      }
    }
  }

  @Nested
  class OpenedAgain extends StoreContract {
    OpenedAgain() {
      super(() -> JdbcUnderTest.onH2(folder));
    }

    @Test
    @DisplayName("REQ-U9 a file has everything when it is opened again")
    void hasEverything() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(
          SettlementDraft.of()
              .output(batch, 0, "out")
              .failure(batch, 1, error(1, "no"))
              .parked(batch, 1, NOW)
              .removed(chunk));
      reopen();

      assertThat(store.reading().item(header(batch), 0).orElseThrow().output()).contains("out");
      assertThat(store.reading().errors(header(batch), 1)).hasSize(1);
      assertThat(session().claimRetry())
          .isEqualTo(new ClaimedItem(batch, "annotate", 1, 1, 0, false));
    }

    @Test
    @DisplayName("F15 sessions of a process that is gone are dead when the file is opened")
    void buriesTheSessionsOfAnotherProcess() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().succeeded(batch, 0));
      ((JdbcUnderTest) under)
          .jdbi()
          .useHandle(handle -> handle.execute("update batch_session set process = 'another'"));
      reopen();

      assertThat(renew(session)).isFalse();
      assertThat(session().claim(2).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 2, 1));
    }

    @Test
    @DisplayName("F15 sessions of this process live on when the file is opened again")
    void leavesTheSessionsOfThisProcessAlone() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      reopen();

      assertThat(renew(session)).isTrue();
      assertThat(store.claiming().owned(session.id()).chunks()).isEqualTo(List.of(chunk));
      assertThat(store.reading().item(header(batch), 0).orElseThrow().state())
          .isEqualTo(ItemState.RUNNING);
    }

    private void reopen() {
      under.close();
      open();
    }
  }
}
