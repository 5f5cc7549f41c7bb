package org.batchengine.jdbc;

import java.util.Optional;
import org.batchengine.model.BatchJob;
import org.jdbi.v3.core.Handle;

/**
 * Ends batches of which nothing is in motion.
 *
 * <ol>
 *   <li>The job row is locked, and its state read under the lock.
 *   <li>One fresh statement looks whether anything is in motion: in the statement that waits for
 *       the lock the look would be old, and in two looks an item can move between them.
 *   <li>The outcomes are counted into the job row, and the counters go.
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
    boolean isDone = transactions.autoCommit(handle -> handle.attach(JobDao.class).isDone(batch));
    return isDone ? transactions.inTransaction(handle -> end(handle, batch)) : Optional.empty();
  }

  private static Optional<BatchJob> end(Handle handle, long batch) {
    JobDao jobs = handle.attach(JobDao.class);
    Optional<JobDao.LockedJob> job = jobs.lock(batch).filter(Completer::canEnd);
    if (job.isEmpty() || !jobs.isDone(batch)) {
      return Optional.empty();
    }
    jobs.end(batch, job.get().endsAs());
    handle.attach(ProgressDao.class).delete(batch);
    Optional<BatchJob> ended = handle.attach(StatusDao.class).find(batch);
    ended.ifPresent(found -> requireAllSettled(batch, found));
    return ended;
  }

  private static void requireAllSettled(long batch, BatchJob ended) {
    if (ended.counts().unfinished() > 0) {
      throw new IllegalStateException(
          "nothing of batch %d (%s) is in motion, but it is not settled: %s"
              .formatted(batch, ended.id(), ended.counts()));
    }
  }

  private static boolean canEnd(JobDao.LockedJob job) {
    return switch (job.state()) {
      case PENDING, RUNNING, PAUSED, STOPPING -> true;
      case SUBMITTING, COMPLETED, FAILED, CANCELLED -> false;
    };
  }
}
