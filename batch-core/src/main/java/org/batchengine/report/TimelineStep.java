package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was settled in one step of a timeline.
 *
 * @param from when the step begins; it ends where the next one begins
 * @param succeeded how many of the items settled in it succeeded
 * @param failed how many failed for good
 * @param skipped how many were skipped
 * @param cancelled how many were cancelled
 */
public record TimelineStep(
    Instant from, long succeeded, long failed, long skipped, long cancelled) {

  /** Rejects null. */
  public TimelineStep {
    requireNonNull(from, "from");
  }

  /** {@return how many items were settled in it} */
  public long settled() {
    return succeeded + failed + skipped + cancelled;
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code from}, which is
   * ISO-8601 text in UTC, {@code settled}, {@code succeeded}, {@code failed}, {@code skipped},
   * {@code cancelled}. The keys are part of the API.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("from", from.toString());
    map.put("settled", settled());
    map.put("succeeded", succeeded);
    map.put("failed", failed);
    map.put("skipped", skipped);
    map.put("cancelled", cancelled);
    return Collections.unmodifiableMap(map);
  }
}
