package org.batchengine.jdbc;

import java.util.List;
import org.batchengine.store.BatchStore;

/** A store whose limits are tested, and what it does on its database. */
interface LimitedStore extends AutoCloseable {
  /** Empty, and not open. */
  BatchStore store();

  /** What the store has executed on its database since the last call. */
  List<String> takeExecuted();

  /** Drops the store; its engine is closed. */
  @Override
  void close();
}
