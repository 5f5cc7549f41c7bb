package org.batchengine.jdbc.steer;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.BudgetDao;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.FillDao;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.jdbc.table.NewChunks;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.jdbc.table.WaitDao;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.batchengine.store.Actor;
import org.batchengine.store.NewSettings;
import org.batchengine.store.SteerStore;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.BudgetUse;
import org.batchengine.store.rules.CancelStep;
import org.batchengine.store.rules.GiveUpReason;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Pauses, resumes, stops, reopens and hides batches: the job row is locked, its state is read under
 * the lock, and the change is written with the event that tells of it. What comes too late changes
 * nothing.
 */
public final class JdbcSteering implements SteerStore {
  private static final String STEERED =
      """
      select batch_no, state, stop_forced, revision from batch_job
      where batch_no = any(:batches) and (state not in ('PENDING', 'RUNNING') or revision > 0)
      """;

  private final Transactions transactions;
  private final Transactions brief;
  private final Holds holds;
  private final SettingsChanges changes;
  private final Reopener reopener;

  /** On an open database. */
  public JdbcSteering(Database database) {
    transactions = database.transactions();
    brief = database.brief();
    holds = new Holds(database);
    changes = new SettingsChanges(database);
    reopener = new Reopener(database);
  }

  @Override
  public Optional<StateChange> cancel(Steering steering, CancelMode mode) {
    return steer(
        steering,
        (handle, job) -> {
          switch (CancelStep.of(job.state(), job.isForced(), mode)) {
            case STOP -> {
              boolean forced = mode == CancelMode.FORCED;
              stop(handle, job, BatchState.CANCELLED, forced, steering.reason(), null);
            }
            case FORCE -> SqlObjects.on(handle, SteeringDao.class).force(job.batch());
            case NOTHING -> {
              return StateRules.unchanged(steering.batch(), job.state());
            }
          }
          tell(handle, job, EventKind.CANCELLING, steering);
          return StateRules.changed(steering.batch(), job.state(), BatchState.STOPPING);
        });
  }

  @Override
  public Optional<StateChange> pause(Steering steering) {
    return steerAndHold(
        steering,
        (handle, job) -> {
          if (!StateRules.mayRun(job.state())) {
            return StateRules.unchanged(steering.batch(), job.state());
          }
          pause(handle, job, steering.by(), steering.reason());
          return StateRules.changed(steering.batch(), job.state(), BatchState.PAUSED);
        });
  }

  @Override
  public boolean pauseAtOnce(long batch, String node, String reason) {
    return brief.inTransaction(
        handle -> {
          Optional<LockedJob> running =
              SqlObjects.on(handle, JobDao.class)
                  .lockAtOnce(batch)
                  .filter(job -> StateRules.mayRun(job.state()));
          running.ifPresent(job -> pause(handle, job, new Actor(null, node), reason));
          return running.isPresent();
        });
  }

  @Override
  public boolean pauseAtBudget(long batch, String node) {
    return transactions.autoCommit(
            handle -> SqlObjects.on(handle, BudgetDao.class).isToBePaused(batch))
        && brief.inTransaction(
            handle -> {
              Optional<LockedJob> beyond =
                  SqlObjects.on(handle, JobDao.class)
                      .lockAtOnce(batch)
                      .filter(job -> SqlObjects.on(handle, BudgetDao.class).isToBePaused(batch));
              beyond.ifPresent(job -> pause(handle, job, new Actor(null, node), BudgetUse.REASON));
              return beyond.isPresent();
            });
  }

  private static void pause(Handle handle, LockedJob job, Actor by, @Nullable String reason) {
    SqlObjects.on(handle, SteeringDao.class).pause(job.batch(), reason);
    SqlObjects.on(handle, EventDao.class).insert(job.batch(), EventKind.PAUSED, by, reason);
  }

  @Override
  public Optional<StateChange> resume(Steering steering) {
    return steerAndHold(
        steering,
        (handle, job) -> {
          if (job.state() != BatchState.PAUSED) {
            return StateRules.unchanged(steering.batch(), job.state());
          }
          SqlObjects.on(handle, BudgetDao.class)
              .use(job.batch())
              .ifPresent(use -> use.requireLeft(steering.batch(), job.state()));
          SteeringDao dao = SqlObjects.on(handle, SteeringDao.class);
          dao.resume(job.batch());
          tell(handle, job, EventKind.RESUMED, steering);
          return StateRules.changed(steering.batch(), job.state(), dao.state(job.batch()));
        });
  }

  @Override
  public Optional<StateChange> retryFailed(Steering steering, FailedItems which) {
    return reopener.retryFailed(steering, which);
  }

  @Override
  public Optional<StateChange> retryCorrected(
      Steering steering, Iterator<? extends SortedMap<Integer, String>> pages) {
    return reopener.retryCorrected(steering, pages);
  }

  @Override
  public Optional<StateChange> change(Steering steering, NewSettings settings) {
    return changes.change(steering, settings);
  }

