package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.FencedException;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store on a database does beside the contract: guards in SQL, and locks. */
abstract class JdbcStoreContract extends StoreContract {

  JdbcStoreContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  private JdbcUnderTest jdbc() {
    return (JdbcUnderTest) under;
  }

  @Nested
  class Guards {
    @ParameterizedTest
    @DisplayName("REQ-U1 the table takes every state of a batch")
    @EnumSource(BatchState.class)
    void takeEveryStateOfABatch(BatchState state) {
      long batch = submit(1);

      assertThatCode(
              () ->
                  inRolledBack(
                      "update batch_job set state = ? where batch_no = ?", state.name(), batch))
          .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @DisplayName("REQ-U1 the table refuses an unknown state of a batch")
    @ValueSource(strings = {"DONE", "running", "", "COMPLETED "})
    void refuseAnUnknownStateOfABatch(String state) {
      long batch = submit(1);

      isRefused("state_check", "update batch_job set state = ? where batch_no = ?", state, batch);
    }

    @ParameterizedTest
    @DisplayName("REQ-U1 an outcome has a final state, or is refused")
    @EnumSource(ItemState.class)
    void takeFinalStatesOfOutcomesOnly(ItemState state) {
      long item = ItemIds.of(submit(1), 0);
      String insert =
          """
          insert into batch_outcome (item_id, state, attempts, settled_at)
          values (?, ?, 1, current_timestamp)
          """;

      if (state.isTerminal()) {
        assertThatCode(() -> inRolledBack(insert, item, state.name())).doesNotThrowAnyException();
      } else {
        isRefused("state_check", insert, item, state.name());
      }
    }

    @Test
    void refuseWhatAStoppingBatchCannotBecome() {
      long batch = submit(1);

      isRefused(
          "stopping_check",
          "update batch_job set stopping_to = 'RUNNING' where batch_no = ?",
          batch);
    }

    @Test
    void refuseAPriorityOutOfRange() {
      long batch = submit(1);

      isRefused("priority_check", "update batch_job set priority = 10 where batch_no = ?", batch);
    }

    @Test
    void refuseAnEmptyChunk() {
      long batch = submit(1);

      isRefused("range_check", "update batch_chunk set to_index = 0 where batch_no = ?", batch);
    }

    @Test
    void refuseAnUnknownKindOfParkedItem() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));

