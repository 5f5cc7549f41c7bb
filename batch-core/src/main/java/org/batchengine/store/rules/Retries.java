package org.batchengine.store.rules;

/** The retries of an item. */
public final class Retries {
  private Retries() {}

  /** {@return how many of the attempts were retries: all but the first} */
  public static int of(int attempts) {
    return Math.max(0, attempts - 1);
  }
}
