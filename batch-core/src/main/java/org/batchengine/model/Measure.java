package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One measure of a batch, such as what its items cost.
 *
 * @param sum of all values, over all attempts of all items, failed ones too; exact, with at most
 *     nine decimals
 * @param items how many items have a value
 */
public record Measure(BigDecimal sum, long items) {
  /** The most names that a batch can have. */
  public static final int MOST = 4;

  /** How many decimals of a value are kept. */
  public static final int DECIMALS = 9;

  /** The name under which the quality of items is summed up. */
  public static final String QUALITY = "quality";

  static final double LARGEST = 1e15;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,50}");

  /** Drops zeros at the end of the sum. */
  public Measure {
    BigDecimal plain = requireNonNull(sum, "sum").stripTrailingZeros();
    sum = plain.scale() < 0 ? plain.setScale(0) : plain;
    if (items < 0) {
      throw new IllegalArgumentException("items " + items + " is negative");
    }
  }

  /** {@return the mean of an item, with at most nine decimals; empty if no item has a value} */
  public Optional<BigDecimal> mean() {
    return items == 0
        ? Optional.empty()
        : Optional.of(
            new Measure(sum.divide(BigDecimal.valueOf(items), DECIMALS, RoundingMode.HALF_EVEN), 1)
                .sum());
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code sum}, {@code items},
   * and {@code mean} if there is one.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap().put("sum", sum).put("items", items).putNumber("mean", mean()).toMap();
  }

  /**
   * Checks the names of a job type's measures.
   *
   * @throws IllegalArgumentException if there are more than four, or a name is used twice, reserved
   *     or malformed
   */
  public static List<String> names(List<String> names) {
    if (names.size() > MOST) {
      throw new IllegalArgumentException(
          "%d measures %s are too many: a job type has at most %d"
              .formatted(names.size(), names, MOST));
    }
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "measure %s is not allowed: use 1 to 50 letters, digits, '.', '_' or '-'"
                .formatted(StoredText.quoted(name)));
      }
      if (name.equals(QUALITY)) {
        throw new IllegalArgumentException(
            "measure \"quality\" is there already: call quality(score), and leave the name out");
      }
      if (names.indexOf(name) != names.lastIndexOf(name)) {
        throw new IllegalArgumentException(
            "measure \"" + name + "\" is named twice; name each once");
      }
    }
    return List.copyOf(names);
  }

  /**
   * Checks a value, and returns it with nine decimals.
   *
   * @throws IllegalArgumentException if it is not a number, or not between -1e15 and 1e15
   */
  public static BigDecimal value(String name, double value) {
    if (!(Math.abs(value) <= LARGEST)) {
      throw new IllegalArgumentException(
          "measure \"%s\": %s is out of range; give a number from -1e15 to 1e15"
              .formatted(name, value));
    }
    return BigDecimal.valueOf(value).setScale(DECIMALS, RoundingMode.HALF_EVEN);
  }
}
