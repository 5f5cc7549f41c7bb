package org.batchengine.jdbc.report;

import java.util.Optional;
import org.batchengine.model.BatchId;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Reports that are kept. */
interface ReportDao {

  @SqlQuery(
      """
      select r.body from batch_job j join batch_report r on r.batch_no = j.batch_no
      where j.id = :id and r.run = :run
      """)
  Optional<String> body(@Bind("id") BatchId id, @Bind("run") int run);

  /**
   * Locks the batch if this is still its run, the run has ended, and nobody else has it locked. So
   * nobody takes it up again or removes it before the report is there.
   */
  @SqlQuery(
      """
      select batch_no from batch_job
      where batch_no = :batch and run = :run and id is not null
        and state in ('COMPLETED', 'FAILED', 'CANCELLED')
      for update skip locked
      """)
  Optional<Long> lockEnded(@Bind("batch") long batch, @Bind("run") int run);

  /** Under the lock, so that nobody else inserts it meanwhile. */
  @SqlUpdate(
      """
      insert into batch_report (batch_no, run, made_at, body)
      select batch_no, run, <now>, :body from batch_job j
      where batch_no = :batch and run = :run
        and not exists (select 1 from batch_report r where r.batch_no = j.batch_no and r.run = j.run)
      """)
  int insert(@Bind("batch") long batch, @Bind("run") int run, @Bind("body") String body);
}
