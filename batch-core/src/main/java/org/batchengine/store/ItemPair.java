package org.batchengine.store;

import java.time.Duration;
import org.batchengine.model.ItemState;
import org.jspecify.annotations.Nullable;

/**
 * An item of two batches.
 *
 * @param key its key, if it has one
 * @param a the item in a; null if a does not have it
 * @param b the item in b; null if b does not have it
 * @param outputsDiffer whether it SUCCEEDED in both, and the stored outputs are not the same
 * @param isPurged whether the payloads of at least one were removed
 */
public record ItemPair(
    @Nullable String key,
    @Nullable Half a,
    @Nullable Half b,
    boolean outputsDiffer,
    boolean isPurged) {

  /**
   * The item in one of them.
   *
   * @param state its final state; null if it is not settled
   */
  public record Half(
      int index,
      @Nullable ItemState state,
      @Nullable Duration duration,
      @Nullable Double quality) {}

  /** {@return its index in a or else in b} */
  public int index() {
    if (a != null) {
      return a.index();
    }
    return b == null ? -1 : b.index();
  }
}
