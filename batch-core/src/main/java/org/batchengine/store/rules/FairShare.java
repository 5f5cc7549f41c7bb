package org.batchengine.store.rules;

import java.util.function.LongSupplier;
import org.batchengine.store.ClaimRequest.Wanted;

/** How much of what is due a claim takes. */
public final class FairShare {
  /** So many due chunks of a type are plenty for all: more need not be counted. */
  public static final int PLENTY_OF_CHUNKS = 64;

  private FairShare() {}

  /**
   * {@return how many of the wanted items may be retries} Half, so that chunks get on; rounded up,
   * so that an engine that wants one item comes to its retries too.
   */
  public static int ofRetries(Wanted wanted) {
    return (wanted.items() + 1) / 2;
  }

  /**
   * Returns the most items that a claim takes of chunks: what is wanted, but when little is left no
   * more than leaves the other sessions theirs, so that all are busy to the end.
   *
   * @param sessions how many there are
   * @param due counts the items of the due chunks of the type; {@link Long#MAX_VALUE} if there are
   *     plenty. Called only if the answer depends on it
   */
  public static int ofChunks(Wanted wanted, int sessions, LongSupplier due) {
    if (sessions == 1 || wanted.items() <= wanted.leastItems()) {
      return wanted.items();
    }
    long share = (due.getAsLong() - 1) / sessions + 1;
    return (int) Math.min(wanted.items(), Math.max(wanted.leastItems(), share));
  }
}
