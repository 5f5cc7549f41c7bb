package org.batchengine.jdbc.limit;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.batchengine.store.LimitName;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Limits. Row 0 has the last revision: who inserts or changes one locks it first. */
interface LimitDao {
  String OF = "where scope = :scope and name = :name";

  @SqlQuery("select revision from batch_limit where limit_no = 0")
  long revision();

  /** Keeps others from inserting and changing any until the transaction is over. */
  @SqlUpdate("update batch_limit set revision = revision + 1 where limit_no = 0")
  void raiseRevision();

  @SqlUpdate(
      """
      insert into batch_limit (scope, name) select :scope, :name
      where not exists (select 1 from batch_limit where scope = :scope and name = :name)
      """)
  void insertIfMissing(@BindMethods LimitName name);

  /** What code said last; empty if nothing. */
  @SqlQuery("select coalesce(declared, '') from batch_limit where scope = 'TYPE' and name = :type")
  Optional<String> declared(@Bind("type") String type);

  /** What is set stays. */
  @SqlUpdate(
      """
      update batch_limit set declared = :limit, revision = :revision,
        settings = case when is_set then settings else :limit end
      where scope = 'TYPE' and name = :type
      """)
  void declare(
      @Bind("type") String type, @Bind("limit") String limit, @Bind("revision") long revision);

  @SqlUpdate("update batch_limit set settings = :limit, is_set = true, revision = :revision " + OF)
  void set(
      @BindMethods LimitName name, @Bind("limit") String limit, @Bind("revision") long revision);

  /** What was declared counts again; of a tenant, what each one has. */
  @SqlUpdate(
      """
      update batch_limit set is_set = false, revision = :revision,
        settings = coalesce(declared,
          (select e.settings from batch_limit e where e.scope = 'TENANT' and e.name = '*' and :scope = 'TENANT'), '')
      where scope = :scope and name = :name
      """)
  void reset(@BindMethods LimitName name, @Bind("revision") long revision);

  /** Tenants for which nothing else is set have what each one has. */
  @SqlUpdate(
      """
      update batch_limit set settings = :limit, revision = :revision
      where scope = 'TENANT' and not is_set and name <> '*'
      """)
  void setOthers(@Bind("limit") String limit, @Bind("revision") long revision);

  @SqlUpdate(
      """
      update batch_limit set revision = :revision, held_reason = :reason,
        held_until = greatest(coalesce(held_until, <now>),
          <now> + cast(:time as numeric(20, 6)) * interval '1' second)
      where scope = 'TYPE' and name = :type
      """)
  void hold(
      @Bind("type") String type,
      @Bind("time") Duration time,
      @Bind("reason") @Nullable String reason,
      @Bind("revision") long revision);

  /** Whether it was held. */
  @SqlUpdate(
      """
      update batch_limit set held_until = null, held_reason = null, revision = :revision
      where scope = 'TYPE' and name = :type and held_until > <now>
      """)
  boolean release(@Bind("type") String type, @Bind("revision") long revision);

  @SqlQuery("select exists (select 1 from batch_limit where scope = 'TENANT' and name = '*')")
  boolean hasEachTenant();

  /** A tenant without a limit has what each one has. */
  @SqlUpdate(
      """
      insert into batch_limit (scope, name, settings, revision)
      select 'TENANT', :name, e.settings, :revision from batch_limit e
      where e.scope = 'TENANT' and e.name = '*'
        and not exists (select 1 from batch_limit l where l.scope = 'TENANT' and l.name = :name)
      """)
  void copyEachTenant(@BindMethods LimitName name, @Bind("revision") long revision);

  /** What a batch that has not ended is limited to. */
  @SqlQuery(
      """
      select call_limit from batch_job
      where batch_no = :batch and state in ('SUBMITTING', 'PENDING', 'RUNNING', 'PAUSED', 'STOPPING')
      """)
  Optional<String> ofLiveBatch(@Bind("batch") long batch);

  /** It has no revision: that of the batch grows when its limit is changed. */
  @SqlUpdate(
      """
      insert into batch_limit (scope, name) select :scope, :name
      where not exists (select 1 from batch_limit where scope = :scope and name = :name)
      <unless_taken>
      """)
  int insertOfBatch(@BindMethods LimitName name);

  /** All places of the rate before this one are given out. */
  @SqlUpdate("update batch_limit set next_at = :next where limit_no = :limit")
  void giveUntil(@Bind("limit") long limit, @Bind("next") Instant next);

  /** Whether the session has asked before. */
  @SqlUpdate(
      """
      update batch_permit set asked = :asked, slots = :slots, wanted = :wanted, since = :since,
        turn_at = :turnAt, asked_at = :askedAt
      where limit_no = :limit and session_id = :session
      """)
  boolean updatePermit(
      @Bind("limit") long limit,
      @Bind("session") long session,
      @Bind("asked") long asked,
      @Bind("slots") int slots,
      @Bind("wanted") int wanted,
      @Bind("since") Instant since,
      @Bind("turnAt") @Nullable Instant turnAt,
      @Bind("askedAt") Instant askedAt);

  @SqlUpdate(
      """
      insert into batch_permit
        (limit_no, session_id, asked, slots, wanted, since, turn_at, asked_at)
      values (:limit, :session, :asked, :slots, :wanted, :since, :turnAt, :askedAt)
      """)
  void insertPermit(
      @Bind("limit") long limit,
      @Bind("session") long session,
      @Bind("asked") long asked,
      @Bind("slots") int slots,
      @Bind("wanted") int wanted,
      @Bind("since") Instant since,
      @Bind("turnAt") @Nullable Instant turnAt,
      @Bind("askedAt") Instant askedAt);
}
