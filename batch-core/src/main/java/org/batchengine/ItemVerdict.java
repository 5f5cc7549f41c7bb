package org.batchengine;

import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jspecify.annotations.Nullable;

/** What became of one attempt, ready to be settled: an outcome or a parking, and why. */
record ItemVerdict(
    WorkItem item,
    @Nullable Outcome outcome,
    @Nullable Parking parking,
    @Nullable Failure failure) {

  Lease lease() {
    return item.lease();
  }

  /** About how much memory it holds until it is settled. */
  long bytes() {
    String input = item.input();
    String output = outcome == null ? null : outcome.output();
    return 200L + (input == null ? 0 : input.length()) + (output == null ? 0 : output.length());
  }
}
