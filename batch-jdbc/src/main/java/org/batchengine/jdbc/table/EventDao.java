package org.batchengine.jdbc.table;

import org.batchengine.store.rules.EventKind;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** What happened to batches: each row is of the transaction that did it. */
public interface EventDao {

  /** Tells what happened to a batch. */
  @SqlUpdate(
      """
      insert into batch_event (batch_no, kind, actor, reason, happened_at)
      values (:batch, :kind, :actor, :reason, <now>)
      """)
  void insert(
      @Bind("batch") long batch,
      @Bind("kind") EventKind kind,
      @Bind("actor") @Nullable String actor,
      @Bind("reason") @Nullable String reason);

  /** Tells that the same happened to several batches. */
  @SqlUpdate(
      """
      insert into batch_event (batch_no, kind, actor, reason, happened_at)
      select batch_no, cast(:kind as varchar), cast(:actor as varchar), cast(:reason as varchar), <now>
      from batch_job where batch_no = any(:batches)
      """)
  void insertAll(
      @Bind("batches") Long[] batches,
      @Bind("kind") EventKind kind,
      @Bind("actor") @Nullable String actor,
      @Bind("reason") @Nullable String reason);

  /** Tells that a batch was submitted by its owner. */
  @SqlUpdate(
      """
      insert into batch_event (batch_no, kind, actor, happened_at)
      select batch_no, 'SUBMITTED', submitted_by, <now> from batch_job where batch_no = :batch
      """)
  void insertSubmitted(@Bind("batch") long batch);
}
