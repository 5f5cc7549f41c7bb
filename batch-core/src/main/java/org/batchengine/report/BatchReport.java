package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ErrorGroup;

/**
 * What a person wants to see of one run of a batch: what became of its items, and how long that
 * took. Of a batch that has not ended it is about the items settled so far. Percentiles are at most
 * 1 % off (see {@link Distribution}); everything else is exact.
 *
 * @param batch the overview: state, run, counts, rates, times, and the exact sum and mean of each
 *     measure. If the batch has not ended, it is as it was just before the items were read
 * @param errors the 20 most frequent kinds of failure, each with its share of the failures
 * @param quality ten bars of equal width from 0 to 1, empty ones too, each with its share of all
 *     items of the batch; 1 belongs to the last. Empty if no item has a quality. That of a failed
 *     item does not count
 * @param durationSeconds how long the last attempts of items took, in seconds; empty if no engine
 *     saw one end
 * @param measures how the items' {@linkplain BatchJob#measures() measures} are spread, by name;
 *     without those for which no settled item has a value
 * @param attempts how many items were settled after so many attempts, in ascending order of
 *     attempts: 0 if they were cancelled before the first. More than 100 count as 100
 * @param slowest the 20 items whose last attempts took longest, slowest first
 * @param timeline when items were settled; empty if none is
 */
public record BatchReport(
    BatchJob batch,
    List<ErrorGroup> errors,
    List<HistogramBar> quality,
    Optional<Distribution> durationSeconds,
    Map<String, Distribution> measures,
    Map<Integer, Long> attempts,
    List<SlowItem> slowest,
    Optional<Timeline> timeline) {

  /** Copies the collections; rejects null. */
  public BatchReport {
    requireNonNull(batch, "batch");
    errors = List.copyOf(requireNonNull(errors, "errors"));
    quality = List.copyOf(requireNonNull(quality, "quality"));
    requireNonNull(durationSeconds, "durationSeconds");
    measures = Collections.unmodifiableMap(new LinkedHashMap<>(measures));
    attempts = Collections.unmodifiableMap(new TreeMap<>(attempts));
    slowest = List.copyOf(requireNonNull(slowest, "slowest"));
    requireNonNull(timeline, "timeline");
  }

  /**
   * Returns everything as a map that any JSON library can print: text, numbers and booleans, and
   * lists of flat maps. Absent values have no key.
   *
   * <p>The keys are part of the API; later versions may add keys. First come those of {@link
   * BatchJob#toMap()}, among them {@code measure_usd_sum}, {@code measure_usd_items} and {@code
   * measure_usd_mean} for a measure {@code usd}. For each measure that settled items have: {@code
   * measure_usd_min}, {@code measure_usd_p50}, {@code measure_usd_p95}, {@code measure_usd_p99},
   * {@code measure_usd_max}, {@code measure_usd_histogram}. Then {@code duration_items}, {@code
   * duration_min_seconds}, {@code duration_mean_seconds}, {@code duration_p50_seconds}, {@code
   * duration_p95_seconds}, {@code duration_p99_seconds}, {@code duration_max_seconds}, {@code
   * duration_histogram}, {@code errors}, {@code quality_histogram}, {@code attempts}, a list of
   * {@code attempts} and {@code items}, {@code slowest}, {@code timeline_step_seconds}, {@code
   * timeline}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(batch.toMap());
    measures.forEach((name, values) -> put(map, "measure_" + name, "", values));
    durationSeconds.ifPresent(
        values -> {
          map.put("duration_items", values.items());
          put(map, "duration", "_seconds", values);
          map.put("duration_mean_seconds", values.mean());
        });
    map.put("errors", errors.stream().map(ErrorGroup::toMap).toList());
    map.put("quality_histogram", printable(quality));
    List<Map<String, Object>> counts = new ArrayList<>();
    attempts.forEach((made, items) -> counts.add(attempts(made, items)));
    map.put("attempts", Collections.unmodifiableList(counts));
    map.put("slowest", slowest.stream().map(SlowItem::toMap).toList());
    timeline.ifPresent(
        line -> {
          map.put("timeline_step_seconds", line.toMap().get("step_seconds"));
          map.put("timeline", line.toMap().get("steps"));
        });
    return Collections.unmodifiableMap(map);
  }

  private static void put(
      Map<String, Object> map, String name, String unit, Distribution distribution) {
    map.put(name + "_min" + unit, distribution.min());
    map.put(name + "_p50" + unit, distribution.p50());
    map.put(name + "_p95" + unit, distribution.p95());
    map.put(name + "_p99" + unit, distribution.p99());
    map.put(name + "_max" + unit, distribution.max());
    map.put(name + "_histogram", printable(distribution.histogram()));
  }

  private static List<Map<String, Object>> printable(List<HistogramBar> bars) {
    return bars.stream().map(HistogramBar::toMap).toList();
  }

  private static Map<String, Object> attempts(int made, long items) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("attempts", made);
    map.put("items", items);
    return Collections.unmodifiableMap(map);
  }

  /** {@return the report in short form for logs, without keys or error text} */
  @Override
  public String toString() {
    return "BatchReport[batch=%s, errors=%d]".formatted(batch, errors.size());
  }
}
