package org.batchengine.store.rules;

import java.time.Duration;
import java.time.Instant;

/** Which chunks a store may hold, so that claims need not read past them. */
public final class HeldChunks {
  /** The interval of sweeps, each of which frees what comes due. */
  public static final Duration SWEEPS = Duration.ofSeconds(5);

  /**
   * Chunks that are due later than this are held. They are freed by the last sweep but one before
   * they are due, so one sweep may come late.
   */
  public static final Duration AHEAD = SWEEPS.multipliedBy(2);

  /** When chunks are due whose batch waits for others: never, until it is released. */
  public static final Instant NEVER = Instant.parse("9999-01-01T00:00:00Z");

  private HeldChunks() {}
}
