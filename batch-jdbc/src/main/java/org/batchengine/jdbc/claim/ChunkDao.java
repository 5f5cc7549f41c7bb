package org.batchengine.jdbc.claim;

import java.util.List;
import java.util.OptionalLong;
import org.batchengine.store.ClaimedChunk;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Chunks that are due, and those that a session owns. */
interface ChunkDao {

  String IS_DUE =
      """
      c.session_id is null and not c.held and not c.sequential
        and c.type = :type and c.due_at <= <now>
      """;

  String FIRST_TENANT = "order by <ready> c.priority desc, c.tenant fetch first 1 rows only\n";

  /** The tenant after one, and after the last the first. Each is an index look-up. */
  String NEXT_TENANT =
      "coalesce((select c.tenant from batch_chunk c where "
          + IS_DUE
          + "and c.priority = t.priority and <after c.tenant, t.tenant> "
          + FIRST_TENANT
          + "), (select c.tenant from batch_chunk c where "
          + IS_DUE
          + "and c.priority = t.priority "
          + FIRST_TENANT
          + "))";

  /**
   * The tenants with due chunks of the highest priority that is less than {@code below}, in turn:
   * from the one after {@code last} on, each once, but for the first, which may end the list too.
   */
  @SqlQuery(
      "with recursive turn (priority, first_tenant, tenant, place) as (select t.priority, "
          + NEXT_TENANT
          + ", "
          + NEXT_TENANT
          + """
          , 1
          from (select c.priority, cast(:last as varchar) as tenant from batch_chunk c where
          """
          + IS_DUE
          + "and c.priority <= :below - 1 order by <ready> c.priority desc fetch first 1 rows only) t\n"
          + "union all select t.priority, t.first_tenant, "
          + NEXT_TENANT
          + """
          , t.place + 1
          from turn t where t.place < :most and (t.place = 1 or t.tenant <> t.first_tenant))
          select priority, tenant from turn order by place
          """)
  List<Turn> turns(
      @Bind("type") String type,
      @Bind("below") int below,
      @Bind("last") String last,
      @Bind("most") int most);

  /** Whose chunks of which priority may be claimed next. */
  record Turn(int priority, String tenant) {}

  /** How many items the due chunks of live batches have, if these are fewer than {@code plenty}. */
  @SqlQuery(
      """
      select case when count(*) < :plenty then coalesce(sum(c.to_index - c.from_index), 0) end from (
        select c.to_index, c.from_index from batch_chunk c <by batch_chunk_due> where
      """
          + IS_DUE
          + """
            and (select j.state from batch_job j where j.batch_no = c.batch_no) in ('PENDING', 'RUNNING')
          <first c.priority desc, c.tenant, c.due_at>
          fetch first :plenty rows only) c
          """)
  OptionalLong dueItems(@Bind("type") String type, @Bind("plenty") int plenty);

  /**
   * Locks a tenant's due chunks of live batches that nobody else is looking at, oldest first; none
   * of those batches that are {@code full}. With an exists in the place of the state H2 would read
   * all live batches for each chunk.
   */
  @SqlQuery(
      """
      select c.batch_no, c.type, c.from_index, c.to_index, c.lost, c.item_bytes,
        (select j.revision from batch_job j where j.batch_no = c.batch_no) as revision
      from batch_chunk c <by batch_chunk_due>
      where
      """
          + IS_DUE
          + """
            and c.priority = :priority and c.tenant = :tenant and c.batch_no <> all(:full)
            and (select j.state from batch_job j where j.batch_no = c.batch_no) in ('PENDING', 'RUNNING')
          <first c.due_at, c.batch_no, c.from_index>
          fetch first :most rows only
          for update skip locked
          """)
  List<DueChunk> lockDue(
      @Bind("type") String type,
      @Bind("priority") int priority,
      @Bind("tenant") String tenant,
      @Bind("full") Long[] full,
      @Bind("most") int most);

