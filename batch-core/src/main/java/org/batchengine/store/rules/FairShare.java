package org.batchengine.store.rules;

import java.util.function.LongSupplier;
import org.batchengine.store.ClaimRequest.Wanted;

/** How much of the due work a claim takes. */
public final class FairShare {
  /** This many due chunks of a type are enough for all sessions; there is no need to count more. */
  public static final int PLENTY_OF_CHUNKS = 64;

  private FairShare() {}

  /**
   * {@return how many of the missing items may be retries while chunks of the same priority are
   * due} Half, so that chunks progress too; rounded up, so that an engine that wants one item can
   * get a retry.
   */
  static int ofRetries(int missing) {
    return missing / 2 + missing % 2;
  }

  /**
   * Returns the most items that a claim takes from chunks: as many as wanted or, when little is
   * left, an equal share, so that all sessions are busy to the end.
   *
   * @param sessions the number of sessions
   * @param due counts the items of the due chunks of the type; {@link Long#MAX_VALUE} if there are
   *     enough for all. Called only if the result depends on it
   */
  public static int ofChunks(Wanted wanted, int sessions, LongSupplier due) {
    if (sessions == 1 || wanted.items() <= wanted.leastItems()) {
      return wanted.items();
    }
    long share = (due.getAsLong() - 1) / sessions + 1;
    return (int) Math.min(wanted.items(), Math.max(wanted.leastItems(), share));
  }
}
