package org.batchengine.engine.loop;

import java.util.function.LongSupplier;

/** Watches one activity of the engine: whether it goes on, how much it does, how long it takes. */
public record Monitor(Pulse pulse, Meter meter, LockedRows locked, LongSupplier nanos) {

  /** {@return the time now, in nanoseconds} */
  public long now() {
    return nanos.getAsLong();
  }
}
