package org.batchengine.store;

import java.time.Instant;
import org.batchengine.schedule.Schedule;

/**
 * A schedule that is to fire.
 *
 * @param number its number, which is never reused
 * @param nextAt for when it is due
 * @param now the store's time when it was read
 * @param waiting how many of its fires are DUE already
 */
public record DueSchedule(
    long number, Schedule schedule, Instant nextAt, Instant now, int waiting) {}
