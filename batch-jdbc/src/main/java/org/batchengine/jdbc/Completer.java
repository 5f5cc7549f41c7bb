package org.batchengine.jdbc;

import static org.batchengine.model.BatchState.COMPLETED;
import static org.batchengine.model.BatchState.FAILED;

import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.JobDao.LockedJob;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.jdbi.v3.core.Handle;

/**
 * Ends batches of which nothing is in motion.
 *
 * <ol>
 *   <li>The job row is locked, and its state read under the lock.
 *   <li>One fresh statement looks whether anything is in motion: in the statement that waits for
 *       the lock the look would be old, and in two looks an item can move between them.
 *   <li>The counters are summed up in the job row, and go: each was written with the outcomes that
 *       it counts. Only if they do not add up to the total are the outcomes counted. A batch that
 *       was not stopped has FAILED if more items failed in this run than are tolerated: the last of
 *       them may have been settled after everybody's last look.
 * </ol>
 *
 * A look without the lock comes before all that: most calls find the batch still in motion.
 */
final class Completer {
  private final Transactions transactions;

  Completer(Database database) {
    transactions = database.transactions();
  }

  Optional<BatchJob> completeIfDone(long batch) {
    boolean isDone = transactions.autoCommit(handle -> Daos.on(handle, JobDao.class).isDone(batch));
    return isDone ? transactions.inTransaction(handle -> end(handle, batch)) : Optional.empty();
  }

  private static Optional<BatchJob> end(Handle handle, long batch) {
    JobDao jobs = Daos.on(handle, JobDao.class);
    Optional<LockedJob> locked = jobs.lock(batch).filter(Completer::canEnd);
    if (locked.isEmpty() || !jobs.isDone(batch)) {
      return Optional.empty();
    }
    LockedJob job = locked.get();
    ProgressDao progress = Daos.on(handle, ProgressDao.class);
    ProgressDao.Settled settled = progress.settled(batch);
    BatchState stoppingTo = job.stoppingTo();
    String error = stoppingTo == null ? job.tooManyFailures(settled.failures()) : null;
    BatchState state = stoppingTo != null ? stoppingTo : error == null ? COMPLETED : FAILED;
    jobs.end(batch, state, error);
    if (settled.items() != job.total()) {
      jobs.count(batch);
    }
    progress.delete(batch);
    Daos.on(handle, EventDao.class)
        .insert(batch, kind(state), null, error == null ? job.stopReason() : error);
    Optional<BatchJob> ended = Daos.on(handle, StatusDao.class).find(batch);
    ended.ifPresent(found -> requireAllSettled(batch, found));
    if (job.isRemovedAtEnd()) {
      Remover.hide(handle, List.of(batch), null);
    }
    return ended;
  }

  private static boolean canEnd(LockedJob job) {
    return job.isActive() || job.state() == BatchState.STOPPING;
  }

  private static EventDao.Kind kind(BatchState state) {
    return EventDao.Kind.valueOf(state.name());
  }

  private static void requireAllSettled(long batch, BatchJob ended) {
    if (ended.counts().unfinished() > 0) {
      throw new IllegalStateException(
          "nothing of batch %d (%s) is in motion, but it is not settled: %s"
              .formatted(batch, ended.id(), ended.counts()));
    }
  }
}
