package org.batchengine.store;

import java.time.Duration;
import java.util.Objects;

/**
 * The settings that an engine passes to {@link BatchStore#connect}.
 *
 * @param sessionExpiry how long a session lasts without renewal; also how long a transaction of the
 *     engine may stay idle
 * @param connections the connections that the engine's threads need at once: a store that has fewer
 *     refuses to open
 * @param mostConnections how many of them it would use if there were as many; at least {@code
 *     connections}
 * @param maxPayload the largest input or output, in bytes of UTF-8
 * @param loader the context class loader of threads that the store makes
 */
public record StoreSettings(
    Duration sessionExpiry,
    int connections,
    int mostConnections,
    int maxPayload,
    ClassLoader loader) {

  /**
   * Settings with the class loader of this library, for an engine that needs no more connections.
   */
  public StoreSettings(Duration sessionExpiry, int connections, int maxPayload) {
    this(
        sessionExpiry,
        connections,
        connections,
        maxPayload,
        Objects.requireNonNullElse(
            StoreSettings.class.getClassLoader(), ClassLoader.getSystemClassLoader()));
  }
}
