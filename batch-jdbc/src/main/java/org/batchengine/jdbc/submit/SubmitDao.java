package org.batchengine.jdbc.submit;

import java.util.Optional;
import org.batchengine.model.BatchId;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.GetGeneratedKeys;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Batches as they are submitted: their keys, pages and first chunks. */
interface SubmitDao {

  /** Takes the key for the batch; false if another batch has it. */
  @SqlUpdate(
      """
      insert into batch_key (tenant, idempotency_key, batch_no)
      values (:tenant, :key, :batch) <unless_taken>
      """)
  boolean takeKey(
      @Bind("tenant") String tenant, @Bind("key") String key, @Bind("batch") long batch);

  @SqlQuery(
      "select exists (select 1 from batch_key where tenant = :tenant and idempotency_key = :key)")
  boolean isKeyTaken(@Bind("tenant") String tenant, @Bind("key") String key);

  @SqlQuery("select exists (select 1 from batch_job where id = :id)")
  boolean isIdTaken(@Bind("id") BatchId id);

  /** Whether the batch had no items, and waits for none. */
  @SqlQuery("select state = 'COMPLETED' from batch_job where batch_no = :batch")
  boolean isCompleted(@Bind("batch") long batch);

  /**
   * Makes room for a page, and locks the batch; its new total, or nothing if it is not the
   * session's, or if the items of its tenant are limited.
   */
  @SqlUpdate(
      """
      update batch_job set total = total + :items, input_bytes = input_bytes + :bytes,
        largest_input = case when largest_input < :largest then :largest else largest_input end
      where batch_no = :batch and session_id = :session and state = 'SUBMITTING' and id is not null
        and (:isAdmitted or not exists (select 1 from batch_limit l where l.scope = 'TENANT'
          and l.name in (batch_job.tenant, '*') and l.settings like '%items %'))
      """)
  @GetGeneratedKeys("total")
  Optional<Long> grow(
      @Bind("batch") long batch,
      @Bind("session") long session,
      @Bind("items") int items,
      @Bind("bytes") long bytes,
      @Bind("largest") int largest,
      @Bind("isAdmitted") boolean isAdmitted);
}
