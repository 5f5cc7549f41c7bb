package org.batchengine.examples.quickstart;

import java.io.IOException;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.batchengine.Batches;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;

/** Shows a batch's progress on stderr: as a bar on a terminal, otherwise line by line. */
interface Progress extends AutoCloseable {

  void show(BatchJob job);

  /** How often to update it. */
  Duration interval();

  @Override
  void close();

  /** Waits for a batch to end and shows its progress meanwhile. */
  static BatchJob follow(Batches batches, BatchId id) throws InterruptedException {
    BatchJob job = batches.status(id);
    try (Progress progress = onStderr(job)) {
      while (!job.isTerminal() && job.state() != BatchState.PAUSED) {
        progress.show(job);
        job = batches.await(id, progress.interval());
      }
      progress.show(job);
    }
    return job;
  }

  private static Progress onStderr(BatchJob job) {
    return stderrIsTerminal() ? new Bar(job) : new Lines();
  }

  /** A bar with rate and time left. */
  final class Bar implements Progress {
    private final ProgressBar bar;

    Bar(BatchJob job) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("Audit")
              .setUnit(" files", 1)
              .setInitialMax(job.counts().total())
              .startsFrom(job.counts().processed(), Duration.ZERO)
              .setUpdateIntervalMillis(200)
              .showSpeed()
              .build();
    }

    @Override
    public void show(BatchJob job) {
      bar.stepTo(job.counts().processed());
      bar.setExtraMessage(", " + job.counts().failed() + " failed");
    }

    @Override
    public Duration interval() {
      return Duration.ofMillis(200);
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  /** A line for files and pipes. */
  final class Lines implements Progress {
    @Override
    public void show(BatchJob job) {
      BatchCounts counts = job.counts();
      String pace =
          job.eta()
              .map(
                  left ->
                      ", %.0f per second, %d s left"
                          .formatted(job.itemsPerSecond(), left.toSeconds()))
              .orElse("");
      System.err.printf(
          "%s: %,d of %,d files, %,d failed%s%n",
          job.state(), counts.processed(), counts.total(), counts.failed(), pace);
    }

    @Override
    public Duration interval() {
      return Duration.ofSeconds(2);
    }

    @Override
    public void close() {}
  }

  /** Asks the system, because System.console() only knows about stdin and stdout. */
  private static boolean stderrIsTerminal() {
    try {
      return new ProcessBuilder("test", "-t", "2").inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false; // not a POSIX system: use lines
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
