package org.batchengine;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.LiveBatch.Hold;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.model.ItemState;
import org.batchengine.model.StoreException;
import org.batchengine.store.FencedException;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement.Outcome;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls of a {@link TransactionalProcessor}, one after another, in one transaction.
 *
 * <ol>
 *   <li>What an item writes is undone unless it succeeds. The other items of the transaction keep
 *       their writes, and its verdict is settled like any other.
 *   <li>The outcomes of items that succeeded are written in the transaction itself, before its
 *       commit. The commit is made once host code can no longer be interrupted. Only the leases are
 *       left to the settler.
 *   <li>If the answer to the commit is lost, its result is found out before anything else is done
 *       with the items.
 *   <li>If a transaction cannot be committed, its items are called again, each in a transaction of
 *       its own. An item whose own transaction cannot be committed has failed that attempt.
 *   <li>What the database has undone for a passing reason, such as a lost connection or a deadlock,
 *       costs no attempt: the item is called again, with growing pauses, ten times at most.
 *   <li>An item that was interrupted is undone, even if it returned normally.
 * </ol>
 */
final class TransactionCall<T> implements Call {
  private static final Logger log = LoggerFactory.getLogger(TransactionCall.class);

  static final int MOST_ITEMS = 50;

  /**
   * After this, no further item begins in the same transaction: locks must not be held for long.
   */
  private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

  /** From the second time on; doubled each time. */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

  private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(200);

  private final LongFunction<ItemTransaction<T>> begin;
  private final Items<T> calls;
  private final Verdicts rules;
  private final List<WorkItem> work;
  private final BooleanSupplier cancelled;
  private final LongSupplier nanos;

  private final List<ItemVerdict> kept = new ArrayList<>();
  private final List<ItemVerdict> others = new ArrayList<>();
  private final List<WorkItem> again = new ArrayList<>();
  private int begun;
  private @Nullable RuntimeException lost;
  private volatile @Nullable ItemTransaction<T> transaction;
  private volatile @Nullable ItemCall<?, ?> current;
  private volatile long itemAt;
  private volatile boolean interrupted;
  private volatile boolean judging;

  /** Makes the call of one item in the transaction. */
  interface Items<T> {
    ItemCall<?, ?> of(WorkItem item, T transaction, BooleanSupplier cancelled);
  }

  /**
   * The calls of some items of one batch.
   *
   * @param begin begins a transaction for a session
   */
  TransactionCall(
      LongFunction<ItemTransaction<T>> begin,
      Items<T> calls,
      Verdicts rules,
      List<WorkItem> work,
      BooleanSupplier cancelled,
      LongSupplier nanos) {
    this.begin = begin;
    this.calls = calls;
    this.rules = rules;
    this.work = work;
    this.cancelled = cancelled;
    this.nanos = nanos;
    itemAt = nanos.getAsLong();
  }

