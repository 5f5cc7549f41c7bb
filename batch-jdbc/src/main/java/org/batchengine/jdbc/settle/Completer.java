package org.batchengine.jdbc.settle;

import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.jdbc.table.ProgressDao.Settled;
import org.batchengine.jdbc.table.StatusDao;
import org.batchengine.model.BatchJob;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.rules.EndOfBatch;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;

/**
 * Ends batches of which nothing is in motion, several in one transaction: small batches are bound
 * by the flushes of their ends. Those whose rehearsal is over are paused instead.
 *
 * <ol>
 *   <li>The job rows are locked in order, and their states read under the locks. Those that others
 *       have locked, or whose key they have locked though it is to go with them, are left as they
 *       are. One whose failed items are being taken up goes on: its next slice may bring more.
 *   <li>One fresh statement looks whether anything is in motion: in the statement that waits for
 *       the locks the look would be old, and in two looks an item can move between them.
 *   <li>The counters are summed up in the job rows, and go: each was written with the outcomes that
 *       it counts. Only if they do not add up to the total are the outcomes counted.
 * </ol>
 *
 * A look without the locks comes before all that: most calls find their batches still in motion.
 */
final class Completer {
  private final Transactions transactions;

  Completer(Database database) {
    transactions = database.brief();
  }

  List<BatchJob> completeIfDone(Collection<Long> batches, LongConsumer locked) {
    return Slices.find(batches, Long[]::new, some -> completeIfDone(some, locked));
  }

  private List<BatchJob> completeIfDone(Long[] numbers, LongConsumer locked) {
    List<Long> done =
        transactions.autoCommit(handle -> SqlObjects.on(handle, CompletionDao.class).done(numbers));
    return done.isEmpty()
        ? List.of()
        : transactions.inTransaction(handle -> end(handle, done, locked));
  }

  private static List<BatchJob> end(Handle handle, List<Long> seenDone, LongConsumer passedOver) {
    CompletionDao completions = SqlObjects.on(handle, CompletionDao.class);
    Map<Long, LockedJob> locked = lock(handle, seenDone, passedOver);
    List<Long> over =
        locked.isEmpty() ? List.of() : completions.done(Slices.one(locked.keySet(), Long[]::new));
    List<Long> rehearsed = new ArrayList<>();
    List<Long> done = new ArrayList<>();
    for (Long batch : over) {
      (isRehearsal(Objects.requireNonNull(locked.get(batch))) ? rehearsed : done).add(batch);
    }
    List<BatchJob> all = new ArrayList<>(pause(handle, rehearsed));
    all.addAll(end(handle, Slices.one(done, Long[]::new), locked));
    return all;
  }

  /** Paused, it ends as any other. */
  private static boolean isRehearsal(LockedJob job) {
    return job.isRehearsing() && StateRules.mayRun(job.state());
  }

  private static List<BatchJob> pause(Handle handle, List<Long> rehearsed) {
    if (rehearsed.isEmpty()) {
      return List.of();
    }
    Long[] numbers = Slices.one(rehearsed, Long[]::new);
    SqlObjects.on(handle, CompletionDao.class).pause(numbers, Rehearsal.REHEARSED);
    SqlObjects.on(handle, EventDao.class)
        .insertAll(numbers, EventKind.PAUSED, null, null, Rehearsal.REHEARSED);
    return SqlObjects.on(handle, StatusDao.class).find(numbers);
  }

  private static List<BatchJob> end(Handle handle, Long[] done, Map<Long, LockedJob> locked) {
    if (done.length == 0) {
      return List.of();
    }
    CompletionDao completions = SqlObjects.on(handle, CompletionDao.class);
    ProgressDao progress = SqlObjects.on(handle, ProgressDao.class);
    Map<Long, Settled> settled =
        progress.settled(done).stream().collect(toMap(Settled::batch, sums -> sums));
    Map<EndOfBatch, List<Long>> ends = new LinkedHashMap<>();
    List<Long> miscounted = new ArrayList<>();
    List<Long> removed = new ArrayList<>();
    for (Long batch : done) {
      LockedJob job = Objects.requireNonNull(locked.get(batch));
      Settled sums = settled.getOrDefault(batch, new Settled(batch, 0, 0));
      EndOfBatch end =
          EndOfBatch.of(job.stoppingTo(), job.stopReason(), job.tolerance().error(sums.failures()));
      ends.computeIfAbsent(end, same -> new ArrayList<>()).add(batch);
      if (sums.items() != job.total()) {
        miscounted.add(batch);
      }
      if (job.isRemovedAtEnd()) {
        removed.add(batch);
      }
    }
    ends.forEach((how, same) -> end(handle, how, same));
    miscounted.forEach(completions::count);
    progress.delete(done);
    List<BatchJob> ended = SqlObjects.on(handle, StatusDao.class).find(done);
    ended.forEach(Completer::requireAllSettled);
    JobChanges.hide(handle, removed, null);
    return ended;
  }

  /** Those of the batches that can end, and that nobody else has locked. */
  private static Map<Long, LockedJob> lock(
      Handle handle, List<Long> batches, LongConsumer passedOver) {
    List<LockedJob> all =
        SqlObjects.on(handle, JobDao.class).lockFree(Slices.one(batches, Long[]::new));
    List<Long> toHide =
        all.stream().filter(LockedJob::isRemovedAtEnd).map(LockedJob::batch).toList();
    Set<Long> kept = new HashSet<>(toHide);
    JobChanges.withFreeKeys(handle, toHide).forEach(kept::remove);
    Set<Long> missing = new LinkedHashSet<>(batches);
    Map<Long, LockedJob> locked = new LinkedHashMap<>();
    for (LockedJob job : all) {
      if (!kept.contains(job.batch())) {
        missing.remove(job.batch());
        if (StateRules.canEnd(job.state()) && !job.isReopening()) {
          locked.put(job.batch(), job);
        }
      }
    }
    missing.forEach(passedOver::accept);
    return locked;
  }

  private static void end(Handle handle, EndOfBatch end, List<Long> batches) {
    Long[] numbers = Slices.one(batches, Long[]::new);
    SqlObjects.on(handle, CompletionDao.class).end(numbers, end.state(), end.error(), end.reason());
    SqlObjects.on(handle, EventDao.class)
        .insertAll(numbers, EventKind.ofEnd(end.state()), null, null, end.reason());
  }

  private static void requireAllSettled(BatchJob ended) {
    if (ended.counts().unfinished() > 0) {
      throw new IllegalStateException(
          "nothing of batch %s is in motion, but it is not settled: %s"
              .formatted(ended.id(), ended.counts()));
    }
  }
}
