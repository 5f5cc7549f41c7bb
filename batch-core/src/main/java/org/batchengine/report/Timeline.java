package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * When items were settled.
 *
 * @param step how long each step is
 * @param steps one after the other without a gap, from the first in which an item was settled to
 *     the last: at most 240
 */
public record Timeline(Duration step, List<TimelineStep> steps) {
  private static final double MILLIS_PER_SECOND = 1e3;

  /** Rejects null. */
  public Timeline {
    requireNonNull(step, "step");
    steps = List.copyOf(requireNonNull(steps, "steps"));
  }

  /**
   * Returns everything as a map that any JSON library can print: {@code step_seconds}, and {@code
   * steps}, a list of {@linkplain TimelineStep#toMap() flat maps}. The keys are part of the API.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("step_seconds", step.toMillis() / MILLIS_PER_SECOND);
    map.put("steps", steps.stream().map(TimelineStep::toMap).toList());
    return Collections.unmodifiableMap(map);
  }
}