      isRefused("kind_check", "update batch_parked set kind = 'R' where batch_no = ?", batch);
    }

    private void isRefused(String constraint, String sql, Object... arguments) {
      assertThatThrownBy(() -> inRolledBack(sql, arguments))
          .satisfies(
              e ->
                  assertThat(e.getMessage())
                      .containsIgnoringCase("check constraint")
                      .containsIgnoringCase(constraint));
    }

    private void inRolledBack(String sql, Object... arguments) {
      jdbc()
          .jdbi()
          .useTransaction(
              handle -> {
                assertThat(handle.execute(sql, arguments)).isEqualTo(1);
                handle.rollback();
              });
    }
  }

  /** As an engine does it: it comes back while others have locked what it needs. */
  private static <T> T onceFree(Callable<T> verb) throws Exception {
    while (true) {
      try {
        return verb.call();
      } catch (RowsLockedException e) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }

  /** Another transaction has taken the session away and has not committed yet. */
  @Nested
  @Tag("slow")
  class WhileTheSessionIsBeingEnded {
    @Test
    @DisplayName("F2 a claim waits for the end of its session, and is fenced")
    void aClaimWaitsAndIsFenced() throws Exception {
      long batch = submit(10);
      TestSession session = session();

      isFencedAfterWaiting(session, () -> session.claim(10));
      assertThat(job(batch).counts().pending()).isEqualTo(10);
    }

    @Test
    @DisplayName("F2 the claim of a suspect waits for the end of its session, and is fenced")
    void aClaimOfASuspectWaitsAndIsFenced() throws Exception {
      TestSession session = session();

      isFencedAfterWaiting(session, session::claimSuspect);
    }

    @Test
    @DisplayName("FAULT-X5 a settle waits for the end of its session, and is fenced")
    void aSettleWaitsAndIsFenced() throws Exception {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);

      isFencedAfterWaiting(
          session, () -> session.settle(SettlementDraft.of().succeeded(batch, 0).removed(chunk)));
      assertThat(job(batch).counts().succeeded()).isZero();
      store.sweeping().repair();
    }

    @Test
    void aSubmissionWaitsAndIsFenced() throws Exception {
      TestSession session = session();

      isFencedAfterWaiting(
          session, () -> store.submitting().begin(NewBatches.any().build(), session.id()));
    }

    private void isFencedAfterWaiting(TestSession session, Callable<?> verb) throws Exception {
      ExecutorService thread = Executors.newSingleThreadExecutor();
      try (Handle other = jdbc().jdbi().open()) {
        other.begin();
        other.execute("delete from batch_session where id = ?", session.id());
        other.execute("delete from batch_renewal where session_id = ?", session.id());
        Future<?> waiting = thread.submit(() -> onceFree(verb));
        assertThatThrownBy(() -> waiting.get(300, TimeUnit.MILLISECONDS))
            .isInstanceOf(TimeoutException.class);
        other.commit();

        assertThatThrownBy(() -> waiting.get(30, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(FencedException.class);
      } finally {
        thread.shutdownNow();
      }
    }
  }

  /** Another transaction holds rows and has not committed yet. */
  @Nested
  @Tag("slow")
  class WhileOthersHoldRows {
    @Test
    @DisplayName("F13 the end of one session does not wait for another")
    void aReapPassesOverASessionThatIsBeingUsed() {
      TestSession session = session();
      var expiry = expired(session);
      try (Handle other = jdbc().jdbi().open()) {
        other.begin();
        lock(other, "batch_session", "id", session.id());

        assertThat(store.sessions().reap(expiry)).isFalse();
        other.rollback();
      }
      assertThat(store.sessions().reap(expiry)).isTrue();
    }

    @Test
    @DisplayName("F8 a session that is being renewed is left alone, and nobody waits for it")
    void aReapPassesOverASessionThatIsBeingRenewed() {
      TestSession session = session();
      var expiry = expired(session);
      try (Handle other = jdbc().jdbi().open()) {
        other.begin();
        lock(other, "batch_renewal", "session_id", session.id());

        assertThat(store.sessions().reap(expiry)).isFalse();
        other.rollback();
      }
      assertThat(store.sessions().reap(expiry)).isTrue();
    }

    @Test
    @DisplayName("FAULT-D3b what a session owns is read once its claims are over")
    void aReadBackWaitsForAClaimThatIsCommitting() throws Exception {
      TestSession session = session();
      ExecutorService thread = Executors.newSingleThreadExecutor();
      long batch = submit(10);
      try (Handle claim = jdbc().jdbi().open()) {
        claim.begin();
        lock(claim, "batch_session", "id", session.id());
        claim.execute(
            "update batch_chunk set session_id = ? where batch_no = ?", session.id(), batch);
        Future<Claim> owned =
            thread.submit(() -> onceFree(() -> store.claiming().owned(session.id())));

        assertThatThrownBy(() -> owned.get(300, TimeUnit.MILLISECONDS))
            .isInstanceOf(TimeoutException.class);
        claim.commit();

        assertThat(owned.get(10, TimeUnit.SECONDS).chunks()).hasSize(1);
      } finally {
        thread.shutdownNow();
      }
    }

    @Test
    @DisplayName("F4 a claim passes over chunks that others are claiming, and knows of them")
    void aClaimPassesOverLockedChunks() {
      long batch = submit(10);
      try (Handle other = jdbc().jdbi().open()) {
        other.begin();
        lock(other, "batch_chunk", "batch_no", batch);
        var claim = session().claim(10);

        assertThat(claim.isEmpty()).isTrue();
        assertThat(claim.more()).isTrue();
        other.rollback();
      }
      assertThat(session().claim(10).chunks()).hasSize(1);
    }

    @ParameterizedTest
    @DisplayName("a claim locks what it takes alone, however much is due")
    @ValueSource(strings = {"batch_chunk", "batch_parked"})
    void aClaimLocksWhatItTakes(String table) {
      TestSession session = session();
      for (int i = 0; i < 100; i++) {
        long batch = submit(1);
        if (table.equals("batch_parked")) {
          ClaimedChunk chunk = session.claimChunk(1);
          session.settle(SettlementDraft.of().parked(batch, 0, LATER).removed(chunk));
        }
      }
      clock.advance(LATER);
      List<Integer> free = new ArrayList<>();
      jdbc()
          .probed()
          .rewrite(
              sql -> {
                if (sql.startsWith("update " + table + " set session_id")) {
                  free.add(free(table));
                }
                return sql;
              });
      session.claim(1);

      assertThat(free).containsExactly(99);
    }

    private int free(String table) {
      return jdbc()
          .jdbi()
          .inTransaction(
              handle ->
                  handle
                      .select("select 1 from " + table + " for update skip locked")
                      .mapTo(Integer.class)
                      .list()
                      .size());
    }

    @Test
    @DisplayName(
        "F3 a batch is looked at only while nobody else has it, and is not ended by a guess")
    void aCompletionPassesOverWhatOthersHold() {
      long batch = submit(1);
      TestSession session = session();
      session.finish(session.claimChunk(1));
      try (Handle other = jdbc().jdbi().open()) {
        other.begin();
        lock(other, "batch_job", "batch_no", batch);
        takeUpAgain(other, batch);

        assertThat(completeIfDone(batch)).isEmpty();
        other.commit();
      }
      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(job(batch).counts().retrying()).isEqualTo(1);
      session.finish(session.claim(2));
      assertThat(completeIfDone(batch)).isPresent();
    }

    @ParameterizedTest
    @DisplayName("outcomes are counted where the counters do not add up to the total")
    @ValueSource(strings = {"succeeded - 1", "succeeded + 5"})
    void aCompletionDoesNotTrustWrongCounters(String wrong) {
      long batch = submit(2);
      TestSession session = session();
      session.finish(session.claimChunk(2));
      jdbc()
          .jdbi()
          .useHandle(
              handle ->
                  handle.execute(
                      "update batch_progress set succeeded = " + wrong + " where batch_no = ?",
                      batch));

      assertThat(completeIfDone(batch).orElseThrow().counts().succeeded()).isEqualTo(2);
    }

    /** As a retry of failed items does: the outcome goes, and the item is parked. */
    private static void takeUpAgain(Handle handle, long batch) {
      handle.execute("delete from batch_outcome where item_id = ?", ItemIds.of(batch, 0));
      handle.execute("delete from batch_progress where batch_no = ?", batch);
      handle.execute(
          """
          insert into batch_parked
            (item_id, batch_no, kind, attempts, due_at, type, tenant, priority)
          select ?, batch_no, 'RETRY', 1, created_at, type, tenant, priority
          from batch_job where batch_no = ?
          """,
          ItemIds.of(batch, 0),
          batch);
    }

    private static void lock(Handle handle, String table, String column, long value) {
      String select = "select %s from %s where %s = ? for update".formatted(column, table, column);
      assertThat(handle.select(select, value).mapTo(Long.class).list()).isNotEmpty();
    }
  }
}
