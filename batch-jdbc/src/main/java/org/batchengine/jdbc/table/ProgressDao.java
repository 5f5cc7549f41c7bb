package org.batchengine.jdbc.table;

import java.util.List;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/**
 * Running counters of a batch, one row a session; a settlement writes its own. Two rows are of no
 * session, and are written under the lock of the batch: what was settled in earlier runs or
 * cancelled, and how many failures of this run were taken up again, as a negative number.
 */
public interface ProgressDao {
  /** In the place of a session: items that were settled in earlier runs, or cancelled. */
  long CARRIED = 0;

  /** In the place of a session: failures of this run that were taken up again. */
  long REOPENED = -1;

  /**
   * What a batch has settled, if it has counters.
   *
   * @param failures how many items have failed in the present run
   */
  record Settled(long batch, long items, long failures) {}

  /** Failed items to be counted, or, if negative, to be counted no more. */
  record Failed(long failed, long itemMicros, long retries) {

    /** {@return so many of them, and all that they took, as what is counted no more} */
    public Failed taken(long items) {
      return new Failed(-items, -itemMicros, -retries);
    }

    /** Whether there is nothing to count. */
    boolean isNone() {
      return failed == 0 && itemMicros == 0 && retries == 0;
    }
  }

  /** Counts them with the session, or with what is of none. */
  static void count(ProgressDao dao, long batch, long session, Failed failed) {
    if (!failed.isNone()
        && !dao.addFailed(batch, session, failed.failed, failed.itemMicros, failed.retries)) {
      dao.insertFailed(batch, session, failed.failed, failed.itemMicros, failed.retries);
    }
  }

  /** What each of the batches has settled. */
  @SqlQuery(
      """
      select batch_no, sum(succeeded + failed + skipped + cancelled) as items,
        coalesce(sum(case when session_id <> 0 then failed end), 0) as failures
      from batch_progress where batch_no = any(:batches)
      group by batch_no
      """)
  List<Settled> settled(@Bind("batches") Long... batches);

  /** Adds to the session's counters; false if it has none. */
  @SqlUpdate(
      """
      update batch_progress set failed = failed + :failed, item_micros = item_micros + :itemMicros,
        retries = retries + :retries, updated_at = <now>
      where batch_no = :batch and session_id = :session
      """)
  boolean addFailed(
      @Bind("batch") long batch,
      @Bind("session") long session,
      @Bind("failed") long failed,
      @Bind("itemMicros") long itemMicros,
      @Bind("retries") long retries);

  /** Begins the counters of the session with failures. */
  @SqlUpdate(
      """
      insert into batch_progress (batch_no, session_id, failed, item_micros, retries, updated_at)
      values (:batch, :session, :failed, :itemMicros, :retries, <now>)
      """)
  void insertFailed(
      @Bind("batch") long batch,
      @Bind("session") long session,
      @Bind("failed") long failed,
      @Bind("itemMicros") long itemMicros,
      @Bind("retries") long retries);

  /** How many items have failed in the present run. */
  @SqlQuery(
      """
      select coalesce(sum(failed), 0) from batch_progress
      where batch_no = :batch and session_id <> 0
      """)
  long failures(@Bind("batch") long batch);

  /** Adds to the counters of cancelled items; false if there are none yet. */
  @SqlUpdate(
      """
      update batch_progress set cancelled = cancelled + :cancelled, updated_at = <now>
      where batch_no = :batch and session_id = 0
      """)
  boolean addCancelled(@Bind("batch") long batch, @Bind("cancelled") int cancelled);

  /** Begins the counters of cancelled items. */
  @SqlUpdate(
      """
      insert into batch_progress (batch_no, session_id, cancelled, updated_at)
      values (:batch, 0, :cancelled, <now>)
      """)
  void insertCancelled(@Bind("batch") long batch, @Bind("cancelled") int cancelled);

  /** Begins the counters of a new run with what the last has left, but for what runs again. */
  @SqlUpdate(
      """
      insert into batch_progress
        (batch_no, session_id, succeeded, failed, skipped, cancelled, item_micros, retries, updated_at, <sums>)
      select batch_no, 0, succeeded, failed - :failed, skipped, cancelled, item_micros - :itemMicros,
        retries - :retries, <now>, <sums>
      from batch_job
      where batch_no = :batch
        and (succeeded + failed + skipped + cancelled > :failed or
          coalesce(measured_1, measured_2, measured_3, measured_4, measured_quality) is not null)
      """)
  void carry(
      @Bind("batch") long batch,
      @Bind("failed") long failed,
      @Bind("itemMicros") long itemMicros,
      @Bind("retries") long retries);

  /** A row that counts nothing would be motion. */
  @SqlUpdate(
      """
      delete from batch_progress
      where batch_no = :batch and session_id <= 0
        and succeeded = 0 and failed = 0 and skipped = 0 and cancelled = 0
        and item_micros = 0 and retries = 0
        and coalesce(measured_1, measured_2, measured_3, measured_4, measured_quality) is null
      """)
  void deleteEmpty(@Bind("batch") long batch);

  /** Removes all counters of the batches. */
  @SqlUpdate("delete from batch_progress where batch_no = any(:batches)")
  void delete(@Bind("batches") Long... batches);
}
