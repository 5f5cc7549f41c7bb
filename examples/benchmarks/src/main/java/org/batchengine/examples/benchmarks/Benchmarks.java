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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.h2.Driver;
import org.jobrunr.configuration.JobRunr;
import org.postgresql.PGConnection;
import org.springframework.batch.core.job.Job;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the engine beside plain JDBC and its peers: in rounds, so that what disturbs the machine
 * disturbs all, and each time in a new JVM on a fresh database.
 */
@Command(
    name = "benchmarks",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Measures contestants by turns, and prints medians. The last line is JSON.")
public final class Benchmarks implements Callable<Integer> {

  @Option(names = "--contestants", split = ",", description = "Names, or those of a family.")
  private List<String> contestants =
      List.of("raw", "ours", "spring-batch", "db-scheduler", "jobrunr");

  @Option(names = "--workloads", split = ",", description = "Of ${COMPLETION-CANDIDATES}.")
  private List<Workload> workloads = List.of(Workload.values());

  @Option(names = "--databases", split = ",", description = "postgresql, h2.")
  private List<String> databases = List.of(Server.POSTGRES, Server.H2);

  @Option(names = "--sizes", split = ",", description = "Items; each workload has its own.")
  private List<Integer> sizes = List.of();

  @Option(names = "--rounds", description = "How often each is measured.")
  private int rounds = 3;

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
    Set<Contestants> chosen = new LinkedHashSet<>();
    contestants.forEach(name -> chosen.addAll(Contestants.named(name)));
    describe();
    for (String name : databases) {
      try (Server server = Server.start(name)) {
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

  private void run(Server server, String database, Workload workload, Set<Contestants> chosen)
      throws InterruptedException {
    for (int items : sizes.isEmpty() ? workload.sizes() : sizes) {
      Report.Heading heading = new Report.Heading(workload, database, items);
      for (int round = 1; round <= rounds; round++) {
        for (Contestants contestant : chosen) {
          if (workload.takes(contestant) && contestant.runsOn(database)) {
            System.err.printf("%s, round %d: %s%n", heading, round, contestant.label());
            measure(server, heading, contestant);
          }
        }
      }
    }
  }

  /** Measures once. A failure is shown, and the others go on. */
  private void measure(Server server, Report.Heading heading, Contestants contestant)
      throws InterruptedException {
    try {
      Workload workload = heading.workload();
      Workload.Course course =
          new Workload.Course(
              server,
              contestant,
              Math.min(heading.items(), contestant.mostItems()),
              flags(workload));
      try {
        report.add(heading, contestant, workload.run(course));
      } finally {
        course.end();
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failed = true;
      System.err.println(contestant.label() + " failed: " + e);
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
    report.about("rounds", rounds);
    report.about("libraries", libraries());
  }

  private static String memory() {
    long bytes =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
            .getTotalMemorySize();
    return String.format(Locale.ROOT, "%.0f GiB", bytes / (double) (1 << 30));
  }

  /** The files that they come in, which have their versions. */
  private static List<String> libraries() {
    List<String> names = new ArrayList<>();
    Stream.of(Job.class, Scheduler.class, JobRunr.class, PGConnection.class, Driver.class)
        .map(type -> type.getProtectionDomain().getCodeSource())
        .map(CodeSource::getLocation)
        .forEach(place -> names.add(Path.of(place.getPath()).getFileName().toString()));
    return names;
  }

  private static int explain(Exception failure, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    if (failure instanceof IllegalArgumentException) {
      line.getErr().println(failure.getMessage());
      return 2;
    }
    throw failure;
  }
}
