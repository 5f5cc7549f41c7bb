package org.batchengine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.LiveBatch.Hold;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.model.StoreException;
import org.batchengine.store.FencedException;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement.Outcome;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call of host code in a transaction that the outcomes of its items are written in.
 *
 * <ol>
 *   <li>The outcomes of items that are kept are written in the transaction itself, before its
 *       commit. The commit is made once host code can no longer be interrupted. Only the leases are
 *       left to the settler. Any other verdict is settled like that of a usual call.
 *   <li>If the answer to the commit is lost, its result is found out before anything else is done
 *       with the items.
 *   <li>If a transaction of many items cannot be committed, they are called again with fewer in
 *       each. An item whose own transaction cannot be committed has failed that attempt.
 *   <li>What the database has undone for a passing reason, such as a lost connection or a deadlock,
 *       costs no attempt: an item that is alone is called again, with growing pauses, ten times at
 *       most.
 *   <li>Host code that was interrupted is undone, even if it returned normally.
 * </ol>
 *
 * @param <C> the calls of host code in it
 */
abstract class TransactionCall<T, C extends Call> implements Call {
  private static final Logger log = LoggerFactory.getLogger(TransactionCall.class);

  /** From the second time on; doubled each time. */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

  private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(200);

  final Verdicts rules;
  final List<WorkItem> work;
  final LongSupplier nanos;
  private final LongFunction<ItemTransaction<T>> begin;

  /** Verdicts whose outcomes are to be committed with what host code wrote. */
  final List<ItemVerdict> kept = new ArrayList<>();

  /** Verdicts that are settled otherwise. */
  final List<ItemVerdict> others = new ArrayList<>();

  final List<WorkItem> again = new ArrayList<>();

  /** How many items host code has been called with, or need no call. */
  int begun;

  /** Why the transaction keeps nothing. */
  @Nullable RuntimeException lost;

  private volatile @Nullable ItemTransaction<T> transaction;
  private volatile @Nullable C current;
  private volatile long itemAt;
  private volatile boolean interrupted;
  private volatile boolean judging;

  /**
   * The calls of some items of one batch.
   *
   * @param begin begins a transaction for a session
   */
  TransactionCall(
      LongFunction<ItemTransaction<T>> begin,
      Verdicts rules,
      List<WorkItem> work,
      LongSupplier nanos) {
    this.begin = begin;
    this.rules = rules;
    this.work = work;
    this.nanos = nanos;
    itemAt = nanos.getAsLong();
  }

  /** Calls host code with the items, in the transaction. */
  abstract void process(ItemTransaction<T> opened);

  /** The verdicts of the running call, which is over: what it wrote is undone. */
  abstract List<ItemVerdict> failed(C call, Throwable why, long took);

  /** The same of one that took too long. */
  abstract List<ItemVerdict> timedOut(C call, String message, boolean givenUp, long took);

  /** The same of one whose batch was cancelled. */
  abstract List<ItemVerdict> cancelled(C call, boolean givenUp, long took);

  /** What becomes of items that were to be kept, and cannot. */
  abstract List<ItemVerdict> notKept(RuntimeException why);

  @Override
  public final void run() {
    pause();
    RuntimeException refused = work.get(0).refusedCommit();
    if (refused != null) {
      judge(work.get(0), refused);
      return;
    }
    try {
      ItemTransaction<T> opened = begin.apply(session().id());
      transaction = opened;
      process(opened);
    } catch (RuntimeException e) {
      lost = e;
      if (begun == 0) {
        log.debug("cannot begin a transaction; its items are given back", e);
        work.forEach(item -> others.add(ItemVerdict.returned(item)));
        begun = work.size();
      }
    }
  }

  /** Its last call could not be committed; the host decides whether another is worth it. */
  private void judge(WorkItem item, RuntimeException refused) {
    judging = true;
    others.add(rules.attemptFailed(item, rules.judge(item, refused), item.refusedNanos()));
    begun = work.size();
    judging = false;
  }

  /** What undid the last call of the item may need some time to pass. */
  private void pause() {
    int times = work.get(0).timesUndone();
    if (times > 1) {
      long pause = Math.min(PAUSE << (times - 2), LONGEST_PAUSE);
      itemAt = nanos.getAsLong() + pause;
      LockSupport.parkNanos(this, pause);
      itemAt = nanos.getAsLong();
    }
  }

  /** Makes a call of host code; answers what it threw. It is the running one until {@link #end}. */
  final @Nullable Throwable call(C call) {
    itemAt = nanos.getAsLong();
    current = call;
    Throwable thrown = null;
    try {
      call.run();
    } catch (Throwable e) {
      if (Failures.isFatal(e)) {
        throw (VirtualMachineError) e;
      }
      thrown = e;
    }
    // Whoever set the flag did not mean it for the items that follow.
    Thread.interrupted();
    return thrown;
  }

  /** How long the running call has taken. */
  final long took() {
    return nanos.getAsLong() - itemAt;
  }

  /** The running call is over, and its verdicts are known. */
  final void end() {
    current = null;
  }

  final boolean isInterrupted() {
    return interrupted;
  }

  final boolean isCalling() {
    return current != null;
  }

  final boolean isUndoneByTheDatabase() {
    return isUndoneByTheDatabase(lost);
  }

  private static boolean isUndoneByTheDatabase(@Nullable RuntimeException why) {
    return why instanceof StoreException failed && failed.isTransient();
  }

