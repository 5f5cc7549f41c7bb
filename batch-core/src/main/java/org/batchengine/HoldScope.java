package org.batchengine;

import java.time.Duration;

/** What waits when a processor says {@link ItemContext#retryAfter(Duration, HoldScope)}. */
public enum HoldScope {
  /** Only the item, because it is not ready itself. Other items are called as before. */
  ITEM,

  /**
   * Every item of the job type on this node, because what the processor calls has had enough. Calls
   * that run go on. This ends after a minute at the latest; then a few calls find out whether it is
   * still so.
   */
  TYPE
}
