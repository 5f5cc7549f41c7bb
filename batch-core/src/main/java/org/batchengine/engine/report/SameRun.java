package org.batchengine.engine.report;

import org.batchengine.model.BatchChangedException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.store.ReadStore;
import org.jspecify.annotations.Nullable;

/**
 * A batch that is read page by page, without a transaction around the pages. A run's number only
 * grows, and the transaction that takes up the first failed item counts it up. So if the run is the
 * same after a page was read, all pages so far are of one run.
 */
final class SameRun {
  private final ReadStore reading;
  private final @Nullable String tenant;
  private final BatchId id;
  private final int run;

  SameRun(ReadStore reading, BatchId id, @Nullable String tenant) {
    this.reading = reading;
    this.tenant = tenant;
    this.id = id;
    run = reading.find(id, tenant).orElseThrow(() -> new BatchNotFoundException(id)).run();
  }

  int run() {
    return run;
  }

  /**
   * To be called after each page.
   *
   * @throws BatchChangedException if the batch is gone or in another run
   */
  void check() {
    int now =
        reading
            .find(id, tenant)
            .map(BatchJob::run)
            .orElseThrow(
                () ->
                    new BatchChangedException(
                        id, "was deleted while it was read: discard what was read so far"));
    if (now != run) {
      throw new BatchChangedException(
          id,
          "was in run %d and is now in run %d, because failed items were retried while it was read: discard what was read so far, and read it again when it has ended"
              .formatted(run, now));
    }
  }
}
