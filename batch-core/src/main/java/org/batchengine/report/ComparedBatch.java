package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.BatchId;

/**
 * One of two batches that are compared.
 *
 * @param batchId the batch
 * @param run the run that was compared, from 1
 * @param items the number of its items
 * @param meanDuration the mean time that its settled items took in their last attempt; empty if
 *     none has a duration
 * @param medianDuration the time within which half of them were done, at most 1 % off
 * @param p95Duration the time within which 95 % of them were done, at most 1 % off
 * @param meanQuality the mean quality of its items, 0 to 1; empty if none has a quality
 */
public record ComparedBatch(
    BatchId batchId,
    int run,
    long items,
    Optional<Duration> meanDuration,
    Optional<Duration> medianDuration,
    Optional<Duration> p95Duration,
    Optional<Double> meanQuality) {

  /** Rejects null. */
  public ComparedBatch {
    requireNonNull(batchId, "batchId");
    requireNonNull(meanDuration, "meanDuration");
    requireNonNull(medianDuration, "medianDuration");
    requireNonNull(p95Duration, "p95Duration");
    requireNonNull(meanQuality, "meanQuality");
  }

  /**
   * Returns everything as a flat map that any JSON library can print. Durations are seconds; absent
   * values have no key. The keys are part of the API: {@code batch_id}, {@code run}, {@code items},
   * {@code mean_seconds}, {@code median_seconds}, {@code p95_seconds}, {@code mean_quality}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("batch_id", batchId.toString());
    map.put("run", run);
    map.put("items", items);
    putSeconds(map, "mean_seconds", meanDuration);
    putSeconds(map, "median_seconds", medianDuration);
    putSeconds(map, "p95_seconds", p95Duration);
    meanQuality.ifPresent(quality -> map.put("mean_quality", quality));
    return Collections.unmodifiableMap(map);
  }

  private static void putSeconds(Map<String, Object> map, String key, Optional<Duration> duration) {
    duration.ifPresent(time -> map.put(key, time.getSeconds() + time.getNano() / 1e9));
  }
}
