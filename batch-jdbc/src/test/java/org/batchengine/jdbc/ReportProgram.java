package org.batchengine.jdbc;

import java.time.ZoneId;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.BatchReports;
import org.batchengine.ManualEngine;
import org.batchengine.model.BatchId;
import org.batchengine.report.StatisticsQuery;

/** A host with little memory that reads a report and statistics, and says how long each took. */
final class ReportProgram {
  /** The first report of a process: hardly any of its code is compiled yet. */
  static final String COLD = "cold";

  static final String MADE = "made";
  static final String KEPT = "kept";
  static final String STATISTICS = "statistics";
  static final String SERIES = "series";

  private ReportProgram() {}

  /** URL, the ids of two batches. */
  public static void main(String[] args) {
    try (ManualEngine engine = BatchEngine.builder(JdbcBatchStore.open(args[0])).manual()) {
      BatchReports reports = engine.reports();
      BatchId first = BatchId.of(args[1]);
      BatchId second = BatchId.of(args[2]);
      time(COLD, () -> reports.of(first));
      time(MADE, () -> reports.of(second));
      time(KEPT, () -> reports.of(second));
      StatisticsQuery perDay = StatisticsQuery.all().perDay(ZoneId.of("Europe/Berlin"));
      for (int i = 0; i < 3; i++) {
        time(STATISTICS, () -> reports.statistics(StatisticsQuery.all()));
        time(SERIES, () -> reports.statistics(perDay));
      }
    }
    System.exit(0);
  }

  private static void time(String what, Supplier<Object> call) {
    long began = System.nanoTime();
    Objects.requireNonNull(call.get());
    System.out.println(what + " " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
    System.out.flush();
  }
}
