package org.batchengine.examples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.examples.benchmarks.Trial.Part;
import org.jspecify.annotations.Nullable;

/**
 * One contestant in its own JVM. Its argument is a {@link Trial}; the last line on stdout is its
 * {@link Figures}.
 */
final class TrialMain {
  /** Said when the journal has as many finished items as the trial wants. */
  static final String ALARM = "alarm";

  /** Said when all is made and opened; it then waits for a line. */
  static final String READY = "ready";

  /** What the figures of the last of several rounds begin with. */
  static final String WARM = "warm ";

  static final String FOREIGN_PERCENT = "foreign CPU %";

  private final Trial trial;
  private final MeasuredDatabase database;
  private final Work work;
  private final Figures figures = new Figures();
  private final @Nullable Connection counting;

  private TrialMain(Trial trial, String url) throws IOException, SQLException {
    this.trial = trial;
    this.database = new MeasuredDatabase(url);
    this.work = new Work(trial.waitMillis(), journal(trial.journal()));
    this.counting = trial.countsStatements() ? database.countStatements() : null;
  }

  private @Nullable Journal journal(@Nullable String file) throws IOException {
    return file == null
        ? null
        : new Journal(Path.of(file), trial.alarmAfter(), () -> System.out.println(ALARM));
  }

  /** Runs one trial. */
  @SuppressWarnings("CatchAndPrintStackTrace") // stderr is that of the whole program
  public static void main(String[] args) {
    int exitCode = 1;
    try {
      System.out.println(run(Trial.of(args[0])).toJson());
      exitCode = 0;
    } catch (Exception e) {
      e.printStackTrace();
    } finally {
      System.exit(exitCode); // some contestants leave threads
    }
  }

  /** {@return the figures of the first round, and beside them those of the last} */
  private static Figures run(Trial trial) throws Exception {
    List<Figures> rounds = new ArrayList<>();
    for (String url : trial.urls()) {
      TrialMain round = new TrialMain(trial, url);
      round.run();
      rounds.add(round.figures);
    }
    Figures first = rounds.get(0);
    if (rounds.size() > 1) {
      rounds.get(rounds.size() - 1).values.forEach((name, value) -> first.put(WARM + name, value));
    }
    return first;
  }

  private void run() throws Exception {
    long startedAtMillis = System.currentTimeMillis();
    long server = database.serverProcess();
    CpuTimes cpu = CpuTimes.now(server);
    try (Contestant contestant = Contestants.of(trial.contestant()).make(database, work, trial)) {
      figures.tuning = contestant.tuning();
      contestant.open();
      switch (trial.part()) {
        case WHOLE, WRITES -> {
          submit(contestant);
          drain(contestant, server);
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
        case LATENCY -> ((Ours) contestant).latency(figures, trial.items());
        case IDLE -> ((Ours) contestant).idle(figures, database);
      }
    }
    cpu = CpuTimes.now(server).since(cpu);
    System.err.println("  " + cpu);
    figures.put(FOREIGN_PERCENT, cpu.foreignPercent());
    if (counting != null) {
      counting.close();
    }
    if (trial.part() == Part.WHOLE || trial.part() == Part.WRITES) {
      figures.put("disk B/item", (double) database.diskBytes() / trial.items());
      if (database.isPostgres()) {
        figures.put("dead rows", database.deadRows(trial.items()));
      }
    }
  }

  private void submit(Contestant contestant) throws Exception {
    database.checkpoint();
    long log = database.logBytes();
    long statements = statements();
    Stopwatch watch = Stopwatch.start();
    contestant.submit(trial.items());
    double seconds = watch.seconds();
    figures.put("items", trial.items()).put("submit/s", trial.items() / seconds);
    putStatements("submit", statements);
    putLog("submit WAL B/item", log);
    figures.put("submit s", seconds);
  }

  private void drain(Contestant contestant, long server) throws Exception {
    database.checkpoint();
    long log = database.logBytes();
    long statements = statements();
    CpuTimes cpu = CpuTimes.now(server);
    Stopwatch watch = Stopwatch.start();
    contestant.drain();
    double seconds = watch.seconds();
    cpu = CpuTimes.now(server).since(cpu);
    if (contestant.finished() != trial.items()) {
      throw new IllegalStateException(
          "%d of %d items are durably done".formatted(contestant.finished(), trial.items()));
    }
    figures
        .put("drain/s", trial.items() / seconds)
        .put("end-to-end/s", trial.items() / (seconds + figures.get("submit s")));
    putStatements("drain", statements);
    putLog("drain WAL B/item", log);
    figures.put("drain s", seconds).put("s to the first item", watch.secondsUntil(work.firstAt()));
    cpu.addTo(figures, trial.items());
    if (trial.waitMillis() > 0) {
      double ideal = trial.items() * trial.waitMillis() / 1e3 / trial.concurrency();
      figures.put("share of ideal", ideal / seconds);
    }
    putMemory();
  }

  private long statements() throws SQLException {
    return counting == null ? 0 : database.statements(counting);
  }

  private void putStatements(String verb, long before) throws SQLException {
    if (counting != null) {
      figures.put(verb + " statements/1,000 items", (statements() - before) * 1e3 / trial.items());
    }
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
