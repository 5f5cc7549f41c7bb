package org.batchengine.store.rules;

/** The retries of an item. */
public final class Retries {
  private Retries() {}

  /** {@return the number of attempts that were retries: all but the first} */
  public static int of(int attempts) {
    return Math.max(0, attempts - 1);
  }
}
