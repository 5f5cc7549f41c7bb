package org.batchengine.engine.run;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.verdict.ItemVerdict;
import org.jspecify.annotations.Nullable;

/** One call of host code, with one item or with a chunk of items. */
public interface Call {

  /** Makes the calls of a job type. */
  interface Maker {
    /**
     * A call of host code.
     *
     * @param items of one batch; one of them unless the processor works in bulk
     * @param cancelled whether host code should leave soon
     */
    Call of(List<WorkItem> items, BooleanSupplier cancelled);
  }

  /** Runs host code and its codecs. They may throw anything, and may be interrupted. */
  void run() throws Exception;

  /**
   * Decides what became of the items.
   *
   * @param thrown what {@link #run} threw
   * @param nanos how long it took
   */
  List<ItemVerdict> verdicts(@Nullable Throwable thrown, long nanos);

  /** The verdicts of a call that took too long: this attempt of each unsettled item has failed. */
  List<ItemVerdict> timedOut(String message, boolean givenUp, long nanos);

  /**
   * The verdicts of a call that was interrupted because its batch was cancelled: unsettled items
   * end with it.
   */
  List<ItemVerdict> cancelled(boolean givenUp, long nanos);

  /** The items that must be called again, as if they had not been called. */
  default List<WorkItem> again() {
    return List.of();
  }

  /** The items of the call but those that must be called again. */
  default List<WorkItem> ran() {
    List<WorkItem> again = again();
    return again.isEmpty()
        ? work()
        : work().stream().filter(item -> !again.contains(item)).toList();
  }

  /** When the processor was last called, if not with the call itself. Thread-safe. */
  default long since(long calledAt) {
    return calledAt;
  }

  /** Interrupts host code, which runs on the given thread. Does not wait. */
  default void interrupt(Thread runner) {
    runner.interrupt();
  }

  /** Lets go of what the call still holds. Called last, on its own thread, however it ended. */
  default void release() {}

  /** The items of the call. */
  List<WorkItem> work();
}
