package org.batchengine.engine.loop;

import org.batchengine.model.ItemState;

/** Hears what happens in an engine, for metrics. Throws nothing. Thread-safe. */
public interface Meter {

  /** Whether anybody reads it; if not, there is no need to call it. */
  boolean isRead();

  /** An attempt of an item has ended and its result is stored. */
  void attempted(String type, ItemState state, long nanos);

  /** Items were settled in one transaction, which took the store this long. */
  void settled(int items, long nanos);

  /** A claim returned this many items, possibly 0, and took the store this long. */
  void claimed(int items, long nanos);
}
