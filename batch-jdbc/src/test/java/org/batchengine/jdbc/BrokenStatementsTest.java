package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Locks that are left out of a statement are noticed by the store's contract. */
@Tag("H2")
@DisplayName("A store that leaves out a lock is noticed")
class BrokenStatementsTest {
  @TempDir Path folder;
  private JdbcUnderTest under;
  private JdbcStoreContract contract;

  @BeforeEach
  void open() {
    // Who waits where a mutant should have passed over waits no longer than this, a few times.
    under = JdbcUnderTest.on(H2Files.url(folder, "broken") + ";LOCK_TIMEOUT=1000");
    contract = new JdbcStoreContract(() -> under) {};
    contract.open();
  }

  @AfterEach
  void close() {
    under.close();
  }

  @Test
  void aClaimThatDoesNotSkipWhatIsLocked() {
    isNoticed(
        contract.new WhileOthersHoldRows()::aClaimPassesOverLockedChunks,
        sql -> sql.contains("from batch_chunk c") ? sql.replace("skip locked", "") : sql);
  }

  @Test
  void aClaimThatDoesNotLockItsSession() {
    isNoticed(
        contract.new WhileTheSessionIsBeingEnded()::aClaimWaitsAndIsFenced,
        sql -> sql.contains("count(*) from batch_session") ? unlocked(sql) : sql);
  }

  @Test
  void aReadBackThatDoesNotWaitForClaims() {
    isNoticed(
        contract.new WhileOthersHoldRows()::aReadBackWaitsForAClaimThatIsCommitting,
        sql -> sql.contains("select id from batch_session where id") ? unlocked(sql) : sql);
  }

  @Test
  @DisplayName("numbering without the lock")
  void aReaderThatNumbersBesideAnother() {
    LateEventsContract late = new LateEventsContract(() -> under) {};
    late.open();

    assertThatCode(late::areLookedForOnceTheLockIsTheirs).doesNotThrowAnyException();
    under
        .probed()
        .rewrite(sql -> sql.contains("from batch_reader where tenant") ? unlocked(sql) : sql);
    assertThatThrownBy(late::areLookedForOnceTheLockIsTheirs).isNotNull();
  }

  @Test
  @DisplayName("a submit that does not lock the limits of its tenant")
  void aSubmitBesideAnotherOfItsTenant() {
    SubmitLimitsContract limits = new SubmitLimitsContract(() -> under) {};
    limits.open();

    assertThatCode(limits::aRaceForABatch).doesNotThrowAnyException();
    under
        .probed()
        .rewrite(sql -> sql.contains("select settings from batch_limit") ? unlocked(sql) : sql);
    assertThatThrownBy(limits::aRaceForItems).isInstanceOf(AssertionError.class);
  }

  @Test
  void anAskThatDoesNotLockItsLimit() {
    LimitRacesContract races = new LimitRacesContract(() -> under) {};
    races.open();
    isNoticed(
        races, races::keepsTheLock, sql -> sql.contains("settings, next_at") ? unlocked(sql) : sql);
  }

  @Test
  @DisplayName("an ask that locks its limit and looks in one statement")
  void anAskThatSeesWhatWasBeforeTheLock() {
    LimitRacesContract races = new LimitRacesContract(() -> under) {};
    races.open();
    under
        .jdbi()
        .useHandle(handle -> handle.execute("create table before as select * from batch_permit"));
    isNoticed(
        races,
        races::looksOnceItHasTheLock,
        sql ->
            sql.startsWith("select session_id, asked")
                ? sql.replace("batch_permit", "before")
                : sql);
  }

  private void isNoticed(
      LimitRacesContract races, ThrowingCallable test, UnaryOperator<String> fault) {
    for (int i = 0; i < 2; i++) {
      assertThatCode(test).doesNotThrowAnyException();
      under.jdbi().useHandle(handle -> handle.execute("delete from batch_permit"));
    }
    races.fault = fault;
    assertThatThrownBy(test).isInstanceOf(AssertionError.class);
  }

  private static String unlocked(String sql) {
    return sql.replaceAll("for update.*", "");
  }

  private void isNoticed(ThrowingCallable test, UnaryOperator<String> fault) {
    assertThatCode(test).doesNotThrowAnyException();
    under.probed().rewrite(fault);
    assertThatThrownBy(test).isNotNull();
  }
}
