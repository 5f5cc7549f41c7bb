package org.batchengine.store.rules;

import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How many items of a batch may fail; with one more, the batch itself fails. If both a count and a
 * rate are given, the smaller bound applies.
 *
 * @param count the number of items; null: any number
 * @param rate the share of all items, 0 to 1; null: any
 * @param total the number of items of the batch
 */
public record Tolerance(@Nullable Long count, @Nullable Double rate, long total) {

  /** {@return the most failures that are tolerated; empty if any number is} */
  public OptionalLong most() {
    if (count == null && rate == null) {
      return OptionalLong.empty();
    }
    long byCount = count == null ? Long.MAX_VALUE : count;
    long byRate = rate == null ? Long.MAX_VALUE : share(rate);
    return OptionalLong.of(Math.min(byCount, byRate));
  }

  /**
   * The most failures whose share of all items, as a double, is not above the rate. A product would
   * be off by one: as doubles, 0.29 times 100 is less than 29; as decimals, 1.0/3 times 3 is less
   * than 1.
   */
  private long share(double rate) {
    long most = Math.min(total, (long) (rate * total) + 1);
    while (most > 0 && (double) most / total > rate) {
      most--;
    }
    return most;
  }

  /**
   * Returns the error of a batch in which too many items have failed.
   *
   * @param failures the number of items that failed in the batch's current run
   * @return the error; empty if that many are tolerated
   */
  public Optional<String> error(long failures) {
    OptionalLong most = most();
    return most.isPresent() && failures > most.getAsLong()
        ? Optional.of("too many failures: " + failures + "; the limit is " + most.getAsLong())
        : Optional.empty();
  }
}
