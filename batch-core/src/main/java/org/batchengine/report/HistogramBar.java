package org.batchengine.report;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One bar of a histogram.
 *
 * @param from where it begins
 * @param to where it ends; equal to {@code from} if the bar is for one value only
 * @param items how many items are in it
 * @param share their share of what the histogram is about, from 0 to 1
 */
public record HistogramBar(double from, double to, long items, double share) {

  /**
   * Returns everything as a flat map that any JSON library can print: {@code from}, {@code to},
   * {@code items} and {@code share}. The keys are part of the API.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("from", from);
    map.put("to", to);
    map.put("items", items);
    map.put("share", share);
    return Collections.unmodifiableMap(map);
  }
}
