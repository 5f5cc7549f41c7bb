package org.batchengine.examples.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.Batches;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.RetryPolicy;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Audits a Maven repository: every jar and pom below a folder is an item of one batch. If the
 * process is killed, the next start continues that batch.
 */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description =
        "Audits every jar and pom below a folder. If stopped or killed, it continues at the next start.",
    footer =
        "Exit code: 0 if the batch COMPLETED, even with failed files; 2 for bad arguments; otherwise 1.")
public final class Quickstart implements Callable<Integer> {
  private static final JobType<String, Findings> AUDIT =
      JobType.of("audit-maven-repository", String.class, Findings.class);

  /** The metadata of a batch, common to all its items. An item is a path below the folder. */
  record Parameters(String folder) {}

  @Option(names = "--folder", paramLabel = "DIR", description = "The repository to audit.")
  private Path folder = Path.of(System.getProperty("user.home"), ".m2", "repository");

  @Option(names = "--url", paramLabel = "JDBC", description = "The database, H2 or PostgreSQL.")
  private String url = "jdbc:h2:./target/quickstart/batches";

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "How many files to audit at a time.")
  private int concurrency = Runtime.getRuntime().availableProcessors();

  @Option(names = "--item-delay-ms", paramLabel = "N", description = "Adds a delay to each file.")
  private int itemDelayMs;

  @Option(names = "--report", description = "Prints the report of the batch in full.")
  private boolean report;

  /** Runs the program; {@code --help} lists its arguments. */
  public static void main(String[] args) {
    int exitCode =
        new CommandLine(new Quickstart())
            .setExecutionExceptionHandler(Quickstart::explain)
            .execute(args);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  @Override
  public Integer call() throws Exception {
    checkArguments();
    long startedAt = System.nanoTime();
    try (BatchEngine engine = engine();
        StopSignal signal = StopSignal.closes(engine)) {
      Path root = folder.toRealPath();
      // Searched before the start, because a nearly finished batch could end unseen. An idempotency
      // key would not do, because it also finds a folder's batch that has ended.
      Optional<BatchJob> unfinished = unfinished(engine, root);
      engine.start();
      BatchId id = unfinished.map(BatchJob::id).orElseGet(() -> submit(engine, root));
      System.err.println((unfinished.isPresent() ? "Continuing batch " : "New batch ") + id);
      BatchJob job = Progress.follow(engine, id);
      Duration elapsed = Duration.ofNanos(System.nanoTime() - startedAt);
      Summary.of(engine, AUDIT, job).print(System.out, unfinished.isPresent(), elapsed, report);
      return job.state() == BatchState.COMPLETED ? 0 : 1;
    } catch (CancellationException stopped) {
      return 1;
    }
  }

  private void checkArguments() {
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException("--folder " + folder + " is not a directory");
    }
    if (itemDelayMs < 0) {
      throw new IllegalArgumentException(
          "--item-delay-ms " + itemDelayMs + " is out of range: at least 0");
    }
  }

  private BatchEngine engine() {
    JobOptions options =
        JobOptions.defaults()
            .concurrency(concurrency)
            .timeout(Duration.ofMinutes(5).plusMillis(itemDelayMs))
            .retry(RetryPolicy.exponential(Duration.ofMillis(200)).maxRetries(2));
    return BatchEngine.builder(JdbcBatchStore.open(url))
        .register(AUDIT, this::audit, options)
        .build();
  }

  private Findings audit(String path, ItemContext context) throws Exception {
    Thread.sleep(itemDelayMs);
    // The batch's folder, not this process's: the database may hold a batch of another folder.
    String batchFolder = context.metadata(Parameters.class).folder();
    return Audit.audit(Path.of(batchFolder), path, context);
  }

  private static Optional<BatchJob> unfinished(Batches batches, Path root)
      throws JsonProcessingException {
    HistoryQuery query =
        HistoryQuery.all()
            .type(AUDIT.name())
            .state(BatchState.PENDING, BatchState.RUNNING, BatchState.PAUSED, BatchState.STOPPING);
    ObjectMapper json = new ObjectMapper();
    Optional<String> cursor = Optional.empty();
    do {
      BatchPage<BatchJob> page = batches.history(cursor.map(query::after).orElse(query));
      for (BatchJob job : page) {
        Parameters parameters = json.readValue(job.metadata(), Parameters.class);
        if (root.toString().equals(parameters.folder())) {
          return Optional.of(job);
        }
      }
      cursor = page.next();
    } while (cursor.isPresent());
    return Optional.empty();
  }

  private static BatchId submit(Batches batches, Path root) {
    return batches.submit(
        BatchRequest.of(AUDIT, Audit.files(root, System.err::println))
            .keyedBy(path -> path)
            .name("Audit of a Maven repository")
            .description("Every jar and pom below " + root)
            .submittedBy(System.getProperty("user.name"))
            .metadata(Map.of("folder", root.toString())));
  }

  private static int explain(Exception failure, CommandLine line, CommandLine.ParseResult parsed) {
    String message = failure.getMessage();
    line.getErr().println(message != null ? message : failure.toString());
    return failure instanceof IllegalArgumentException ? 2 : 1;
  }
}
