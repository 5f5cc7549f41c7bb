package org.batchengine.jdbc.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchId;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.OwnedFire;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Schedules and their fires. */
interface ScheduleDao {
  String OF = "where tenant = :tenant and name = :name";
  String FIRE = "where schedule_no = :schedule and fire_at = :at and state = 'DUE'";

  /** Whether no session that still exists has the fire {@code f}, but perhaps this one. */
  String IS_FREE =
      """
      (f.session_id is null or f.session_id = :session
        or not exists (select 1 from batch_session o where o.id = f.session_id))
      """;

  @SqlQuery("select schedule_no from batch_schedule " + OF)
  Optional<Long> number(@BindMethods NameInTenant name);

  /** Locks the schedule. */
  @SqlQuery("select schedule_no from batch_schedule " + OF + " for update")
  Optional<Long> lock(@BindMethods NameInTenant name);

  /** Whether the schedule was not so before. */
  @SqlUpdate(
      "update batch_schedule set paused = :paused where schedule_no = :number and paused <> :paused")
  boolean pause(@Bind("number") long number, @Bind("paused") boolean paused);

  @SqlUpdate("delete from batch_schedule where schedule_no = :number")
  void delete(@Bind("number") long number);

  @SqlUpdate("delete from batch_fire where schedule_no = :number")
  void deleteFires(@Bind("number") long number);

  /** Moves when a schedule is due next, if it is there, and locks the schedule. */
  @SqlUpdate(
      """
      update batch_schedule set next_at = :next
      where schedule_no = :number and next_at = :seen and not paused
      """)
  boolean move(
      @Bind("number") long number,
      @Bind("seen") Instant seen,
      @Bind("next") @Nullable Instant next);

  /** Writes a fire, unless there is one of this instant. */
  @SqlUpdate(
      """
      insert into batch_fire (schedule_no, fire_at, state, reason)
      values (:number, :at, :state, :reason) <unless_taken>
      """)
  boolean insertFire(
      @Bind("number") long number,
      @Bind("at") Instant at,
      @Bind("state") String state,
      @Bind("reason") @Nullable String reason);

  @SqlUpdate(
      "update batch_fire f set session_id = :session "
          + FIRE
          + " and exists (select 1 from batch_session e where e.id = :session) and "
          + IS_FREE)
  boolean own(@BindMethods OwnedFire fire);

  @SqlUpdate(
      "update batch_fire set state = 'SKIPPED', session_id = null, retry_at = null, reason = :reason "
          + FIRE
          + " and session_id = :session")
  void skip(@BindMethods OwnedFire fire, @Bind("reason") String reason);

  @SqlQuery("select batch_no from batch_job where id = :id")
  Optional<Long> batch(@Bind("id") BatchId id);

  @SqlUpdate(
      """
      update batch_fire set attempts = attempts + 1, session_id = null, reason = :reason,
        state = case when cast(:after as numeric(20, 6)) is null then 'FAILED' else 'DUE' end,
        retry_at = <now> + cast(:after as numeric(20, 6)) * interval '1' second
      """
          + FIRE
          + " and session_id = :session")
  void failed(
      @BindMethods OwnedFire fire,
      @Bind("reason") String reason,
      @Bind("after") @Nullable Duration after);

  @SqlBatch("delete from batch_fire where schedule_no = :number and fire_at = :at")
  void deleteFires(@Bind("number") List<Long> numbers, @Bind("at") List<Instant> instants);
}
