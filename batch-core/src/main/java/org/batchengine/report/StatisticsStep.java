package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.batchengine.model.BatchState;

/**
 * The batches created in one hour or on one day.
 *
 * @param from when the hour or day begins
 * @param byState how many of them are now in each state, zeros too
 */
public record StatisticsStep(Instant from, Map<BatchState, Long> byState) {

  /** Rejects null. */
  public StatisticsStep {
    requireNonNull(from, "from");
    byState = BatchStatistics.complete(byState);
  }

  /** {@return how many there are} */
  public long total() {
    return BatchStatistics.sum(byState);
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code from}, which is
   * ISO-8601 text in UTC, {@code total}, and the name of each state in lower case. The keys are
   * part of the API.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("from", from.toString());
    map.put("total", total());
    BatchStatistics.put(map, byState);
    return Collections.unmodifiableMap(map);
  }
}
