package org.batchengine.engine.loop;

/**
 * A piece of work that a thread repeats. Tests call {@link #runOnce} themselves and so decide what
 * happens when.
 */
public interface Step {

  /** {@return what it does, for the log} */
  String name();

  /**
   * Makes at most one change in the store. Neither sleeps nor waits for anything but the store.
   *
   * @return whether to call it again right away; false if there is nothing to do
   */
  boolean runOnce();

  /** {@return nanoseconds until there may be work again, unless a signal comes first} */
  default long idleNanos() {
    return Long.MAX_VALUE;
  }
}
