package org.batchengine.jdbc;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.EventDao.Kind;
import org.batchengine.jdbc.JobDao.LockedJob;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.StateChange;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

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
    boolean forced = mode == CancelMode.FORCED;
    return steer(
        steering,
        (handle, job) -> {
          SteeringDao dao = Daos.on(handle, SteeringDao.class);
          if (job.isActive()) {
            dao.stop(job.batch(), BatchState.CANCELLED, forced, steering.reason(), null);
          } else if (job.state() == BatchState.STOPPING && forced && !job.isForced()) {
            dao.force(job.batch());
          } else {
            return unchanged(steering.batch(), job.state());
          }
          tell(handle, job, Kind.CANCELLING, steering);
          return changed(steering.batch(), job.state(), BatchState.STOPPING);
        });
  }

  Optional<StateChange> pause(Steering steering) {
    return steerAndHold(
        steering,
        (handle, job) -> {
          if (job.state() != BatchState.PENDING && job.state() != BatchState.RUNNING) {
            return unchanged(steering.batch(), job.state());
          }
          Daos.on(handle, SteeringDao.class).pause(job.batch(), steering.reason());
          tell(handle, job, Kind.PAUSED, steering);
          return changed(steering.batch(), job.state(), BatchState.PAUSED);
        });
  }

  Optional<StateChange> resume(Steering steering) {
    return steerAndHold(
        steering,
        (handle, job) -> {
          if (job.state() != BatchState.PAUSED) {
            return unchanged(steering.batch(), job.state());
          }
          SteeringDao dao = Daos.on(handle, SteeringDao.class);
          dao.resume(job.batch());
          tell(handle, job, Kind.RESUMED, steering);
          return changed(steering.batch(), job.state(), dao.state(job.batch()));
        });
  }

  boolean giveUp(long batch, String actor) {
    return transactions.inTransaction(
        handle -> {
          Optional<String> error =
              Daos.on(handle, JobDao.class)
                  .lock(batch)
                  .filter(LockedJob::isActive)
                  .map(job -> whyGivenUp(handle, job));
          error.ifPresent(
              why -> {
                Daos.on(handle, SteeringDao.class).stop(batch, BatchState.FAILED, false, why, why);
                Daos.on(handle, EventDao.class).insert(batch, Kind.GIVEN_UP, actor, why);
              });
          return error.isPresent();
        });
  }

  private static @Nullable String whyGivenUp(Handle handle, LockedJob job) {
    return job.isOverdue()
        ? "the deadline has passed"
        : job.tooManyFailures(Daos.on(handle, ProgressDao.class).failures(job.batch()));
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

  private static void tell(Handle handle, LockedJob job, Kind kind, Steering steering) {
    Daos.on(handle, EventDao.class).insert(job.batch(), kind, steering.actor(), steering.reason());
  }

  private static StateChange changed(BatchId id, BatchState before, BatchState after) {
    return new StateChange(id, true, before, after, 0);
  }

  static StateChange unchanged(BatchId id, BatchState state) {
    return new StateChange(id, false, state, state, 0);
  }
}
