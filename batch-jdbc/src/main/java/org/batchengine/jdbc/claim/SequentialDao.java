package org.batchengine.jdbc.claim;

import java.util.List;
import java.util.Optional;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.rules.ParkedKind;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Batches of which one item is worked on at a time, in the order of their indexes. */
interface SequentialDao {

  /**
   * Live sequential batches of which nothing is owned. Not exists would become a join of all
   * batches with all that is owned.
   */
  String IDLE =
      """
      from batch_job j
      where j.sequential and j.state in ('PENDING', 'RUNNING') and j.type = any(:types)
        and coalesce(
          (select c.batch_no from batch_chunk c
            where c.batch_no = j.batch_no and c.session_id is not null
            fetch first 1 rows only),
          (select p.batch_no from batch_parked p
            where p.batch_no = j.batch_no and p.session_id >= 0
            fetch first 1 rows only)) is null
      """;

  /** Whether the first parked item of the batch is due, and of a kind that follows. */
  String FIRST_PARKED_IS_DUE =
      """
      exists (select 1 from batch_parked p
        where p.item_id = (select q.item_id from batch_parked q
            where q.item_id >= j.batch_no * 2147483648 and q.item_id < (j.batch_no + 1) * 2147483648
            order by q.item_id fetch first 1 rows only)
          and p.due_at <= <now> and p.session_id is null and p.kind
      """;

  String IN_TURN =
      """
      order by j.priority desc, case when j.batch_no > :last then 0 else 1 end, j.batch_no
      fetch first :most rows only
      """;

  /**
   * Batches whose next item seems to be due, without a lock: those of the highest priority first,
   * of one priority in turn from the one after {@code last} on.
   */
  @SqlQuery(
      "select j.batch_no "
          + IDLE
          + """
          and (exists (select 1 from batch_chunk c
              where c.batch_no = j.batch_no and c.due_at <= <now>
                and not exists (select 1 from batch_parked p
                  where p.item_id >= j.batch_no * 2147483648
                    and p.item_id < j.batch_no * 2147483648 + c.from_index))
          """
          + "or "
          + FIRST_PARKED_IS_DUE
          + "<> 'SUSPECT'))\n"
          + IN_TURN)
  List<Long> due(@Bind("types") String[] types, @Bind("last") long last, @Bind("most") int most);

  /** As {@link #due}: batches whose next item is a suspect. */
  @SqlQuery("select j.batch_no " + IDLE + "and " + FIRST_PARKED_IS_DUE + "= 'SUSPECT')\n" + IN_TURN)
  List<Long> suspected(
      @Bind("types") String[] types, @Bind("last") long last, @Bind("most") int most);

  /** Locks the batch, if it is live and nobody else has it: who waits would be too late. */
  @SqlQuery(
      """
      select batch_no from batch_job
      where batch_no = :batch and state in ('PENDING', 'RUNNING')
      for update skip locked
      """)
  Optional<Long> lock(@Bind("batch") long batch);

  @SqlQuery(
      """
      select exists (select 1 from batch_chunk where batch_no = :batch and session_id is not null)
        or exists (select 1 from batch_parked where batch_no = :batch and session_id >= 0)
      """)
  boolean isAnyOwned(@Bind("batch") long batch);

  /** The first chunk of a batch. */
  record FirstChunk(String type, int from, int to, int lost, boolean isDue, int revision) {}

  @SqlQuery(
      """
      select c.type, c.from_index, c.to_index, c.lost, c.due_at <= <now> as is_due,
        (select j.revision from batch_job j where j.batch_no = c.batch_no) as revision
      from batch_chunk c
      where c.batch_no = :batch
      order by c.from_index
      fetch first 1 rows only
      """)
  Optional<FirstChunk> firstChunk(@Bind("batch") long batch);

  /**
   * The first item of a range that is neither settled nor parked. The range stands in each
   * anti-join again: without it the join would read the whole table.
   */
  @SqlQuery(
      """
      select i.item_id from batch_item i
      where i.item_id >= :first and i.item_id < :end
        and not exists (select 1 from batch_outcome o
          where o.item_id = i.item_id and o.item_id >= :first and o.item_id < :end)
        and not exists (select 1 from batch_parked p
          where p.item_id = i.item_id and p.item_id >= :first and p.item_id < :end)
      order by i.item_id
      fetch first 1 rows only
      """)
  Optional<Long> firstOpen(@Bind("first") long first, @Bind("end") long end);

  /** The first parked item of a batch. */
  record FirstParked(ClaimedItem item, ParkedKind kind, boolean isDue) {}

  @SqlQuery(
      """
      select p.item_id, p.type, p.attempts, p.budget_from, p.kind, <measures p>, p.due_at <= <now> as is_due,
        (select j.revision from batch_job j where j.batch_no = p.batch_no) as revision
      from batch_parked p
      where p.item_id >= :batch * 2147483648 and p.item_id < (:batch + 1) * 2147483648
      order by p.item_id
      fetch first 1 rows only
      """)
  Optional<FirstParked> firstParked(@Bind("batch") long batch);

  /** Locks a chunk, unless others have it: nobody may go before it. */
  @SqlQuery(
      """
      select from_index from batch_chunk
      where batch_no = :batch and from_index = :from
      for update skip locked
      """)
  Optional<Integer> lockChunk(@Bind("batch") long batch, @Bind("from") int from);

  /** Locks a parked item, unless others have it. */
  @SqlQuery("select item_id from batch_parked where item_id = :item for update skip locked")
  Optional<Long> lockParked(@Bind("item") long item);

  /** Gives a part of a locked batch's chunk to the session. */
  @SqlUpdate(
      """
      update batch_chunk
      set session_id = :session, held = false, from_index = :first, to_index = :end
      where batch_no = :batch and from_index = :from
      """)
  int own(
      @Bind("session") long session,
      @Bind("batch") long batch,
      @Bind("from") int from,
      @Bind("first") int first,
      @Bind("end") int end);

  @SqlUpdate("update batch_parked set session_id = :session, held = false where item_id = :item")
  int ownParked(@Bind("session") long session, @Bind("item") long item);
}
