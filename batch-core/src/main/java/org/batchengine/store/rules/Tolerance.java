package org.batchengine.store.rules;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How many items of a batch may fail before the batch itself has failed. If both a count and a rate
 * are given, the smaller bound holds.
 *
 * @param count how many items; null: any number
 * @param rate which share of all items, 0 to 1; null: any
 * @param total how many items the batch has
 */
public record Tolerance(@Nullable Long count, @Nullable Double rate, long total) {

  /** {@return the most failures that are tolerated; empty: any number} */
  public OptionalLong most() {
    if (count == null && rate == null) {
      return OptionalLong.empty();
    }
    long byCount = count == null ? Long.MAX_VALUE : count;
    long byRate = rate == null ? Long.MAX_VALUE : share(rate);
    return OptionalLong.of(Math.min(byCount, byRate));
  }

  /** By the decimal that was meant: as a double, 0.29 of 100 comes to less than 29. */
  private long share(double rate) {
    return BigDecimal.valueOf(rate).multiply(BigDecimal.valueOf(total)).longValue();
  }

  /**
   * Returns the error of a batch in which too many items have failed.
   *
   * @param failures how many items have failed in the batch's present run
   * @return the error; empty if so many are tolerated
   */
  public Optional<String> error(long failures) {
    OptionalLong most = most();
    return most.isPresent() && failures > most.getAsLong()
        ? Optional.of(
            failures + " failures are more than the " + most.getAsLong() + " that are tolerated")
        : Optional.empty();
  }
}
