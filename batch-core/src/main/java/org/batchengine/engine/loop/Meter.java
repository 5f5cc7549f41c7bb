package org.batchengine.engine.loop;

import java.util.List;
import org.batchengine.model.ItemState;

/** Hears what happens in an engine, for metrics. Neither throws nor waits. Thread-safe. */
public interface Meter {

  /** Whether anybody reads it; if not, there is no need to call it. */
  boolean isRead();

  /** Attempts of items have ended and their results are stored. */
  void attempted(List<Attempt> attempts);

  /**
   * The end of an attempt.
   *
   * @param type the item's job type
   * @param state the item's new state
   * @param nanos how long the attempt took
   */
  record Attempt(String type, ItemState state, long nanos) {}

  /** Items were settled in one transaction, which took the store this long. */
  void settled(int items, long nanos);

  /** A claim returned this many items, possibly 0, and took the store this long. */
  void claimed(int items, long nanos);
}