  final void undo(ItemTransaction<T> opened) {
    try {
      opened.undo();
    } catch (RuntimeException e) {
      lost = e;
    }
  }

  @Override
  public final List<ItemVerdict> verdicts(@Nullable Throwable thrown, long took) {
    C call = current;
    if (call == null) {
      return finish(List.of());
    }
    Throwable why = thrown == null ? lost : thrown;
    if (why != null) {
      return finish(failed(call, why, took));
    }
    if (hold().isStopped()) {
      return finish(cancelled(call, false, took));
    }
    again.addAll(call.work());
    return finish(List.of());
  }

  @Override
  public final List<ItemVerdict> timedOut(String message, boolean givenUp, long took) {
    C call = current;
    if (judging) {
      return List.of(rules.attemptFailed(work.get(0), Verdicts.TIMEOUT, message, took));
    }
    List<ItemVerdict> some = call == null ? List.of() : timedOut(call, message, givenUp, took);
    return givenUp ? givenUp(some) : finish(some);
  }

  @Override
  public final List<ItemVerdict> cancelled(boolean givenUp, long took) {
    C call = current;
    List<ItemVerdict> some = call == null ? List.of() : cancelled(call, givenUp, took);
    return givenUp ? givenUp(some) : finish(some);
  }

  /** The transaction is left to its thread, which will not commit it. */
  private List<ItemVerdict> givenUp(List<ItemVerdict> ofCurrent) {
    List<ItemVerdict> all = new ArrayList<>(others);
    all.addAll(ofCurrent);
    kept.forEach(verdict -> all.add(ItemVerdict.returned(verdict.item())));
    notBegun().forEach(item -> all.add(ItemVerdict.returned(item)));
    return all;
  }

  private List<WorkItem> notBegun() {
    return work.subList(begun, work.size());
  }

  private List<ItemVerdict> finish(List<ItemVerdict> ofCurrent) {
    List<ItemVerdict> all = new ArrayList<>(others);
    all.addAll(ofCurrent);
    ItemTransaction<T> opened = transaction;
    if (opened != null) {
      if (current != null) {
        undo(opened);
      }
      if (!kept.isEmpty()) {
        all.addAll(committed(opened));
      }
    }
    again.addAll(notBegun());
    return all;
  }

  /**
   * Commits what was kept, and returns the verdicts that result. None if others must run the items.
   */
  private List<ItemVerdict> committed(ItemTransaction<T> opened) {
    try {
      return lost == null && isCommitted(opened)
          ? kept.stream().map(ItemVerdict::written).toList()
          : notKept(Objects.requireNonNull(lost));
    } catch (FencedException e) {
      log.warn("{}: a transaction of {} items is undone", e.getMessage(), kept.size());
      session().fenced();
    } catch (IllegalStateException e) {
      log.error("outcomes met rows that must not exist; session {} is given up", session().id(), e);
      session().giveUp();
    }
    return List.of();
  }

  private boolean isCommitted(ItemTransaction<T> opened) {
    List<Outcome> outcomes = kept.stream().map(ItemVerdict::outcome).toList();
    try {
      opened.commit(outcomes, work.get(0).batch().rate().itemsPerSecond());
      return true;
    } catch (RefusedSettlementException e) {
      if (e.isDuplicate()) {
        throw new IllegalStateException("an item already has an outcome", e);
      }
      lost = e;
      return false;
    } catch (StoreException e) {
      lost = e;
      return isCommittedAllTheSame(opened);
    }
  }

  private boolean isCommittedAllTheSame(ItemTransaction<T> opened) {
    while (true) {
      try {
        return opened.isCommitted();
      } catch (StoreException e) {
        log.debug("cannot tell yet whether a transaction was committed", e);
      }
      if (session().isGone()) {
        throw new FencedException(session().id());
      }
      LockSupport.parkNanos(this, LOOK_AGAIN);
    }
  }

  /** What becomes of the only item of the transaction, which cannot be kept. */
  final List<ItemVerdict> onlyOneNotKept(RuntimeException why) {
    ItemVerdict only = kept.get(0);
    if (isUndoneByTheDatabase(why) && only.item().undone()) {
      again.add(only.item());
      return List.of();
    }
    if (why instanceof RefusedSettlementException) {
      return List.of(rules.refused(only, String.valueOf(why.getMessage())));
    }
    long took = Objects.requireNonNull(only.outcome()).durationMicros() * 1_000;
    only.item().commitRefused(why, took);
    again.add(only.item());
    return List.of();
  }

  @Override
  public final List<WorkItem> work() {
    return work;
  }

  @Override
  public final List<WorkItem> again() {
    return again;
  }

  @Override
  public final List<WorkItem> ran() {
    Set<WorkItem> not = new HashSet<>(again);
    return work.stream().filter(item -> !not.contains(item)).toList();
  }

  @Override
  public final long since(long calledAt) {
    return itemAt;
  }

  @Override
  public final void interrupt(Thread runner) {
    interrupted = true;
    ItemTransaction<T> opened = transaction;
    if (opened != null) {
      opened.cancel(runner);
    } else if (judging) {
      runner.interrupt();
    }
  }

  @Override
  public final void release() {
    ItemTransaction<T> opened = transaction;
    if (opened != null) {
      opened.close();
    }
  }

  private Session session() {
    return work.get(0).lease().session();
  }

  final Hold hold() {
    return work.get(0).batch().hold();
  }
}
