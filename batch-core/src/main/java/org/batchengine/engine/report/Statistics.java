package org.batchengine.engine.report;

import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.batchengine.model.BatchState;
import org.batchengine.report.BatchStatistics;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.report.StatisticsStep;
import org.batchengine.store.BatchGroup;

/** Adds up what a store has counted. */
public final class Statistics {
  private Statistics() {}

  /** {@return the statistics that the query asks for} */
  public static BatchStatistics of(StatisticsQuery query, List<BatchGroup> groups) {
    Map<BatchState, Long> byState = new EnumMap<>(BatchState.class);
    Map<String, Long> byType = new TreeMap<>();
    Map<Instant, Map<BatchState, Long>> series = new TreeMap<>();
    for (BatchGroup group : groups) {
      byState.merge(group.state(), group.batches(), Long::sum);
      byType.merge(group.type(), group.batches(), Long::sum);
      query
          .stepOf(group.createdAt())
          .ifPresent(
              step ->
                  series
                      .computeIfAbsent(step, first -> new EnumMap<>(BatchState.class))
                      .merge(group.state(), group.batches(), Long::sum));
    }
    return new BatchStatistics(
        byState,
        byType,
        series.entrySet().stream()
            .map(step -> new StatisticsStep(step.getKey(), step.getValue()))
            .toList(),
        query.toMap());
  }
}
