package org.batchengine;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/** The pulses of an engine: what tells whether its work goes on. */
record Vitals(Pulse claims, Pulse settles, Pulse renewals) {

  static Vitals of(InstantSource clock, LongSupplier nanos) {
    return new Vitals(new Pulse(clock, nanos), new Pulse(clock, nanos), new Pulse(clock, nanos));
  }
}
