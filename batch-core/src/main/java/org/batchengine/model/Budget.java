package org.batchengine.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Map;

/**
 * What the items of a batch may come to by one of their measures, such as what they cost.
 *
 * @param measure the name of the measure
 * @param most the sum at which the batch is paused, above 0
 */
public record Budget(String measure, double most) {

  /** Refuses a measure that cannot be one, and a sum that is not above 0 or not finite. */
  public Budget {
    Measure.names(List.of(measure));
    if (!(most > 0 && most <= Measure.LARGEST)) {
      throw new IllegalArgumentException(
          "budget %s is out of range: above 0, at most %s".formatted(most, Measure.LARGEST));
    }
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code measure} and {@code
   * most}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap().put("measure", measure).put("most", most).toMap();
  }

  @Override
  public String toString() {
    return measure + " " + most;
  }
}
