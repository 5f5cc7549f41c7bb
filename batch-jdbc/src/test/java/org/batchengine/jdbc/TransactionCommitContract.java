package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.batchengine.jdbc.LostAnswers.Fate;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.ItemState;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A commit of a store keeps all of its transaction once, or nothing. */
abstract class TransactionCommitContract extends BookingContract {

  TransactionCommitContract(Supplier<HostDatabase> opener) {
    super(opener);
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
      commit(new Outcome(batch, 1, ItemState.SKIPPED, 1, null, 5, null, "none", false));

      assertThat(store.claiming().load(chunk)).isEmpty();
      assertThat(host.booked()).containsExactly(0, 1);
      assertThat(
              host.count(
                  "batch_progress where succeeded = 2 and skipped = 1 and items_per_second = 3"))
          .isEqualTo(1);
    }

    @Test
    @DisplayName("FAULT-X5 the fence: nothing is kept once the session is gone")
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
}
