package org.batchengine.jdbc.session;

import java.util.List;
import org.batchengine.jdbc.table.OpenItems;
import org.batchengine.store.ClaimedChunk;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** What a session owns when it ends: it is given back, or lost. */
interface LossDao {

  /** How many chunks and items the session owns. */
  @SqlQuery(
      """
      select (select count(*) from batch_chunk where session_id = :session)
        + (select count(*) from batch_parked where session_id = :session)
      """)
  int owned(@Bind("session") long session);

  /** Locks those of its chunks that nobody else has locked. */
  @SqlQuery(
      """
      select batch_no, type, from_index, to_index, lost, 0 as revision from batch_chunk
      where session_id = :session
      for update skip locked
      """)
  List<ClaimedChunk> lockChunks(@Bind("session") long session);

  /** Locks those of its items that nobody else has locked. */
  @SqlQuery("select item_id from batch_parked where session_id = :session for update skip locked")
  List<Long> lockItems(@Bind("session") long session);

  @SqlBatch(
      """
      update batch_chunk set session_id = :owner where batch_no = :batch and from_index = :from
      """)
  void giveChunks(
      @Bind("owner") long owner, @Bind("batch") List<Long> batch, @Bind("from") List<Integer> from);

  @SqlBatch("update batch_parked set session_id = :owner where item_id = :item")
  void giveItems(@Bind("owner") long owner, @Bind("item") List<Long> items);

  /** Chunks that the session has lost once before fall apart: their open items become suspects. */
  @SqlUpdate(
      """
      insert into batch_parked
        (item_id, batch_no, kind, attempts, due_at, type, tenant, priority, sequential)
      select i.item_id, c.batch_no, 'SUSPECT', 0, <now>, c.type, c.tenant, c.priority, c.sequential
      from batch_chunk c
      join batch_item i on i.item_id >= c.batch_no * 2147483648 + c.from_index
        and i.item_id < c.batch_no * 2147483648 + c.to_index
      where c.session_id = :session and c.lost >= <last_loss>
        and not exists (select 1 from batch_outcome o where o.item_id = i.item_id)
        and not exists (select 1 from batch_parked p where p.item_id = i.item_id)
      """)
  void parkSuspects(@Bind("session") long session);

  @SqlUpdate("delete from batch_chunk where session_id = :session and lost >= <last_loss>")
  void deleteDissolved(@Bind("session") long session);

  /** Frees the chunks that the session gives back. */
  @SqlUpdate(
      "update batch_chunk c set session_id = null, open_items = "
          + OpenItems.OF_CHUNK
          + "where session_id = :session")
  void freeChunks(@Bind("session") long session);

  /** Frees the chunks that the session has lost. */
  @SqlUpdate(
      "update batch_chunk c set session_id = null, lost = lost + 1, open_items = "
          + OpenItems.OF_CHUNK
          + "where session_id = :session")
  void freeLostChunks(@Bind("session") long session);

  /** The batches of suspects that the session has lost once before. */
  @SqlQuery(
      """
      select distinct batch_no from batch_parked
      where session_id = :session and kind = 'SUSPECT' and lost >= <last_loss>
      """)
  List<Long> batchesOfKillers(@Bind("session") long session);

  /**
   * The last attempt of suspects that the session has lost once before: it took the process down.
   */
  @SqlUpdate(
      """
      insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
      select p.item_id, p.attempts + 1, :type, :message, :fingerprint, '', <now>
      from batch_parked p
      where p.session_id = :session and p.batch_no = :batch and p.kind = 'SUSPECT' and p.lost >= <last_loss>
        and not exists (select 1 from batch_error e
          where e.item_id = p.item_id and e.attempt = p.attempts + 1)
      """)
  void insertKillersErrors(
      @Bind("session") long session,
      @Bind("batch") long batch,
      @Bind("type") String type,
      @Bind("message") String message,
      @Bind("fingerprint") String fingerprint);

  @SqlUpdate(
      """
      insert into batch_outcome (item_id, state, attempts, settled_at, <measures>)
      select p.item_id, 'FAILED', p.attempts + 1, <now>, <measures p>
      from batch_parked p
      where p.session_id = :session and p.batch_no = :batch and p.kind = 'SUSPECT' and p.lost >= <last_loss>
        and not exists (select 1 from batch_outcome o where o.item_id = p.item_id)
      """)
  int failKillers(@Bind("session") long session, @Bind("batch") long batch);

  /** How many of their attempts were retries, the last included. */
  @SqlQuery(
      """
      select coalesce(sum(p.attempts), 0) from batch_parked p
      where p.session_id = :session and p.batch_no = :batch and p.kind = 'SUSPECT' and p.lost >= <last_loss>
        and not exists (select 1 from batch_outcome o where o.item_id = p.item_id)
      """)
  long retriesOfKillers(@Bind("session") long session, @Bind("batch") long batch);

  @SqlUpdate(
      """
      delete from batch_parked
      where session_id = :session and batch_no = :batch and kind = 'SUSPECT' and lost >= <last_loss>
      """)
  void deleteKillers(@Bind("session") long session, @Bind("batch") long batch);

  /** Frees the items that the session has lost. A retry that was lost twice becomes a suspect. */
  @SqlUpdate(
      """
      update batch_parked set session_id = null,
        kind = case when kind = 'RETRY' and lost >= <last_loss> then 'SUSPECT' else kind end,
        lost = case when kind = 'RETRY' and lost >= <last_loss> then 0 else lost + 1 end
      where session_id = :session
      """)
  void freeLostItems(@Bind("session") long session);

  /** Frees the items that the session gives back. */
  @SqlUpdate("update batch_parked set session_id = null where session_id = :session")
  void freeItems(@Bind("session") long session);
}
