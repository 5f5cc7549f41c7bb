package org.batchengine.examples.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import org.batchengine.Batches;
import org.batchengine.JobType;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.report.BatchReport;
import org.batchengine.report.SlowItem;

/** The result of a batch: its report, and what its outputs add up to. */
final class Summary {
  private static final int MOST_SLOWEST = 5;

  /** Java 1.1 has 45. */
  private static final int CLASS_VERSION_OF_JAVA_0 = 44;

  private static final int MOST_ERROR_GROUPS = 10;

  /** The last line of stdout, for programs. */
  record Outcome(
      String batch,
      String state,
      long total,
      long succeeded,
      long failed,
      long attempts,
      boolean resumed,
      double seconds) {}

  private final BatchJob job;
  private final BatchReport report;
  private long bytes;
  private long compared;
  private long classes;
  private int classVersion;

  private Summary(BatchJob job, BatchReport report) {
    this.job = job;
    this.report = report;
  }

  static Summary of(Batches batches, JobType<String, Findings> type, BatchJob job) {
    Summary summary = new Summary(job, batches.reports().of(job.id()));
    batches.results(type, job.id()).forEach(summary::add);
    return summary;
  }

  /** Prints it for people, and one JSON object for programs as the last line. */
  void print(PrintStream out, boolean resumed, Duration elapsed, boolean inFull)
      throws JsonProcessingException {
    BatchCounts counts = job.counts();
    long attempts =
        report.attempts().entrySet().stream()
            .mapToLong(each -> each.getKey() * each.getValue())
            .sum();
    double seconds = elapsed.toMillis() / 1000.0;
    line(out, "Batch %s%s: %s", job.id(), resumed ? ", continued" : "", job.state());
    job.stateReason().ifPresent(reason -> line(out, "  %s", reason));
    if (counts.total() == 0) {
      line(out, "  This folder contains no jar and no pom.");
    }
    line(
        out,
        "  %,d files in %.1f s: %,d succeeded, %,d failed, %,d attempts",
        counts.total(),
        seconds,
        counts.succeeded(),
        counts.failed(),
        attempts);
    line(
        out,
        "  %,d bytes read, %,d SHA-1 hashes matched, %,d classes%s",
        bytes,
        compared,
        classes,
        classes == 0 ? "" : " up to Java " + (classVersion - CLASS_VERSION_OF_JAVA_0));
    report
        .durationSeconds()
        .ifPresent(
            times ->
                line(
                    out,
                    "  A file took %.1f ms on average; half took at most %.1f ms, 95 %% %.1f ms",
                    times.mean() * 1e3,
                    times.p50() * 1e3,
                    times.p95() * 1e3));
    printSlowest(out);
    printErrors(out);
    if (inFull) {
      new ReportPage(out).print(report);
    }
    Outcome outcome =
        new Outcome(
            job.id().toString(),
            job.state().name(),
            counts.total(),
            counts.succeeded(),
            counts.failed(),
            attempts,
            resumed,
            seconds);
    out.println(new ObjectMapper().writeValueAsString(outcome));
    out.flush();
  }

  private void printSlowest(PrintStream out) {
    if (!report.slowest().isEmpty()) {
      line(out, "Slowest:");
      report.slowest().stream().limit(MOST_SLOWEST).forEach(slow -> printSlow(out, slow));
    }
  }

  /** Paths are the keys of items. */
  private static void printSlow(PrintStream out, SlowItem slow) {
    line(out, "  %8.3f s  %s", slow.duration().toNanos() / 1e9, slow.key().orElse("?"));
  }

  private void printErrors(PrintStream out) {
    if (!report.errors().isEmpty()) {
      line(out, "Errors:");
      report.errors().stream()
          .limit(MOST_ERROR_GROUPS)
          .forEach(
              error ->
                  line(
                      out,
                      "  %,8d  %5.1f %%  %s: %s",
                      error.count(),
                      error.share() * 100,
                      error.type(),
                      error.sample()));
    }
  }

  private static void line(PrintStream out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  private void add(BatchItem<String, Findings> item) {
    item.output().ifPresent(this::add);
  }

  private void add(Findings findings) {
    bytes += findings.bytes();
    compared += findings.sha1() == Findings.Checksum.MATCHED ? 1 : 0;
    if (findings.jar() != null) {
      classes += findings.jar().classes();
      classVersion = Math.max(classVersion, findings.jar().classVersion());
    }
  }
}
