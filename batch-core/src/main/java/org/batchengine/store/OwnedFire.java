package org.batchengine.store;

import java.time.Instant;

/**
 * A fire that a session has taken, to submit its batch.
 *
 * @param schedule the schedule's number
 * @param at the instant for which it fires
 */
public record OwnedFire(long schedule, Instant at, long session) {}
