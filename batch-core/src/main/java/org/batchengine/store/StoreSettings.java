package org.batchengine.store;

import java.time.Duration;

/**
 * The settings that an engine passes to {@link BatchStore#connect}.
 *
 * @param sessionExpiry how long a session lasts without renewal; also how long a transaction of the
 *     engine may stay idle
 * @param connections the most connections that the engine's own threads hold at once
 * @param maxPayload the largest input or output, in bytes of UTF-8
 */
public record StoreSettings(Duration sessionExpiry, int connections, int maxPayload) {}
