package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.batchengine.model.BatchState;

/**
 * How many batches there are.
 *
 * @param byState how many are in each state, zeros too
 * @param byType how many there are of each job type, by name; without those of which there is none
 * @param series one step for each hour or day in which any was created, earliest first; empty if no
 *     series was asked for
 * @param filter the query, unmodifiable
 */
public record BatchStatistics(
    Map<BatchState, Long> byState,
    Map<String, Long> byType,
    List<StatisticsStep> series,
    Map<String, Object> filter) {

  /** Copies the collections; rejects null. */
  public BatchStatistics {
    byState = complete(byState);
    byType = Collections.unmodifiableMap(new TreeMap<>(byType));
    series = List.copyOf(requireNonNull(series, "series"));
    filter = Collections.unmodifiableMap(new LinkedHashMap<>(filter));
  }

  static Map<BatchState, Long> complete(Map<BatchState, Long> byState) {
    Map<BatchState, Long> complete = new EnumMap<>(BatchState.class);
    for (BatchState state : BatchState.values()) {
      complete.put(state, byState.getOrDefault(state, 0L));
    }
    return Collections.unmodifiableMap(complete);
  }

  static long sum(Map<BatchState, Long> byState) {
    return byState.values().stream().mapToLong(Long::longValue).sum();
  }

  static void put(Map<String, Object> map, Map<BatchState, Long> byState) {
    byState.forEach((state, batches) -> map.put(state.name().toLowerCase(Locale.ROOT), batches));
  }

  /** {@return how many there are in all} */
  public long total() {
    return sum(byState);
  }

  /** {@return the share of all of them that is COMPLETED, from 0 to 1; 0 if there are none} */
  public double completionRate() {
    long total = total();
    return total == 0 ? 0 : (double) byState.getOrDefault(BatchState.COMPLETED, 0L) / total;
  }

  /**
   * Returns everything as a map that any JSON library can print: {@code total}, the name of each
   * state in lower case, {@code completion_rate}; {@code types}, a list of {@code type} and {@code
   * batches}; {@code series}, a list of {@linkplain StatisticsStep#toMap() flat maps}; {@code
   * filter}, a map. The keys are part of the API.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("total", total());
    put(map, byState);
    map.put("completion_rate", completionRate());
    List<Map<String, Object>> types = new ArrayList<>();
    byType.forEach((type, batches) -> types.add(ofType(type, batches)));
    map.put("types", Collections.unmodifiableList(types));
    map.put("series", series.stream().map(StatisticsStep::toMap).toList());
    map.put("filter", filter);
    return Collections.unmodifiableMap(map);
  }

  private static Map<String, Object> ofType(String type, long batches) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("type", type);
    map.put("batches", batches);
    return Collections.unmodifiableMap(map);
  }
}