  /** A tenant's due chunks of live batches, oldest first, without a lock. */
  @SqlQuery(
      """
      select c.batch_no, c.from_index, c.to_index from batch_chunk c <by batch_chunk_due>
      where
      """
          + IS_DUE
          + """
            and c.priority = :priority and c.tenant = :tenant and c.batch_no <> all(:full)
            and (select j.state from batch_job j where j.batch_no = c.batch_no) in ('PENDING', 'RUNNING')
          <first c.due_at, c.batch_no, c.from_index>
          fetch first :most rows only
          """)
  List<DueKey> due(
      @Bind("type") String type,
      @Bind("priority") int priority,
      @Bind("tenant") String tenant,
      @Bind("full") Long[] full,
      @Bind("most") int most);

  /** The key of a chunk that may be claimed. */
  record DueKey(long batch, int from, int to) {}

  /**
   * Locks those that nobody else has or is looking at.
   *
   * @param chunks the ids of their first items
   */
  @SqlQuery(
      """
      select c.batch_no, c.type, c.from_index, c.to_index, c.lost, c.item_bytes,
        (select j.revision from batch_job j where j.batch_no = c.batch_no) as revision
      from batch_chunk c
      where c.batch_no = any(:batches) and c.batch_no * 2147483648 + c.from_index = any(:chunks)
        and c.session_id is null and not c.held
        and (select j.state from batch_job j where j.batch_no = c.batch_no) in ('PENDING', 'RUNNING')
      for update skip locked
      """)
  List<DueChunk> lock(@Bind("batches") Long[] batches, @Bind("chunks") Long[] chunks);

  /** Gives locked chunks to the session, each up to its new end. */
  @SqlBatch(
      """
      update batch_chunk set session_id = :session, to_index = :to
      where batch_no = :batch and from_index = :from
      """)
  int[] own(
      @Bind("session") long session,
      @Bind("batch") List<Long> batch,
      @Bind("from") List<Integer> from,
      @Bind("to") List<Integer> to);

  /** Adds what was cut off owned chunks, unowned, at the end of the queue of its priority. */
  @SqlBatch(
      """
      insert into batch_chunk
        (batch_no, from_index, to_index, open_items, item_bytes, type, tenant, priority, sequential, held, due_at)
      select c.batch_no, cast(:cut as int), cast(:to as int),
        cast(:to as int) - cast(:cut as int)
          - (select count(*) from batch_outcome o
             where o.item_id >= c.batch_no * 2147483648 + :cut
               and o.item_id < c.batch_no * 2147483648 + :to)
          - (select count(*) from batch_parked p
             where p.item_id >= c.batch_no * 2147483648 + :cut
               and p.item_id < c.batch_no * 2147483648 + :to),
        c.item_bytes, c.type, c.tenant, c.priority, c.sequential, c.held, <now>
      from batch_chunk c
      where c.batch_no = :batch and c.from_index = :from
      """)
  void insertRest(
      @Bind("batch") List<Long> batch,
      @Bind("from") List<Integer> from,
      @Bind("cut") List<Integer> cut,
      @Bind("to") List<Integer> to);

  /** Whether chunks or parked retries of the types are due and unowned, but for full batches. */
  @SqlQuery(
      """
      select exists (
          select 1 from batch_chunk c
          where c.session_id is null and not c.held and not c.sequential
            and c.type = any(:types) and c.due_at <= <now> and c.batch_no <> all(:full)
            and (select j.state from batch_job j where j.batch_no = c.batch_no) in ('PENDING', 'RUNNING'))
        or exists (
          select 1 from batch_parked p
          where p.session_id is null and not p.held and not p.sequential and p.kind = 'RETRY'
            and p.type = any(:types) and p.due_at <= <now> and p.batch_no <> all(:full)
            and (select j.state from batch_job j where j.batch_no = p.batch_no) in ('PENDING', 'RUNNING'))
      """)
  boolean moreDue(@Bind("types") String[] types, @Bind("full") Long[] full);

  @SqlQuery(
      """
      select c.batch_no, c.type, c.from_index, c.to_index, c.lost,
        (select j.revision from batch_job j where j.batch_no = c.batch_no) as revision
      from batch_chunk c where c.session_id = :session order by c.batch_no, c.from_index
      """)
  List<ClaimedChunk> ownedBy(@Bind("session") long session);

  @SqlQuery("select exists (select 1 from batch_chunk where session_id = :session)")
  boolean ownsAny(@Bind("session") long session);
}
