package org.batchengine.examples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One contestant in its own JVM. Its argument is a {@link Trial}; the last line on stdout is its
 * {@link Figures}.
 */
final class TrialMain {
  /** Said when half of the items have finished. */
  static final String HALF = "half";

  /** Said when all is made and opened; it then waits for a line. */
  static final String READY = "ready";

  private final Trial trial;
  private final MeasuredDatabase database;
  private final Work work;
  private final Figures figures = new Figures();

  private TrialMain(Trial trial) throws IOException {
    this.trial = trial;
    this.database = new MeasuredDatabase(trial.url());
    this.work = new Work(trial.waitMillis(), journal(trial.journal()));
  }

  private @Nullable Journal journal(@Nullable String file) throws IOException {
    return file == null
        ? null
        : new Journal(Path.of(file), trial.items() / 2, () -> System.out.println(HALF));
  }

  /** Runs one trial. */
  @SuppressWarnings("CatchAndPrintStackTrace") // stderr is that of the whole program
  public static void main(String[] args) {
    int exitCode = 1;
    try {
      TrialMain main = new TrialMain(Trial.of(args[0]));
      main.run();
      System.out.println(main.figures.toJson());
      exitCode = 0;
    } catch (Exception e) {
      e.printStackTrace();
    } finally {
      System.exit(exitCode); // some contestants leave threads
    }
  }

  private void run() throws Exception {
    long startedAtMillis = System.currentTimeMillis();
    try (Contestant contestant = Contestants.of(trial.contestant()).make(database, work, trial)) {
      figures.tuning = contestant.tuning();
      contestant.open();
      switch (trial.part()) {
        case WHOLE -> {
          submit(contestant);
          drain(contestant);
        }
        case UP_TO_A_KILL -> {
          contestant.submit(trial.items());
          contestant.drain();
        }
        case AFTER_A_KILL -> {
          figures.put("started at", startedAtMillis);
          figures.put("opened at", System.currentTimeMillis());
          contestant.drain();
        }
        case SUBMIT -> contestant.submit(trial.items());
        case JOIN -> {
          System.out.println(READY);
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
          Stopwatch watch = Stopwatch.start();
          contestant.drain();
          figures.put("seconds", watch.seconds());
        }
        case SMALL_BATCHES -> ((Ours) contestant).smallBatches(figures, trial.items() / 10, 10);
        case READS -> {
          contestant.submit(trial.items());
          ((Ours) contestant).reads(figures);
        }
      }
    }
    if (trial.part() == Trial.Part.WHOLE) {
      figures.put("disk B/item", (double) database.diskBytes() / trial.items());
      if (database.isPostgres()) {
        figures.put("dead rows", database.deadRows(trial.items()));
      }
    }
  }

  private void submit(Contestant contestant) throws Exception {
    database.checkpoint();
    long log = database.logBytes();
    Stopwatch watch = Stopwatch.start();
    contestant.submit(trial.items());
    double seconds = watch.seconds();
    figures.put("items", trial.items()).put("submit/s", trial.items() / seconds);
    putLog("submit WAL B/item", log);
    figures.put("submit s", seconds);
  }

  private void drain(Contestant contestant) throws Exception {
    database.checkpoint();
    long log = database.logBytes();
    CpuTimes cpu = CpuTimes.now();
    contestant.drain();
    double seconds = new Stopwatch(work.firstAt()).seconds();
    cpu = CpuTimes.now().since(cpu);
    if (contestant.finished() != trial.items()) {
      throw new IllegalStateException(
          "%d of %d items are durably done".formatted(contestant.finished(), trial.items()));
    }
    figures
        .put("drain/s", trial.items() / seconds)
        .put("end-to-end/s", trial.items() / (seconds + figures.get("submit s")));
    putLog("drain WAL B/item", log);
    figures.put("drain s", seconds);
    cpu.addTo(figures, trial.items());
    if (trial.waitMillis() > 0) {
      double ideal = trial.items() * trial.waitMillis() / 1e3 / trial.concurrency();
      figures.put("share of ideal", ideal / seconds);
    }
    putMemory();
  }

  private void putLog(String name, long before) throws Exception {
    if (database.isPostgres()) {
      figures.put(name, (double) (database.logBytes() - before) / trial.items());
    }
  }

  private void putMemory() throws IOException {
    Path status = Path.of("/proc/self/status"); // of Linux
    if (Files.exists(status)) {
      Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .forEach(
              line -> figures.put("peak MiB", Long.parseLong(line.replaceAll("\\D", "")) / 1024.0));
    }
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    figures.put("live heap MiB", heap / (1024.0 * 1024));
  }
}
