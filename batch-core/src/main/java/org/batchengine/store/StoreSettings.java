package org.batchengine.store;

import java.time.Duration;

/**
 * What an engine tells its store before it opens it.
 *
 * @param sessionExpiry how long a session lasts without renewal; also the longest that a
 *     transaction of the engine may stay idle
 * @param connections how many connections the engine's own threads may hold at once
 * @param maxPayload largest input or output, in bytes of UTF-8
 */
public record StoreSettings(Duration sessionExpiry, int connections, int maxPayload) {}
