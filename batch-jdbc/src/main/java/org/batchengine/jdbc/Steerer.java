package org.batchengine.jdbc;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.JobDao.LockedJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.StateChange;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.CancelStep;
import org.batchengine.store.rules.EventKind;
import org.batchengine.store.rules.GiveUpReason;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;

/**
 * Pauses, resumes and stops batches: the job row is locked, its state is read under the lock, and
 * the change is written with the event that tells of it. What comes too late changes nothing.
 */
final class Steerer {
  private final Transactions transactions;
  private final Holds holds;

  Steerer(Database database) {
    transactions = database.transactions();
    holds = new Holds(database);
  }

  Optional<StateChange> cancel(Steering steering, CancelMode mode) {
    return steer(
        steering,
        (handle, job) -> {
          SteeringDao dao = Daos.on(handle, SteeringDao.class);
          switch (CancelStep.of(job.state(), job.isForced(), mode)) {
            case STOP -> {
              boolean forced = mode == CancelMode.FORCED;
              dao.stop(job.batch(), BatchState.CANCELLED, forced, steering.reason(), null);
            }
            case FORCE -> dao.force(job.batch());
            case NOTHING -> {
              return StateRules.unchanged(steering.batch(), job.state());
            }
          }
          tell(handle, job, EventKind.CANCELLING, steering);
          return StateRules.changed(steering.batch(), job.state(), BatchState.STOPPING);
        });
  }

  Optional<StateChange> pause(Steering steering) {
    return steerAndHold(
        steering,
        (handle, job) -> {
          if (!StateRules.mayRun(job.state())) {
            return StateRules.unchanged(steering.batch(), job.state());
          }
          Daos.on(handle, SteeringDao.class).pause(job.batch(), steering.reason());
          tell(handle, job, EventKind.PAUSED, steering);
          return StateRules.changed(steering.batch(), job.state(), BatchState.PAUSED);
        });
  }

  Optional<StateChange> resume(Steering steering) {
    return steerAndHold(
        steering,
        (handle, job) -> {
          if (job.state() != BatchState.PAUSED) {
            return StateRules.unchanged(steering.batch(), job.state());
          }
          SteeringDao dao = Daos.on(handle, SteeringDao.class);
          dao.resume(job.batch());
          tell(handle, job, EventKind.RESUMED, steering);
          return StateRules.changed(steering.batch(), job.state(), dao.state(job.batch()));
        });
  }

  boolean giveUp(long batch, String actor) {
    return transactions.inTransaction(
        handle -> {
          Optional<String> error =
              Daos.on(handle, JobDao.class)
                  .lock(batch)
                  .filter(job -> StateRules.canStop(job.state()))
                  .flatMap(job -> whyGivenUp(handle, job));
          error.ifPresent(
              why -> {
                Daos.on(handle, SteeringDao.class).stop(batch, BatchState.FAILED, false, why, why);
                Daos.on(handle, EventDao.class).insert(batch, EventKind.GIVEN_UP, actor, why);
              });
          return error.isPresent();
        });
  }

  private static Optional<String> whyGivenUp(Handle handle, LockedJob job) {
    return GiveUpReason.of(
        job.isOverdue(),
        job.tolerance(),
        () -> Daos.on(handle, ProgressDao.class).failures(job.batch()));
  }

  List<Steered> steered(Collection<Long> batches) {
    Long[] numbers = batches.toArray(Long[]::new);
    return transactions.autoCommit(handle -> Daos.on(handle, SteeringDao.class).steered(numbers));
  }

  List<Long> stopping(int limit) {
    return transactions.autoCommit(handle -> Daos.on(handle, SteeringDao.class).stopping(limit));
  }

  List<Long> overdue(int limit) {
    return transactions.autoCommit(handle -> Daos.on(handle, SteeringDao.class).overdue(limit));
  }

  long failures(long batch) {
    return transactions.autoCommit(handle -> Daos.on(handle, ProgressDao.class).failures(batch));
  }

  /** What is done to a batch under its lock. */
  private interface Change {
    StateChange of(Handle handle, LockedJob job);
  }

  private Optional<StateChange> steer(Steering steering, Change change) {
    return transactions.inTransaction(
        handle ->
            Daos.on(handle, JobDao.class)
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
    Daos.on(handle, EventDao.class).insert(job.batch(), kind, steering.actor(), steering.reason());
  }
}
