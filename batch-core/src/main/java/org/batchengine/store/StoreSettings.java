package org.batchengine.store;

import java.time.Duration;
import java.util.Objects;

/**
 * The settings that an engine passes to {@link BatchStore#connect}.
 *
 * @param sessionExpiry how long a session lasts without renewal; also how long a transaction of the
 *     engine may stay idle
 * @param connections the most connections that the engine's own threads hold at once
 * @param maxPayload the largest input or output, in bytes of UTF-8
 * @param loader the context class loader of threads that the store makes
 */
public record StoreSettings(
    Duration sessionExpiry, int connections, int maxPayload, ClassLoader loader) {

  /** Settings with the class loader of this library. */
  public StoreSettings(Duration sessionExpiry, int connections, int maxPayload) {
    this(
        sessionExpiry,
        connections,
        maxPayload,
        Objects.requireNonNullElse(
            StoreSettings.class.getClassLoader(), ClassLoader.getSystemClassLoader()));
  }
}
