package org.batchengine;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.LiveBatch.Hold;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.model.ItemState;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.Settlement.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Calls of a {@link TransactionalProcessor}, one after another, in one transaction.
 *
 * <ol>
 *   <li>What an item writes is undone unless it succeeds. The other items of the transaction keep
 *       their writes.
 *   <li>If the transaction cannot be committed, each item is called again in one of its own.
 * </ol>
 */
final class ItemTransactionCall<T> extends TransactionCall<T, ItemCall<?, ?>> {
  static final int MOST_ITEMS = 50;

  /**
   * After this, no further item begins in the same transaction: locks must not be held for long.
   */
  private static final long LONGEST = TimeUnit.SECONDS.toNanos(1);

  private final Items<T> calls;
  private final BooleanSupplier cancelled;

  /** Makes the call of one item in the transaction. */
  interface Items<T> {
    ItemCall<?, ?> of(WorkItem item, T transaction, BooleanSupplier cancelled);
  }

  /**
   * The calls of some items of one batch.
   *
   * @param begin begins a transaction for a session
   */
  ItemTransactionCall(
      LongFunction<ItemTransaction<T>> begin,
      Items<T> calls,
      Verdicts rules,
      List<WorkItem> work,
      BooleanSupplier cancelled,
      LongSupplier nanos) {
    super(begin, rules, work, nanos);
    this.calls = calls;
    this.cancelled = cancelled;
  }

  @Override
  void process(ItemTransaction<T> opened) {
    long startedAt = nanos.getAsLong();
    while (mayBegin(startedAt)) {
      opened.mark();
      process(opened, opened.resource(), work.get(begun++));
    }
  }

  private boolean mayBegin(long startedAt) {
    return begun < work.size()
        && !isCalling()
        && lost == null
        && !isInterrupted()
        && (begun == 0 || nanos.getAsLong() - startedAt < LONGEST)
        && hold() == Hold.NONE
        && !rules.slowDown().isOn()
        && !cancelled.getAsBoolean();
  }

  private void process(ItemTransaction<T> opened, T resource, WorkItem item) {
    ItemCall<?, ?> call = calls.of(item, resource, cancelled);
    Throwable thrown = call(call);
    if (!isInterrupted()) {
      ended(opened, call, thrown, took());
      end();
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
    if (isFailure && isUndoneByTheDatabase() && verdict.item().undone()) {
      again.add(verdict.item());
    } else {
      others.add(verdict);
    }
  }

  private static ItemVerdict verdict(ItemCall<?, ?> call, @Nullable Throwable thrown, long took) {
    return call.verdicts(thrown, took).get(0);
  }

  @Override
  List<ItemVerdict> failed(ItemCall<?, ?> call, Throwable why, long took) {
    return call.verdicts(why, took);
  }

  /** A call that hangs in the database gets another chance, even if it was given up. */
  @Override
  List<ItemVerdict> timedOut(ItemCall<?, ?> call, String message, boolean givenUp, long took) {
    return call.timedOut(message, false, took);
  }

  @Override
  List<ItemVerdict> cancelled(ItemCall<?, ?> call, boolean givenUp, long took) {
    return call.cancelled(givenUp, took);
  }

  @Override
  List<ItemVerdict> notKept(RuntimeException why) {
    if (work.get(0).isAlone()) {
      return onlyOneNotKept(why);
    }
    for (ItemVerdict verdict : kept) {
      verdict.item().callAlone();
      again.add(verdict.item());
    }
    return List.of();
  }
}
