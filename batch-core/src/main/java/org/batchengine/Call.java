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

  /** The items of the call. */
  List<WorkItem> work();
}
