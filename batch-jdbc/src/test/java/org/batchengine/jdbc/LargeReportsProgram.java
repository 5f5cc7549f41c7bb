package org.batchengine.jdbc;

import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.batchengine.BatchEngine;
import org.batchengine.BatchReports;
import org.batchengine.model.BatchId;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.ExportFormat;

/** A host with little memory that compares and exports large batches, and says how long it took. */
final class LargeReportsProgram {
  private LargeReportsProgram() {}

  /** URL, two batches with the same order of keys, and one with another order. */
  public static void main(String[] args) throws Exception {
    BatchId a = BatchId.of(args[1]);
    BatchId b = BatchId.of(args[2]);
    BatchId shuffled = BatchId.of(args[3]);
    try (BatchEngine engine = BatchEngine.builder(JdbcBatchStore.open(args[0])).build()) {
      BatchReports reports = engine.reports();
      for (int round = 1; round <= 2; round++) {
        long began = System.nanoTime();
        BatchComparison compared = reports.compare(a, b);
        say("compare", began, compared.unchanged() + " unchanged");
      }
      long began = System.nanoTime();
      say("differences", began, reports.differences(a, b).count() + " differences");
      began = System.nanoTime();
      say("shuffled", began, reports.compare(a, shuffled).unchanged() + " unchanged");
      Map<String, ExportFormat> formats =
          Map.of(
              "csv", ExportFormat.csv(),
              "jsonLines", ExportFormat.jsonLines(),
              "xlsx", ExportFormat.xlsx());
      for (Map.Entry<String, ExportFormat> format : formats.entrySet()) {
        began = System.nanoTime();
        long items = reports.export(a, format.getValue(), OutputStream.nullOutputStream());
        say(format.getKey(), began, items + " items");
      }
    }
    System.exit(0);
  }

  private static void say(String what, long began, String result) {
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    System.out.println(what + " " + millis + " ms, " + result);
  }
}
