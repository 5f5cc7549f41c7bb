package org.batchengine.schedule;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A schedule as it is stored.
 *
 * @param schedule its definition, with its tenant
 * @param isPaused whether it fires nothing until it is resumed
 * @param nextAt when it fires next; while it is paused, since when it has been due, or would fire;
 *     empty if it never fires again
 */
public record ScheduleStatus(Schedule schedule, boolean isPaused, Optional<Instant> nextAt) {

  /** Rejects null. */
  public ScheduleStatus {
    requireNonNull(schedule, "schedule");
    requireNonNull(nextAt, "nextAt");
  }

  /**
   * Returns everything as a flat map that any JSON library can print: that of the {@linkplain
   * Schedule#toMap schedule}, {@code paused}, and {@code next_at} if it will fire, as ISO-8601
   * text.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(schedule.toMap());
    map.put("paused", isPaused);
    nextAt.ifPresent(instant -> map.put("next_at", instant.toString()));
    return Collections.unmodifiableMap(map);
  }
}
