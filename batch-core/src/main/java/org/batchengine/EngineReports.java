package org.batchengine;

import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/** Reads what a person wants to see. */
final class EngineReports implements BatchReports {
  private final BatchStore store;
  private final @Nullable String tenant;

  /**
   * On an open store.
   *
   * @param tenant the only tenant whose batches are seen; null: all tenants
   */
  EngineReports(BatchStore store, @Nullable String tenant) {
    this.store = store;
    this.tenant = tenant;
  }
}
