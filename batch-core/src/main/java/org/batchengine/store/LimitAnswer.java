package org.batchengine.store;

import java.time.Duration;
import org.batchengine.limit.Limit;

/**
 * What a session may begin under a limit.
 *
 * @param limit what is set now
 * @param target how many calls of the session may run; {@link Integer#MAX_VALUE} if that is not
 *     limited
 * @param places how many calls may begin, of the rate
 * @param firstNanos when the first of them may begin, from when the store decided; may be negative
 * @param gapNanos how long after each other they may begin
 * @param validNanos how long after its time each may still begin
 * @param nextIn if there were no places: when to ask again, from now on
 * @param heldFor how long no call may begin; zero if calls may
 * @param trial how often the limit's breaker has tripped: only attempts since then count
 * @param calls how many more calls may begin until the breaker is closed; {@link Integer#MAX_VALUE}
 *     if it is
 * @param revision of the limit's last change
 */
public record LimitAnswer(
    Limit limit,
    int target,
    int places,
    long firstNanos,
    long gapNanos,
    long validNanos,
    Duration nextIn,
    Duration heldFor,
    int trial,
    int calls,
    long revision) {}
