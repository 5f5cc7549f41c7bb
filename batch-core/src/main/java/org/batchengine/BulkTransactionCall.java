package org.batchengine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.store.ItemTransaction;
import org.jspecify.annotations.Nullable;

/**
 * The call of a {@link BulkTransactionalProcessor} with a chunk of items, in one transaction. All
 * that it wrote is kept, or nothing is: nobody can tell what it wrote for which item.
 *
 * <ol>
 *   <li>If each item succeeded or was skipped, all of it is committed with their outcomes.
 *   <li>If some items failed by a verdict, that stands, and the others are called again without
 *       them.
 *   <li>If the call throws, takes too long or cannot be committed, its items are called again in
 *       halves; an item that was alone has failed that attempt.
 * </ol>
 */
final class BulkTransactionCall<T> extends TransactionCall<T, BulkCall<?, ?>> {
  private final Chunks<T> calls;
  private final BooleanSupplier cancelled;

  /** Makes the call of a chunk in the transaction. */
  interface Chunks<T> {
    BulkCall<?, ?> of(List<WorkItem> items, T transaction, BooleanSupplier cancelled);
  }

  /**
   * The call of some items of one batch.
   *
   * @param begin begins a transaction for a session
   */
  BulkTransactionCall(
      LongFunction<ItemTransaction<T>> begin,
      Chunks<T> calls,
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
    opened.mark();
    BulkCall<?, ?> call = calls.of(work, opened.resource(), cancelled);
    begun = work.size();
    Throwable thrown = call(call);
    if (!isInterrupted()) {
      ended(opened, call, thrown, took());
      end();
    }
  }

  private void ended(
      ItemTransaction<T> opened, BulkCall<?, ?> call, @Nullable Throwable thrown, long took) {
    if (thrown != null) {
      undo(opened);
      threw(call, thrown, took);
      return;
    }
    List<ItemVerdict> said = call.verdicts(null, took);
    List<ItemVerdict> failures = said.stream().filter(BulkCall::isFailure).toList();
    if (failures.isEmpty()) {
      keep(opened, call, said, took);
      return;
    }
    undo(opened);
    others.addAll(failures);
    List<WorkItem> rest = without(failures);
    WorkItem.callTogether(rest);
    again.addAll(rest);
  }

  private void keep(
      ItemTransaction<T> opened, BulkCall<?, ?> call, List<ItemVerdict> said, long took) {
    try {
      opened.keep();
      kept.addAll(said);
    } catch (RuntimeException e) {
      undo(opened);
      threw(call, e, took);
    }
  }

  private void threw(BulkCall<?, ?> call, Throwable why, long took) {
    if (work.size() == 1 && isUndoneByTheDatabase() && work.get(0).undone()) {
      again.addAll(work);
    } else {
      others.addAll(
          undone(call, took, item -> rules.attemptFailed(item, call.judged(item, why), took)));
    }
  }

  /** What becomes of an item whose success does not count. */
  private interface Instead {
    ItemVerdict of(WorkItem item);
  }

  /** A verdict for each item after all is undone: failures stand. */
  private List<ItemVerdict> each(BulkCall<?, ?> call, long took, Instead instead) {
    List<ItemVerdict> all = new ArrayList<>(call.failures(took));
    without(all).forEach(item -> all.add(instead.of(item)));
    return all;
  }

  /** The same, but the rest is called again in halves unless it was alone. */
  private List<ItemVerdict> undone(BulkCall<?, ?> call, long took, Instead instead) {
    if (work.size() == 1) {
      return each(call, took, instead);
    }
    List<ItemVerdict> failures = call.failures(took);
    halves(without(failures));
    return failures;
  }

  @Override
  List<ItemVerdict> failed(BulkCall<?, ?> call, Throwable why, long took) {
    return undone(
        call, took, item -> rules.attemptFailed(item, rules.judgeByPolicy(item, why), took));
  }

  /** A call that ignores its interrupt cannot be halved: its items are still with it. */
  @Override
  List<ItemVerdict> timedOut(BulkCall<?, ?> call, String message, boolean givenUp, long took) {
    Instead failed = item -> rules.attemptFailed(item, Verdicts.TIMEOUT, message, took);
    return givenUp ? each(call, took, failed) : undone(call, took, failed);
  }

  @Override
  List<ItemVerdict> cancelled(BulkCall<?, ?> call, boolean givenUp, long took) {
    return each(call, took, item -> ItemVerdict.cancelled(item, item.attempt(), took));
  }

  @Override
  List<ItemVerdict> notKept(RuntimeException why) {
    if (work.size() == 1) {
      return onlyOneNotKept(why);
    }
    halves(work);
    return List.of();
  }

  private List<WorkItem> without(List<ItemVerdict> verdicts) {
    Set<WorkItem> settled = new HashSet<>();
    verdicts.forEach(verdict -> settled.add(verdict.item()));
    return work.stream().filter(item -> !settled.contains(item)).toList();
  }

  private void halves(List<WorkItem> items) {
    int middle = (items.size() + 1) / 2;
    WorkItem.callTogether(items.subList(0, middle));
    WorkItem.callTogether(items.subList(middle, items.size()));
    again.addAll(items);
  }
}
