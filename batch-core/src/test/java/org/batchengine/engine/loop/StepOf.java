package org.batchengine.engine.loop;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** A step made of functions. */
public record StepOf(String name, BooleanSupplier body, LongSupplier idle) implements Step {

  @Override
  public boolean runOnce() {
    return body.getAsBoolean();
  }

  @Override
  public long idleNanos() {
    return idle.getAsLong();
  }
}
