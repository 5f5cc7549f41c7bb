package org.batchengine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call of host code: an item, or a chunk of items in bulk. */
interface Call {

  /** Runs host code, codecs included: it may throw anything, and may be interrupted. */
  void run() throws Exception;

  /**
   * What became of the items.
   *
   * @param thrown what {@link #run} threw
   * @param nanos how long it took
   */
  List<ItemVerdict> verdicts(@Nullable Throwable thrown, long nanos);

  /** The verdicts of a call that took too long: the unsettled items have failed this attempt. */
  List<ItemVerdict> timedOut(String message, boolean givenUp, long nanos);

  /**
   * The verdicts of a call that was interrupted for its batch's sake: the unsettled end with it.
   */
  List<ItemVerdict> cancelled(boolean givenUp, long nanos);

  /** Those of its items that are to be called again, as if they had not been called. */
  default List<WorkItem> again() {
    return List.of();
  }

  /** When the processor was called last, if not with the call itself. From any thread. */
  default long since(long calledAt) {
    return calledAt;
  }

  /** Ends what host code is doing, on the thread that runs the call. Does not wait. */
  default void interrupt(Thread runner) {
    runner.interrupt();
  }

  /** Lets go of what the call still holds. On its own thread, last of all, however it ended. */
  default void release() {}

  /** The items of the call. */
  List<WorkItem> work();
}
