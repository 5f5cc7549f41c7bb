package org.batchengine.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchPage;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;
import org.jspecify.annotations.Nullable;

/**
 * Keeps schedules and their fires. Every rule of {@link BatchStore} holds, and these:
 *
 * <ol>
 *   <li>When a schedule is due next is moved in the transaction that writes the fires until then,
 *       if it is where its caller believes. So each instant fires once, and none is left out.
 *   <li>A fire is SUBMITTED in the transaction that completes the submit of its batch, if it is
 *       still the session's: see {@link SubmitStore#forFire}.
 * </ol>
 */
public interface ScheduleStore {

  /** The store's time. */
  Instant now();

  /**
   * Stores a schedule, new or changed. One that is paused stays so. When it is due next changes
   * only if its times do.
   *
   * @param schedule with its tenant
   * @param definedAs what code says of it. If that is what it said last, nothing changes, whatever
   *     was put since; null: no code
   * @param nextAt when it is due first; null: never
   * @return whether it was stored
   */
  boolean put(Schedule schedule, @Nullable String definedAs, @Nullable Instant nextAt, Actor by);

  /** The schedule, if there is one. */
  Optional<ScheduleStatus> find(NameInTenant name);

  /** All schedules by tenant and name; of one tenant, if it is not null. */
  List<ScheduleStatus> list(@Nullable String tenant);

  /**
   * Pauses or resumes a schedule.
   *
   * @return whether that changed anything; empty if there is no such schedule
   */
  Optional<Boolean> pause(NameInTenant name, boolean paused, Actor by, String reason);

  /** Removes a schedule with its fires. Whether there was one. */
  boolean remove(NameInTenant name, Actor by);

  /** Writes a fire for now, DUE, also if the schedule is paused; empty if there is no such one. */
  Optional<Fire> fireNow(NameInTenant name, Actor by, String reason);

  /** A page of fires, the latest first; none if there is no such schedule. */
  BatchPage<Fire> fires(NameInTenant name, FireQuery query);

  /**
   * Whether schedules are due and not paused, and whether fires are DUE that do not wait for their
   * next attempt: a quick look, at each poll of each engine.
   */
  ScheduleLook look();

  /**
   * Up to {@code most} schedules that are due and not paused, those first that were due first. One
   * that this node cannot read, as it does not know its zone, is passed over, here and in lists.
   */
  List<DueSchedule> due(int most);

  /**
   * Writes fires of a schedule, and when it is due next, if nobody has done so since it was read.
   * Instants that were fired before are passed over.
   *
   * @param nextAt null: never again
   * @return whether it was written
   */
  boolean fire(DueSchedule schedule, List<NewFire> fires, @Nullable Instant nextAt);

  /**
   * Up to {@code most} fires that are DUE, and that no other session has which still exists; the
   * earliest first. If a schedule does not allow overlaps, only its first one counts; if it queues,
   * only once the last batch has ended.
   *
   * @param coded the schedules whose code the caller has; null: those with a template
   */
  List<DueFire> dueFires(@Nullable Collection<NameInTenant> coded, long session, int most);

  /** Takes a fire for a session; false if it is no longer to be had, or the session is gone. */
  boolean own(OwnedFire fire);

  /** Leaves out a fire that the session has taken. */
  void skip(OwnedFire fire, String reason);

  /** The session's fire has this batch, as was found out after its submit. */
  void submitted(OwnedFire fire, BatchId batch);

  /**
   * The batch of the session's fire could not be submitted.
   *
   * @param retryAfter when to try again; null: it is FAILED
   */
  void failed(OwnedFire fire, String reason, @Nullable Duration retryAfter);

  /**
   * Schedules that wait for a node, in order, and the instant that waits: the first fire that could
   * have been taken for this long, unless a live session has taken an earlier one and may come to
   * it next; or when a schedule was due that nobody has fired for this long.
   */
  Map<NameInTenant, Instant> unserved(Duration since);

  /** Removes up to {@code most} fires that are older and not DUE. Whether to continue. */
  boolean removeFires(Duration olderThan, int most);

  /** The same for the engine's own threads, which wait for no lock for long. */
  default ScheduleStore brief() {
    return this;
  }
}
