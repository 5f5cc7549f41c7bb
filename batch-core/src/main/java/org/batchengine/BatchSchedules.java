package org.batchengine;

import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchPage;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;

/**
 * The schedules of a tenant, as {@link Batches#schedules} gives them. Names are those of the view's
 * tenant, and of the tenant {@code default} on the engine itself. Thread-safe; each method blocks
 * on the store. A name that is unknown throws {@link IllegalArgumentException} where nothing else
 * is said. A reason has 1 to 2,000 characters and is not blank; it is kept in the history.
 *
 * <p>All nodes on a database share its schedules; the database's clock decides. Each instant fires
 * once, whatever dies.
 */
public interface BatchSchedules {

  /**
   * Stores a schedule, or changes the one with its name; a pause stays. If its times change, it
   * begins at now; an interval without {@link Schedule#from} goes on from where it began. A change
   * of a schedule that code defines lasts until the code defines it in another way.
   *
   * @param schedule on the engine itself, its tenant may be any
   * @return the schedule as it is stored
   * @throws IllegalArgumentException if it names another tenant than that of the view
   */
  ScheduleStatus put(Schedule schedule);

  /** {@return the schedules by tenant and name; on the engine itself, those of all tenants} */
  List<ScheduleStatus> list();

  /** {@return the schedule with this name, if there is one} */
  Optional<ScheduleStatus> find(String name);

  /**
   * Pauses a schedule: it fires nothing more, on any node and after any restart, until it is
   * resumed. What has fired is still submitted.
   *
   * @return whether it was not paused
   */
  boolean pause(String name, String reason);

  /**
   * Resumes a schedule. What it would have fired meanwhile was {@linkplain Schedule#onMissed
   * missed}.
   *
   * @return whether it was paused
   */
  boolean resume(String name, String reason);

  /**
   * Removes a schedule with its fires. Batches that it has submitted stay. If code defines it, it
   * comes back when an engine is started.
   *
   * @return whether there was one
   */
  boolean remove(String name);

  /**
   * Fires a schedule for now, also if it is paused. Its batch is submitted soon, unless the batch
   * of the last fire {@linkplain Schedule#onOverlap runs}. It is written however many fires wait
   * already: the bounds are there for what nobody watches, and whoever asks for one more gets it.
   *
   * @return the fire, which is DUE
   */
  Fire fireNow(String name, String reason);

  /**
   * {@return a page of the schedule's fires, the latest first; empty if there is no such schedule}
   *
   * <p>They are kept as long as {@linkplain BatchEngine.Builder#eventRetention events}, and while
   * their batch runs.
   */
  BatchPage<Fire> fires(String name, FireQuery query);
}