  @Override
  public void run() {
    pause();
    RuntimeException refused = work.get(0).refusedCommit();
    if (refused != null) {
      judge(work.get(0), refused);
      return;
    }
    try {
      ItemTransaction<T> opened = begin.apply(session().id());
      transaction = opened;
      long startedAt = nanos.getAsLong();
      while (mayBegin(startedAt)) {
        opened.mark();
        process(opened, opened.resource(), work.get(begun++));
      }
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

  private boolean mayBegin(long startedAt) {
    return begun < work.size()
        && current == null
        && lost == null
        && !interrupted
        && (begun == 0 || nanos.getAsLong() - startedAt < LONGEST)
        && hold() == Hold.NONE
        && !cancelled.getAsBoolean();
  }

  private void process(ItemTransaction<T> opened, T resource, WorkItem item) {
    ItemCall<?, ?> call = calls.of(item, resource, cancelled);
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
    if (!interrupted) {
      ended(opened, call, thrown, nanos.getAsLong() - itemAt);
      current = null;
    }
  }

  private void ended(
      ItemTransaction<T> opened, ItemCall<?, ?> call, @Nullable Throwable thrown, long took) {
    ItemVerdict verdict = verdict(call, thrown, took);
    boolean isFailure = thrown != null;
    Outcome outcome = verdict.outcome();
    if (outcome != null && outcome.state() == ItemState.SUCCEEDED) {
      try {
        opened.keep();
        kept.add(verdict);
        return;
      } catch (RuntimeException e) {
        call.judge(e);
        verdict = verdict(call, e, took);
        isFailure = true;
      }
    }
    undo(opened);
    if (isFailure && isUndoneByTheDatabase(lost) && verdict.item().undone()) {
      again.add(verdict.item());
    } else {
      others.add(verdict);
    }
  }

  private static boolean isUndoneByTheDatabase(@Nullable RuntimeException why) {
    return why instanceof StoreException failed && failed.isTransient();
  }

  private static ItemVerdict verdict(ItemCall<?, ?> call, @Nullable Throwable thrown, long took) {
    return call.verdicts(thrown, took).get(0);
  }

  private void undo(ItemTransaction<T> opened) {
    try {
      opened.undo();
    } catch (RuntimeException e) {
      lost = e;
    }
  }

  @Override
  public List<ItemVerdict> verdicts(@Nullable Throwable thrown, long took) {
    ItemCall<?, ?> call = current;
    if (call == null) {
      return finish(List.of());
    }
    Throwable why = thrown == null ? lost : thrown;
    if (why != null) {
      return finish(call.verdicts(why, took));
    }
    if (hold().isStopped()) {
      return finish(call.cancelled(false, took));
    }
    again.addAll(call.work());
    return finish(List.of());
  }

  @Override
  public List<ItemVerdict> timedOut(String message, boolean givenUp, long took) {
    ItemCall<?, ?> call = current;
    if (judging) {
      return List.of(rules.attemptFailed(work.get(0), Verdicts.TIMEOUT, message, took));
    }
    // A call that hangs in the database gets another chance.
    List<ItemVerdict> one = call == null ? List.of() : call.timedOut(message, false, took);
    return givenUp ? givenUp(one) : finish(one);
  }

  @Override
  public List<ItemVerdict> cancelled(boolean givenUp, long took) {
    ItemCall<?, ?> call = current;
    List<ItemVerdict> one = call == null ? List.of() : call.cancelled(givenUp, took);
    return givenUp ? givenUp(one) : finish(one);
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

  private List<ItemVerdict> notKept(RuntimeException why) {
    if (work.get(0).isAlone()) {
      ItemVerdict only = kept.get(0);
      if (isUndoneByTheDatabase(why) && only.item().undone()) {
        again.add(only.item());
        return List.of();
      }
      long took = Objects.requireNonNull(only.outcome()).durationMicros() * 1_000;
      if (why instanceof RefusedSettlementException) {
        return List.of(rules.refused(only, String.valueOf(why.getMessage())));
      }
      only.item().commitRefused(why, took);
      again.add(only.item());
      return List.of();
    }
    for (ItemVerdict verdict : kept) {
      verdict.item().callAlone();
      again.add(verdict.item());
    }
    return List.of();
  }

  @Override
  public List<WorkItem> work() {
    return work;
  }

  @Override
  public List<WorkItem> again() {
    return again;
  }

  @Override
  public long since(long calledAt) {
    return itemAt;
  }

  @Override
  public void interrupt(Thread runner) {
    interrupted = true;
    ItemTransaction<T> opened = transaction;
    if (opened != null) {
      opened.cancel(runner);
    } else if (judging) {
      runner.interrupt();
    }
  }

  @Override
  public void release() {
    ItemTransaction<T> opened = transaction;
    if (opened != null) {
      opened.close();
    }
  }

  private Session session() {
    return work.get(0).lease().session();
  }

  private Hold hold() {
    return work.get(0).batch().hold();
  }
}
