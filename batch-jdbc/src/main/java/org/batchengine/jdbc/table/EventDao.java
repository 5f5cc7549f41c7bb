package org.batchengine.jdbc.table;

import org.batchengine.feed.EventKind;
import org.batchengine.store.Actor;
import org.batchengine.store.NameInTenant;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/**
 * What happened to batches: each row is of the transaction that did it. An event outlives its
 * batch, so it also has what says which batch that was: it is told before the batch is hidden.
 */
public interface EventDao {
  String INSERT =
      """
      insert into batch_event
        (batch_no, batch_id, tenant, type, run, kind, actor, node, reason, happened_at)
      select batch_no, id, tenant, type, run, cast(:kind as varchar), cast(:user as varchar),
        cast(:node as varchar), cast(:reason as varchar), <now>
      from batch_job where batch_no =\s""";

  /** Tells what happened to a batch. */
  @SqlUpdate(INSERT + ":batch")
  void insert(
      @Bind("batch") long batch,
      @Bind("kind") EventKind kind,
      @Bind("user") @Nullable String user,
      @Bind("node") @Nullable String node,
      @Bind("reason") @Nullable String reason);

  /** Tells that the same happened to several batches. */
  @SqlUpdate(INSERT + "any(:batches)")
  void insertAll(
      @Bind("batches") Long[] batches,
      @Bind("kind") EventKind kind,
      @Bind("user") @Nullable String user,
      @Bind("node") @Nullable String node,
      @Bind("reason") @Nullable String reason);

  /** Tells what somebody did to a batch. */
  @SqlUpdate(INSERT + ":batch")
  void insert(
      @Bind("batch") long batch,
      @Bind("kind") EventKind kind,
      @BindMethods Actor by,
      @Bind("reason") @Nullable String reason);

  /** Tells that somebody has changed a batch, and what. */
  @SqlUpdate(
      """
      insert into batch_event
        (batch_no, batch_id, tenant, type, run, kind, actor, node, reason, detail, happened_at)
      select batch_no, id, tenant, type, run, 'CHANGED', cast(:user as varchar),
        cast(:node as varchar), cast(:reason as varchar), cast(:detail as varchar), <now>
      from batch_job where batch_no = :batch
      """)
  void insertChange(
      @Bind("batch") long batch,
      @BindMethods Actor by,
      @Bind("reason") @Nullable String reason,
      @Bind("detail") String detail);

  /** Tells what somebody did to a schedule or a template: no batch, so its number and id are 0. */
  @SqlUpdate(
      """
      insert into batch_event
        (batch_no, batch_id, tenant, type, run, kind, actor, node, reason, happened_at)
      values (0, '00000000-0000-0000-0000-000000000000', :tenant, :name, 1, :kind, :user, :node,
        :reason, <now>)
      """)
  void insertOf(
      @BindMethods NameInTenant of,
      @Bind("kind") EventKind kind,
      @BindMethods Actor by,
      @Bind("reason") @Nullable String reason);
}
