package org.batchengine.store;

import org.jspecify.annotations.Nullable;

/**
 * The last attempts of a session under a limit with a breaker.
 *
 * @param trial how often the breaker had tripped when they began
 * @param count how many there were
 * @param failed how many of them have failed alike
 * @param fingerprint of these failures; null: none
 */
public record Attempts(int trial, int count, int failed, @Nullable String fingerprint) {
  /** Nothing was attempted. */
  public static final Attempts NONE = new Attempts(0, 0, 0, null);
}
