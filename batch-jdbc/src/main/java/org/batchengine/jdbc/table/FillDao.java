package org.batchengine.jdbc.table;

import org.batchengine.model.BatchId;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** What batches are made of while it is not all copied: a row for each such batch. */
public interface FillDao {

  /** Adds what the batch is made of: items of another one, from its first on. */
  @SqlUpdate(
      """
      insert into batch_fill (batch_no, from_no, from_id, of_inputs, states, below_quality, max_payload, next_item)
      values (:batch, :from, :id, :ofInputs, :states, :below, :maxPayload, :from * 2147483648)
      """)
  void insert(
      @Bind("batch") long batch,
      @Bind("from") long from,
      @Bind("id") BatchId id,
      @Bind("ofInputs") boolean ofInputs,
      @Bind("states") String states,
      @Bind("below") @Nullable Double below,
      @Bind("maxPayload") int maxPayload);

  /** Nothing more is copied; whether there was. */
  @SqlUpdate("delete from batch_fill where batch_no = :batch")
  boolean delete(@Bind("batch") long batch);
}
