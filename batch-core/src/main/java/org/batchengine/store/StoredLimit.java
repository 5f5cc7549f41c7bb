package org.batchengine.store;

import java.time.Duration;
import org.batchengine.limit.Limit;

/**
 * A limit as nodes need it.
 *
 * @param heldFor how long no call may begin from now; zero if calls may
 * @param revision when it was changed, among all changes
 */
public record StoredLimit(LimitName name, Limit limit, Duration heldFor, long revision) {}
