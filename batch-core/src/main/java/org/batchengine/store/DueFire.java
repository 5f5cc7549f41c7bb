package org.batchengine.store;

import java.time.Instant;
import org.batchengine.model.BatchId;
import org.batchengine.schedule.Schedule;
import org.jspecify.annotations.Nullable;

/**
 * A fire whose batch is to be submitted, and which no live session has taken.
 *
 * @param schedule the schedule's number
 * @param at the instant for which it fires
 * @param reason why it was fired by hand, or failed last
 * @param template the template whose batch it is; null: code makes the request
 * @param running the batch of the last fire, if that has not ended
 */
public record DueFire(
    long schedule,
    Instant at,
    String tenant,
    String name,
    int attempts,
    @Nullable String reason,
    Schedule.Overlap overlap,
    @Nullable String template,
    @Nullable BatchId running) {

  /** {@return the fire as this session's} */
  public OwnedFire of(long session) {
    return new OwnedFire(schedule, at, session);
  }
}
