package org.batchengine.jdbc.table;

import java.util.List;
import org.batchengine.model.BatchId;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** What batches wait for: a row for each batch that has not yet ended as it should. */
public interface WaitDao {

  /** Adds what the batch waits for. */
  @SqlBatch(
      """
      insert into batch_wait (batch_no, after_no, after_id, at_end, patient)
      values (:batch, :other, :id, :atEnd, :patient)
      """)
  void insert(
      @Bind("batch") long batch,
      @Bind("other") List<Long> others,
      @Bind("id") List<BatchId> ids,
      @Bind("atEnd") List<Boolean> atEnd,
      @Bind("patient") boolean patient);

  /** The batch waits for nothing any more. */
  @SqlUpdate("delete from batch_wait where batch_no = :batch")
  void deleteOf(@Bind("batch") long batch);
}
