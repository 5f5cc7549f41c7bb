package org.batchengine.memory;

import org.batchengine.store.ReportStore;

/** Reads what reports consist of. */
final class MemoryReports implements ReportStore {
  private final MemoryTransactions transactions;

  MemoryReports(MemoryTransactions transactions) {
    this.transactions = transactions;
  }
}
