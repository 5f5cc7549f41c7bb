package org.batchengine.examples.benchmarks;

import com.github.kagkarlsson.scheduler.Scheduler;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.h2.Driver;
import org.jobrunr.configuration.JobRunr;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.springframework.batch.core.job.Job;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the engine beside plain JDBC and its peers: in rounds, so that what disturbs the machine
 * disturbs all alike, each time in a new JVM on a fresh database.
 */
@Command(
    name = "benchmarks",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Measures contestants in turn, and prints medians. The last line is JSON.")
public final class Benchmarks implements Callable<Integer> {

  private static final int PAIRS = 9;

  @Option(names = "--contestants", split = ",", description = "Names, or those of a family.")
  private List<String> contestants =
      List.of("raw", "ours", "spring-batch", "db-scheduler", "jobrunr");

  @Option(names = "--workloads", split = ",", description = "Of ${COMPLETION-CANDIDATES}.")
  private List<Workload> workloads = List.of(Workload.values());

  @Option(
      names = "--against",
      paramLabel = "DIR",
      description =
          "A built checkout of this project: measures its engine and this one in interleaved pairs,"
              + " by default W1 with 1,000,000 items, "
              + PAIRS
              + " times.")
  private @Nullable Path against;

  @Option(names = "--databases", split = ",", description = "postgresql, h2.")
  private List<String> databases = List.of(Server.POSTGRES, Server.H2);

  @Option(names = "--sizes", split = ",", description = "Items; each workload has its own.")
  private List<Integer> sizes = List.of();

  @Option(names = "--rounds", description = "How often each is measured; 3, or 9 with --against.")
  private @Nullable Integer rounds;

  @Option(names = "--warm", description = "Rounds in one JVM; the last is shown beside the first.")
  private int warm = 1;

  @Option(
      names = "--foreign-cpu",
      description = "Percent of the processors that others may use in a round that counts.")
  private double mostForeignPercent = 5;

  @Option(names = "--heap", description = "-Xmx of each contestant's JVM.")
  private String heap = "2g";

  @Option(names = "--jvm-flags", split = ",", description = "More flags, the same for all.")
  private List<String> jvmFlags = List.of();

  private final Report report = new Report();
  private boolean failed;

  /** Runs it; says with {@code --help} how to start it. */
  public static void main(String[] args) {
    int exitCode =
        new CommandLine(new Benchmarks())
            .setExecutionExceptionHandler(Benchmarks::explain)
            .execute(args);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  @Override
  public Integer call() throws Exception {
    if (warm < 1) {
      throw new IllegalArgumentException("--warm is " + warm + ", and must be at least 1");
    }
    Set<Contestants> chosen = new LinkedHashSet<>();
    if (against != null) {
      compareWith(against);
      chosen.addAll(List.of(Contestants.OURS, Contestants.AGAINST));
    } else {
      contestants.forEach(name -> chosen.addAll(Contestants.named(name)));
    }
    describe();
    for (String name : databases) {
      try (Server server = Server.start(name, against != null)) {
        report.about(name, server.settings());
        for (Workload workload : workloads) {
          if (workload.runsOn(name)) {
            run(server, name, workload, chosen);
          }
        }
      }
    }
    report.print(System.out);
    return failed ? 1 : 0;
  }

  private void compareWith(Path checkout) {
    for (String module : List.of("batch-core", "batch-jdbc")) {
      Path classes = TrialProcess.classes(checkout, module);
      if (!Files.isDirectory(classes)) {
        throw new IllegalArgumentException(
            "--against %s is no built checkout: %s is missing; run mvn compile there"
                .formatted(checkout, classes));
      }
    }
    if (workloads.size() == Workload.values().length) {
      workloads = List.of(Workload.W1);
      sizes = sizes.isEmpty() ? List.of(1_000_000) : sizes;
    }
  }

  private int rounds() {
    return rounds != null ? rounds : against == null ? 3 : PAIRS;
  }

  private void run(Server server, String database, Workload workload, Set<Contestants> chosen)
      throws InterruptedException {
    int before = 0;
    for (int items : sizes.isEmpty() ? workload.sizes() : sizes) {
      Report.Heading heading = new Report.Heading(workload, database, items);
      for (int round = 1; round <= rounds(); round++) {
        Map<Contestants, Figures> measured = new LinkedHashMap<>();
        for (Contestants contestant : chosen) {
          boolean isKnown = before >= contestant.mostItems();
          if (workload.takes(contestant, database) && !isKnown) {
            System.err.printf("%s, round %d: %s%n", heading, round, contestant.label());
            measure(server, heading, contestant)
                .ifPresent(figures -> measured.put(contestant, figures));
          }
        }
        report.add(heading, round, measured, mostForeignPercent);
      }
      before = items;
    }
  }

  /** Measures once. A failure is shown, and the others go on. */
  private Optional<Figures> measure(Server server, Report.Heading heading, Contestants contestant)
      throws InterruptedException {
    try {
      Workload workload = heading.workload();
      Workload.Course course =
          new Workload.Course(
              server,
              contestant,
              Math.min(heading.items(), contestant.mostItems()),
              new Workload.Setting(flags(workload), warm, against));
      try {
        return Optional.of(workload.run(course));
      } finally {
        course.end();
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failed = true;
      System.err.println(contestant.label() + " failed: " + e);
      return Optional.empty();
    }
  }

  private List<String> flags(Workload workload) {
    List<String> flags = new ArrayList<>(jvmFlags);
    flags.add("-Xmx" + workload.heap(heap));
    return flags;
  }

  private void describe() throws IOException {
    report.about("date", LocalDate.now(ZoneId.systemDefault()).toString());
    report.about(
        "machine",
        "%d cores, %s, %s, temporary files on %s"
            .formatted(
                Runtime.getRuntime().availableProcessors(),
                memory(),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Files.getFileStore(Path.of(System.getProperty("java.io.tmpdir"))).type()));
    report.about(
        "java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    report.about("heap", heap);
    report.about("JVM flags", jvmFlags);
    report.about("rounds", rounds() + (warm == 1 ? "" : ", each of %d in one JVM".formatted(warm)));
    report.about("libraries", libraries());
  }

  private static String memory() {
    long bytes =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
            .getTotalMemorySize();
    return String.format(Locale.ROOT, "%.0f GiB", bytes / (double) (1 << 30));
  }

  /** Their files, whose names have the versions. */
  private static List<String> libraries() {
    List<String> names = new ArrayList<>();
    Stream.of(Job.class, Scheduler.class, JobRunr.class, PGConnection.class, Driver.class)
        .map(type -> type.getProtectionDomain().getCodeSource())
        .map(CodeSource::getLocation)
        .forEach(place -> names.add(Path.of(place.getPath()).getFileName().toString()));
    return names;
  }

  static int explain(Exception failure, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    if (failure instanceof IllegalArgumentException) {
      line.getErr().println(failure.getMessage());
      return 2;
    }
    throw failure;
  }
}
