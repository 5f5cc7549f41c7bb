package org.batchengine.jdbc.limit;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.batchengine.store.Attempts;
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
      <unless_taken>
      """)
  int insertIfMissing(@BindMethods LimitName name);

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

  /** Whether it was held, or its breaker was not closed. */
  @SqlUpdate(
      """
      update batch_limit set held_until = null, held_reason = null, revision = :revision,
        trips = 0, trial_left = 0, trial_at = null
      where scope = 'TYPE' and name = :type and (held_until > <now> or trips > 0)
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

  /** Places of the rate, or calls of a trial, are given out; or the breaker trips or closes. */
  @SqlUpdate(
      """
      update batch_limit set next_at = :next, held_until = :heldUntil, trial = :trial, trips = :trips,
        trial_left = :left, trial_at = :at
      where limit_no = :limit
      """)
  void move(
      @Bind("limit") long limit,
      @Bind("next") @Nullable Instant next,
      @Bind("heldUntil") @Nullable Instant heldUntil,
      @Bind("trial") int trial,
      @Bind("trips") int trips,
      @Bind("left") int left,
      @Bind("at") @Nullable Instant at);

  @SqlUpdate("update batch_limit set held_reason = :reason where limit_no = :limit")
  void holdBecause(@Bind("limit") long limit, @Bind("reason") String reason);

  @SqlQuery("select host from batch_session where id = :session")
  String nodeOf(@Bind("session") long session);

  /** What a batch that has not ended is limited to. */
  @SqlQuery(
      """
      select call_limit from batch_job
      where batch_no = :batch and state in ('SUBMITTING', 'PENDING', 'RUNNING', 'PAUSED', 'STOPPING')
      """)
  Optional<String> ofLiveBatch(@Bind("batch") long batch);

  @SqlQuery("select exists (select 1 from batch_job where batch_no = :batch and state = 'PAUSED')")
  boolean isPaused(@Bind("batch") long batch);

  /** Pauses a batch that is locked. */
  @SqlUpdate(
      """
      update batch_job set state = 'PAUSED', state_reason = :reason, updated_at = <now>
      where batch_no = :batch
      """)
  void pause(@Bind("batch") long batch, @Bind("reason") String reason);

  /** Whether the session has asked before. */
  @SqlUpdate(
      """
      update batch_permit set asked = :asked, slots = :slots, wanted = :wanted, since = :since,
        turn_at = :turnAt, asked_at = :askedAt, trial = :trial, attempts = :count, failed = :failed,
        fingerprint = :fingerprint
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
      @Bind("askedAt") Instant askedAt,
      @BindMethods Attempts attempts);

  @SqlUpdate(
      """
      insert into batch_permit
        (limit_no, session_id, asked, slots, wanted, since, turn_at, asked_at,
          trial, attempts, failed, fingerprint)
      values (:limit, :session, :asked, :slots, :wanted, :since, :turnAt, :askedAt,
        :trial, :count, :failed, :fingerprint)
      """)
  void insertPermit(
      @Bind("limit") long limit,
      @Bind("session") long session,
      @Bind("asked") long asked,
      @Bind("slots") int slots,
      @Bind("wanted") int wanted,
      @Bind("since") Instant since,
      @Bind("turnAt") @Nullable Instant turnAt,
      @Bind("askedAt") Instant askedAt,
      @BindMethods Attempts attempts);
}
