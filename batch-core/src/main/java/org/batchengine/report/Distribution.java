package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How values of items are spread. {@code min}, {@code mean} and {@code max} are exact. A percentile
 * is at most 1 % off the smallest value that is not exceeded by that share of the items: values are
 * counted in buckets that grow by 2 %, {@code ceil(ln(value) / ln(1.02))}.
 *
 * @param items how many items have a value; at least 1
 * @param min the smallest value
 * @param mean the mean
 * @param p50 the median
 * @param p95 what 95 % of the items do not exceed
 * @param p99 what 99 % of the items do not exceed
 * @param max the largest value
 * @param histogram exact counts, from the lowest bar to the highest, of which neither is empty. The
 *     bars are about equally wide on a logarithmic scale: ten per power of ten, or three or one if
 *     there would otherwise be more than 24. A value on a boundary belongs to the bar further from
 *     zero; zero has a bar of its own. A bar's share is of all items that have a value
 */
public record Distribution(
    long items,
    double min,
    double mean,
    double p50,
    double p95,
    double p99,
    double max,
    List<HistogramBar> histogram) {

  /** Rejects a distribution of nothing. */
  public Distribution {
    if (items < 1) {
      throw new IllegalArgumentException("items " + items + " is out of range: at least 1");
    }
    histogram = List.copyOf(requireNonNull(histogram, "histogram"));
  }

  /**
   * Returns everything as a map that any JSON library can print: {@code items}, {@code min}, {@code
   * mean}, {@code p50}, {@code p95}, {@code p99}, {@code max}, and {@code histogram}, a list of
   * {@linkplain HistogramBar#toMap() flat maps}. The keys are part of the API.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("items", items);
    map.put("min", min);
    map.put("mean", mean);
    map.put("p50", p50);
    map.put("p95", p95);
    map.put("p99", p99);
    map.put("max", max);
    map.put("histogram", histogram.stream().map(HistogramBar::toMap).toList());
    return Collections.unmodifiableMap(map);
  }
}
