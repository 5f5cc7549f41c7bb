package org.batchengine.jdbc.settle;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.batchengine.model.ItemState;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.Settlement;
import org.batchengine.store.rules.Retries;

/**
 * How many items of a batch a settlement finishes, by state, and the batch's rate in the session.
 */
final class BatchCount {
  final long batch;
  final double itemsPerSecond;
  long succeeded;
  long failed;
  long skipped;
  long cancelled;
  long itemMicros;
  long retries;
  MeasureSums sums = MeasureSums.NONE;

  private BatchCount(long batch, double itemsPerSecond) {
    this.batch = batch;
    this.itemsPerSecond = itemsPerSecond;
  }

  /**
   * The counts of those batches of which an item is finished or was measured; others must get no
   * counter row.
   */
  static Collection<BatchCount> of(Settlement settlement) {
    Map<Long, Double> rates = new HashMap<>();
    settlement.rates().forEach(rate -> rates.put(rate.batch(), rate.itemsPerSecond()));
    Map<Long, BatchCount> counts = new LinkedHashMap<>();
    BatchCount count = null;
    for (Settlement.Outcome outcome : settlement.outcomes()) {
      if (count == null || count.batch != outcome.batch()) { // they come in runs
        count =
            counts.computeIfAbsent(
                outcome.batch(), batch -> new BatchCount(batch, rates.getOrDefault(batch, 0.0)));
      }
      count.add(outcome);
      count.sums = count.sums.plus(MeasureSums.of(outcome));
    }
    for (Settlement.Parking parking : settlement.parkings()) {
      MeasureSums sums = MeasureSums.of(parking.measured());
      if (!sums.isNone()) {
        BatchCount of =
            counts.computeIfAbsent(
                parking.batch(), batch -> new BatchCount(batch, rates.getOrDefault(batch, 0.0)));
        of.sums = of.sums.plus(sums);
      }
    }
    return counts.values();
  }

  private void add(Settlement.Outcome outcome) {
    if (outcome.state() != ItemState.CANCELLED) {
      itemMicros += outcome.durationMicros();
      retries += Retries.of(outcome.attempts());
    }
    switch (outcome.state()) {
      case SUCCEEDED -> succeeded++;
      case FAILED -> failed++;
      case SKIPPED -> skipped++;
      case CANCELLED -> cancelled++;
      default -> {} // the table refuses it
    }
  }
}
