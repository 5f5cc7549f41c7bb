package org.batchengine.store.rules;

import java.math.BigDecimal;
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

  /** Uses the decimal that was meant: as a double, 0.29 of 100 is less than 29. */
  private long share(double rate) {
    return BigDecimal.valueOf(rate).multiply(BigDecimal.valueOf(total)).longValue();
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
