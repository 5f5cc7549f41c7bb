package org.batchengine.engine.loop;

import org.batchengine.model.ItemState;

/** Hears what happens in an engine, for metrics. Throws nothing. Safe for many threads. */
public interface Meter {

  /** Whether anybody reads it; if not, there is no need to call it. */
  boolean isRead();

  /** An attempt of an item has ended, and that is stored. */
  void attempted(String type, ItemState state, long nanos);

  /** Items were settled in one transaction that took the store so long. */
  void settled(int items, long nanos);

  /** A claim took so many items, 0 if there were none, and the store so long. */
  void claimed(int items, long nanos);
}
