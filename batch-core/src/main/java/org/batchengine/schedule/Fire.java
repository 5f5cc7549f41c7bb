package org.batchengine.schedule;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.BatchId;

/**
 * An instant at which a schedule fires, and what has become of it.
 *
 * @param schedule the schedule's name
 * @param tenant the schedule's tenant
 * @param at the instant for which it fires, to the microsecond; it may be called later
 * @param attempts how often its batch could not be submitted
 * @param retryAt when that is tried again; empty if it has not failed, or will not be tried
 * @param batch the batch that was submitted
 * @param reason why it was fired by hand, failed last, or was left out
 */
public record Fire(
    String schedule,
    String tenant,
    Instant at,
    FireState state,
    int attempts,
    Optional<Instant> retryAt,
    Optional<BatchId> batch,
    Optional<String> reason) {

  /** Rejects null. */
  public Fire {
    requireNonNull(schedule, "schedule");
    requireNonNull(tenant, "tenant");
    requireNonNull(at, "at");
    requireNonNull(state, "state");
    requireNonNull(retryAt, "retryAt");
    requireNonNull(batch, "batch");
    requireNonNull(reason, "reason");
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code schedule}, {@code
   * tenant}, {@code at}, {@code state}, {@code attempts}; {@code retry_at}, {@code batch_id} and
   * {@code reason} if there is one. Instants are ISO-8601 text in UTC.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("schedule", schedule);
    map.put("tenant", tenant);
    map.put("at", at.toString());
    map.put("state", state.name());
    map.put("attempts", attempts);
    retryAt.ifPresent(instant -> map.put("retry_at", instant.toString()));
    batch.ifPresent(id -> map.put("batch_id", id.toString()));
    reason.ifPresent(text -> map.put("reason", text));
    return Collections.unmodifiableMap(map);
  }
}
