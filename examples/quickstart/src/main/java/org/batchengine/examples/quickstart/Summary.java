package org.batchengine.examples.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.Queue;
import org.batchengine.Batches;
import org.batchengine.JobType;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ErrorGroup;

/** The result of a batch, collected in one pass over its items. */
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

  private record Timed(Duration duration, String path) {}

  private final BatchJob job;
  private final List<ErrorGroup> errors;
  private final Queue<Timed> slowest = new PriorityQueue<>(Comparator.comparing(Timed::duration));
  private long attempts;
  private long bytes;
  private long compared;
  private long classes;
  private int classVersion;

  private Summary(BatchJob job, List<ErrorGroup> errors) {
    this.job = job;
    this.errors = errors;
  }

  static Summary of(Batches batches, JobType<String, Findings> type, BatchJob job) {
    Summary summary = new Summary(job, batches.errorGroups(job.id(), MOST_ERROR_GROUPS));
    batches.results(type, job.id()).forEach(summary::add);
    return summary;
  }

  /** Prints it for people, and one JSON object for programs as the last line. */
  void print(PrintStream out, boolean resumed, Duration elapsed) throws JsonProcessingException {
    BatchCounts counts = job.counts();
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
    printSlowest(out);
    printErrors(out);
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
    if (!slowest.isEmpty()) {
      line(out, "Slowest:");
      slowest.stream()
          .sorted(Comparator.comparing(Timed::duration).reversed())
          .forEach(
              timed -> line(out, "  %8.3f s  %s", timed.duration().toNanos() / 1e9, timed.path()));
    }
  }

  private void printErrors(PrintStream out) {
    if (!errors.isEmpty()) {
      line(out, "Errors:");
      errors.forEach(
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
    attempts += item.attempts();
    item.output().ifPresent(this::add);
    item.duration().ifPresent(duration -> slowest.add(new Timed(duration, item.input())));
    if (slowest.size() > MOST_SLOWEST) {
      slowest.remove();
    }
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