  @Override
  public boolean giveUp(long batch, String node) {
    return brief.inTransaction(
        handle -> {
          Optional<LockedJob> live =
              SqlObjects.on(handle, JobDao.class)
                  .lockAtOnce(batch)
                  .filter(job -> StateRules.canStop(job.state()));
          Optional<String> error = live.flatMap(job -> whyGivenUp(handle, job));
          error.ifPresent(
              why -> {
                stop(handle, live.orElseThrow(), BatchState.FAILED, false, why, why);
                SqlObjects.on(handle, EventDao.class)
                    .insert(batch, EventKind.GIVEN_UP, null, node, why);
              });
          return error.isPresent();
        });
  }

  private static Optional<String> whyGivenUp(Handle handle, LockedJob job) {
    return GiveUpReason.of(
        job.isOverdue(),
        job.tolerance(),
        () -> SqlObjects.on(handle, ProgressDao.class).failures(job.batch()));
  }

  @Override
  public List<Steered> steered(Collection<Long> batches) {
    return Slices.find(batches, Long[]::new, this::steered);
  }

  private List<Steered> steered(Long[] numbers) {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(STEERED)
                .bind("batches", numbers)
                .map(
                    (row, context) ->
                        new Steered(
                            row.getLong("batch_no"),
                            JobRows.state(row),
                            row.getBoolean("stop_forced"),
                            row.getInt("revision")))
                .list());
  }

  @Override
  public boolean hide(BatchId id, @Nullable String tenant, Actor by) {
    return transactions.inTransaction(
        handle -> {
          Optional<LockedJob> job = SqlObjects.on(handle, JobDao.class).lock(id, tenant);
          job.ifPresent(found -> hideEnded(handle, id, found, by));
          return job.isPresent();
        });
  }

  private static void hideEnded(Handle handle, BatchId id, LockedJob job, Actor by) {
    StateRules.requireEnded(id, job.state());
    JobChanges.hide(handle, List.of(job.batch()), by);
  }

  @Override
  public int removeSubmittedBy(String owner, @Nullable String tenant, Actor by, int most) {
    return transactions.inTransaction(
        handle -> {
          List<LockedJob> jobs =
              SqlObjects.on(handle, SteeringDao.class).lockSubmittedBy(owner, tenant, most);
          JobChanges.hide(
              handle,
              jobs.stream().filter(JdbcSteering::isHiddenAtOnce).map(LockedJob::batch).toList(),
              by);
          jobs.stream().filter(job -> !isHiddenAtOnce(job)).forEach(job -> stop(handle, job, by));
          return jobs.size();
        });
  }

  /** Who submits it finds its batch gone. */
  private static boolean isHiddenAtOnce(LockedJob job) {
    return StateRules.isHiddenAtOnce(job.state());
  }

  private static void stop(Handle handle, LockedJob job, Actor by) {
    stop(handle, job, BatchState.CANCELLED, job.isForced(), job.stopReason(), null);
    SqlObjects.on(handle, SteeringDao.class).removeAtEnd(job.batch());
    SqlObjects.on(handle, EventDao.class).insert(job.batch(), EventKind.CANCELLING, by, null);
  }

  /** Stops a locked batch, which waits for nothing from here on, and gets no further items. */
  static void stop(
      Handle handle,
      LockedJob job,
      BatchState to,
      boolean forced,
      @Nullable String reason,
      @Nullable String error) {
    SqlObjects.on(handle, SteeringDao.class).stop(job.batch(), to, forced, reason, error);
    if (job.isWaiting()) {
      SqlObjects.on(handle, WaitDao.class).deleteOf(job.batch());
    }
    if (job.isMadeOfAnother() && SqlObjects.on(handle, FillDao.class).delete(job.batch())) {
      NewChunks.insertAll(handle, job.batch()); // what was copied is cancelled
    }
  }

  /** What is done to a batch under its lock. */
  private interface Change {
    StateChange of(Handle handle, LockedJob job);
  }

  private Optional<StateChange> steer(Steering steering, Change change) {
    return transactions.inTransaction(
        handle ->
            SqlObjects.on(handle, JobDao.class)
                .lock(steering.batch(), steering.tenant())
                .map(job -> change.of(handle, job)));
  }

  /** Corrects the hints on what the batch has waiting, after the change and in slices. */
  private Optional<StateChange> steerAndHold(Steering steering, Change change) {
    long[] batch = new long[1];
    Optional<StateChange> changed =
        steer(
            steering,
            (handle, job) -> {
              batch[0] = job.batch();
              return change.of(handle, job);
            });
    if (changed.isPresent() && changed.get().changed()) {
      holds.correct(batch[0]);
    }
    return changed;
  }

  private static void tell(Handle handle, LockedJob job, EventKind kind, Steering steering) {
    SqlObjects.on(handle, EventDao.class)
        .insert(job.batch(), kind, steering.by(), steering.reason());
  }
}
