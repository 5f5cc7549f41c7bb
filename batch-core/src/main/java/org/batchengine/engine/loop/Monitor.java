package org.batchengine.engine.loop;

import java.util.function.LongSupplier;

/** What watches one activity of the engine: whether it goes on, how much it does, how long. */
public record Monitor(Pulse pulse, Meter meter, LongSupplier nanos) {

  /** {@return the time now, in nanoseconds} */
  public long now() {
    return nanos.getAsLong();
  }
}
