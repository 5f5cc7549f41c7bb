package org.batchengine;

import java.time.Duration;

/** What waits when a processor says {@link ItemContext#retryAfter(Duration, HoldScope)}. */
public enum HoldScope {
  /** Only the item, because it is not ready itself. Other items are called as before. */
  ITEM,

  /**
   * Every item of the job type, because the service that the processor calls is overloaded: on this
   * node at once, on the others within a poll. Running calls continue. The pause lasts a minute at
   * most; after that, the next calls show whether the service still refuses. {@link
   * BatchLimits#release} ends it.
   */
  TYPE
}
