package org.batchengine.store.rules;

/** How many failures of a batch its error groups are made of: those with the highest indexes. */
public final class NewestFailures {
  /** The most failures that are read. */
  public static final int MOST = 100_000;

  private NewestFailures() {}
}
