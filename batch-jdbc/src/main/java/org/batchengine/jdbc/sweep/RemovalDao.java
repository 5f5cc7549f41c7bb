package org.batchengine.jdbc.sweep;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Finds batches that are to be removed, and removes their records. */
interface RemovalDao {

  /** Locks batches that ended so long ago, if nobody else looks at them. */
  @SqlQuery(
      """
      select batch_no from batch_job <by batch_job_ended>
      where ended_at < <now> - cast(:longerAgo as numeric(20, 6)) * interval '1' second
        and id is not null and state in ('COMPLETED', 'FAILED', 'CANCELLED')
        and not exists (select 1 from batch_fill f where f.from_no = batch_job.batch_no)
      <first ended_at>
      fetch first :most rows only
      for update skip locked
      """)
  List<Long> lockEnded(@Bind("longerAgo") Duration longerAgo, @Bind("most") int most);

  /** Locks the batch that ended first of those that have payloads, if nobody else looks at it. */
  @SqlQuery(
      JobDao.LOCKED
          + """
           <by batch_job_ended>
          where ended_at < <now> - cast(:longerAgo as numeric(20, 6)) * interval '1' second
            and id is not null and state in ('COMPLETED', 'FAILED', 'CANCELLED') and purged < total
            and tenant = coalesce(cast(:tenant as varchar), tenant)
            and not exists (select 1 from batch_fill f where f.from_no = batch_job.batch_no)
          <first ended_at>
          fetch first 1 rows only
          for update skip locked
          """)
  Optional<LockedJob> lockUnpurged(
      @Bind("longerAgo") Duration longerAgo, @Bind("tenant") @Nullable String tenant);

  @SqlUpdate(
      "update batch_item set input = null where item_id >= :first and item_id < :end and input is not null")
  void purgeInputs(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate(
      "update batch_outcome set output = null where item_id >= :first and item_id < :end and output is not null")
  void purgeOutputs(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("update batch_job set purged = :purged where batch_no = :batch")
  void markPurged(@Bind("batch") long batch, @Bind("purged") int purged);

  /** What others are still to be made of stays. */
  String IS_REMOVED =
      "id is null and not exists (select 1 from batch_fill f where f.from_no = batch_job.batch_no)";

  /** Locks the hidden batch that was submitted first, if nobody else is removing it. */
  @SqlQuery(
      JobDao.LOCKED
          + " where "
          + IS_REMOVED
          + """
           <first batch_no> fetch first 1 rows only
          for update skip locked
          """)
  Optional<LockedJob> lockHidden();

  @SqlQuery("select exists (select 1 from batch_job where " + IS_REMOVED + ")")
  boolean isAnyHidden();

  @SqlUpdate("update batch_job set total = :total where batch_no = :batch")
  void shrink(@Bind("batch") long batch, @Bind("total") long total);

  @SqlUpdate("delete from batch_outcome where item_id >= :first and item_id < :end")
  void deleteOutcomes(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("delete from batch_input where item_id >= :first and item_id < :end")
  void deleteInputs(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("delete from batch_error where item_id >= :first and item_id < :end")
  void deleteErrors(@Bind("first") long first, @Bind("end") long end);

  /** The keys of those items that have one. */
  @SqlQuery(
      """
      select item_key from batch_item
      where item_id >= :first and item_id < :end and item_key is not null
      """)
  List<String> keys(@Bind("first") long first, @Bind("end") long end);

  /** Key by key: of several H2 would compare each with all keys of the batch. */
  @SqlBatch("delete from batch_item_key where batch_no = :batch and item_key = :key")
  void deleteKeys(@Bind("batch") long batch, @Bind("key") List<String> keys);

  @SqlUpdate("delete from batch_item where item_id >= :first and item_id < :end")
  void deleteItems(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("delete from batch_report where batch_no = :batch")
  void deleteReports(@Bind("batch") long batch);
}
