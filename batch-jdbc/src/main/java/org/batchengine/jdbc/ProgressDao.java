package org.batchengine.jdbc;

import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Running counters of a batch, one row a session; a settlement writes its own. */
interface ProgressDao {

  /** Adds to the session's counters; false if it has none. */
  @SqlUpdate(
      """
      update batch_progress set failed = failed + :failed, updated_at = <now>
      where batch_no = :batch and session_id = :session
      """)
  boolean addFailed(
      @Bind("batch") long batch, @Bind("session") long session, @Bind("failed") int failed);

  @SqlUpdate(
      """
      insert into batch_progress (batch_no, session_id, failed, updated_at)
      values (:batch, :session, :failed, <now>)
      """)
  void insertFailed(
      @Bind("batch") long batch, @Bind("session") long session, @Bind("failed") int failed);

  @SqlUpdate("delete from batch_progress where batch_no = :batch")
  void delete(@Bind("batch") long batch);
}
