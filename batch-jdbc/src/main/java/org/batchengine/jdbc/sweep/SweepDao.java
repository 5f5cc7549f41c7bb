package org.batchengine.jdbc.sweep;

import java.util.List;
import org.batchengine.jdbc.table.OpenItems;
import org.batchengine.store.ClaimedChunk;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Finds what no engine has in hand, and frees what belongs to no session. */
interface SweepDao {

  /** Live batches with nothing in motion, or whose rehearsal is over, without a lock. */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where j.state in ('PENDING', 'RUNNING', 'PAUSED', 'STOPPING') and not j.waiting
        and (j.reopening_until is null or j.reopening_until <= <now>)
        and not exists (select 1 from batch_fill f where f.batch_no = j.batch_no)
        and not exists (select 1 from batch_chunk c where c.batch_no = j.batch_no)
        and not exists (select 1 from batch_parked p
          where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648)
      union
      select j.batch_no from batch_job j
      where j.rehearse is not null and j.state in ('PENDING', 'RUNNING') and not j.waiting
        and (j.reopening_until is null or j.reopening_until <= <now>)
        and not exists (select 1 from batch_chunk c
          where c.batch_no = j.batch_no and c.session_id is not null)
        and not exists (select 1 from batch_parked p
          where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
            and (p.attempts = 0 or p.session_id is not null))
      order by batch_no
      fetch first :limit rows only
      """)
  List<Long> done(@Bind("limit") int limit);

  /** Live batches whose deadline has passed, without a lock. */
  @SqlQuery(
      """
      select batch_no from batch_job
      where deadline_at <= <now> and state in ('PENDING', 'RUNNING', 'PAUSED')
      order by deadline_at
      fetch first :limit rows only
      """)
  List<Long> overdue(@Bind("limit") int limit);

  /**
   * STOPPING batches with unowned work, without a lock. An exists in an or would make PostgreSQL
   * read the whole table of chunks.
   */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where j.state = 'STOPPING'
        and coalesce(
          (select c.batch_no from batch_chunk c
            where c.batch_no = j.batch_no and c.session_id is null
            fetch first 1 rows only),
          (select p.batch_no from batch_parked p
            where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
              and p.session_id is null
            fetch first 1 rows only)) is not null
      order by j.batch_no
      fetch first :limit rows only
      """)
  List<Long> stopping(@Bind("limit") int limit);

  /** How many items are parked, counted up to a bound. */
  @SqlQuery(
      """
      select count(*) from (
        select 1 from batch_parked fetch first :most rows only) p
      """)
  int parked(@Bind("most") int most);

  /** Live batches whose first claim was not followed by its mark. */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where (j.state = 'PENDING' or j.state = 'PAUSED' and j.started_at is null)
        and coalesce(
          (select c.batch_no from batch_chunk c
            where c.batch_no = j.batch_no and c.session_id is not null
            fetch first 1 rows only),
          (select p.batch_no from batch_parked p
            where p.batch_no = j.batch_no and p.session_id >= 0
            fetch first 1 rows only)) is not null
      """)
  List<Long> unmarked();

  /** Sessions that are gone with a batch half submitted. */
  @SqlQuery(
      """
      select distinct j.session_id from batch_job j
      where j.state = 'SUBMITTING' and j.id is not null and j.session_id is not null
        and not exists (select 1 from batch_session s where s.id = j.session_id)
      """)
  List<Long> lostSubmitters();

  /** Locks chunks of sessions that do not exist, if nobody else has. */
  @SqlQuery(
      """
      select c.batch_no, c.type, c.from_index, c.to_index, c.lost, 0 as revision from batch_chunk c
      where c.session_id is not null
        and not exists (select 1 from batch_session s where s.id = c.session_id)
      for update skip locked
      """)
  List<ClaimedChunk> lockOrphanChunks();

  /** Locks items of sessions that do not exist, if nobody else has. */
  @SqlQuery(
      """
      select p.item_id from batch_parked p
      where p.session_id is not null
        and not exists (select 1 from batch_session s where s.id = p.session_id)
      for update skip locked
      """)
  List<Long> lockOrphanItems();

  @SqlBatch(
      "update batch_chunk c set session_id = null, open_items = "
          + OpenItems.OF_CHUNK
          + "where batch_no = :batch and from_index = :from")
  void freeChunks(@Bind("batch") List<Long> batch, @Bind("from") List<Integer> from);

  @SqlBatch("update batch_parked set session_id = null where item_id = :item")
  void freeItems(@Bind("item") List<Long> items);

  /** What was given out of the limits of batches that have ended. */
  @SqlUpdate(
      """
      delete from batch_limit l
      where l.scope = 'BATCH' and not exists (
        select 1 from batch_job j
        where j.batch_no = case when l.scope = 'BATCH' then cast(l.name as bigint) end and j.state in ('SUBMITTING', 'PENDING', 'RUNNING', 'PAUSED', 'STOPPING'))
      """)
  void deleteLimitsOfEndedBatches();

  /**
   * What sessions that do not exist may begin of limits, and what anyone may of those that are
   * gone.
   */
  @SqlUpdate(
      """
      delete from batch_permit p
      where not exists (select 1 from batch_session s where s.id = p.session_id)
        or not exists (select 1 from batch_limit l where l.limit_no = p.limit_no)
      """)
  void deleteOrphanPermits();
}
