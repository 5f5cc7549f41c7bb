package org.batchengine.engine.loop;

/** The pulses of an engine's activities. */
public record Pulses(Pulse claims, Pulse settles, Pulse renewals) {

  /** Pulses of an engine that has not begun. */
  public static Pulses of(EngineClock clock) {
    return new Pulses(new Pulse(clock), new Pulse(clock), new Pulse(clock));
  }
}
