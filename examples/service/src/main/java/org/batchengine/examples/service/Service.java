package org.batchengine.examples.service;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.WebhookProcessor;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.RetryPolicy;
import org.batchengine.web.BatchServlet;
import org.batchengine.web.EventSignal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Serves batches over HTTP, with a page. If the process is killed, the next start goes on with all
 * batches that had not ended.
 */
@Command(
    name = "service",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description =
        "Serves batches over HTTP, with a page. If stopped or killed, it goes on at the next start.",
    footer = {
      "",
      "From the environment:",
      "  BATCH_DEFAULT_SIZE     most items of a call, 1 to 10000 (50; 1000 for imports)",
      "  BATCH_MAX_RETRIES      retries of an item that failed, 0 to 10000 (3)",
      "  BATCH_TIMEOUT_MS       how long a call may take, in milliseconds (30000)",
      "  BATCH_RETENTION_DAYS   how long batches are kept after their end, 1 to 3650 days (30)",
      "  BATCH_WEBHOOK_SECRET   signs webhooks: whsec_ and Base64 (that of a file in --data)",
      "",
      "Exit code: 2 for bad arguments, 1 if it cannot start."
    })
public final class Service implements Callable<Integer> {
  private static final JobType<BatchEnd, Void> NOTIFY = JobType.of("notify", BatchEnd.class);
  private static final RetryPolicy TELL_AGAIN =
      RetryPolicy.exponential(Duration.ofSeconds(10)).maxRetries(8);
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{20,200}");
  private static final int LARGEST_PORT = 65_535;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where the token is, and the H2 file if there is no --url.")
  private Path data = Path.of("target", "service");

  @Option(
      names = "--url",
      paramLabel = "JDBC",
      description = "A PostgreSQL, such as jdbc:postgresql://host/database; by default an H2 file.")
  private @Nullable String url;

  @Option(names = "--port", paramLabel = "N", description = "0 for one that is free.")
  private int port = 8080;

  @Option(
      names = "--address",
      paramLabel = "ADDRESS",
      description = "Where to listen. One that other machines reach needs --tokens.")
  private String address = "127.0.0.1";

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description = "Who gets in. A line a token: name, tenant or *, rights, SHA-256 of the token.")
  private @Nullable Path tokens;

  @Option(
      names = "--allow-folder",
      paramLabel = "DIR",
      description = "The folder that audits may read.")
  private Path allowedFolder = Path.of(System.getProperty("user.home"), ".m2", "repository");

  @Option(
      names = "--allow-url",
      paramLabel = "URL",
      description =
          "Webhooks may go there and below; may be repeated. Without it there are no webhooks.")
  private List<String> allowedUrls = List.of();

  @Option(
      names = "--notify-url",
      paramLabel = "URL",
      description =
          "Is told of the end of batches with notifyOnComplete, which is refused without it.")
  private @Nullable String notifyUrl;

  /** Runs the program; {@code --help} lists its arguments. */
  public static void main(String[] args) {
    int exitCode =
        new CommandLine(new Service()).setExecutionExceptionHandler(Service::explain).execute(args);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  @Override
  public Integer call() throws Exception {
    RunningService service = start(System.getenv());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(service), "stop-signal"));
    System.out.println(printed(service));
    new CountDownLatch(1).await(); // until a signal ends the process
    return 0;
  }

  private static void stop(RunningService service) {
    System.err.println("Stopping: finishing the items in progress.");
    service.close();
    System.err.println("Stopped. The next start continues from here.");
  }

  /** Starts it. Arguments are checked before anything is written. */
  RunningService start(Map<String, String> environment) throws IOException {
    Defaults defaults = Defaults.of(environment);
    InetSocketAddress listening = listening();
    Tokens shared = tokens == null ? null : Tokens.read(tokens);
    AllowedUrls urls =
        new AllowedUrls(
            allowedUrls.stream()
                .map(root -> checked("--allow-url", root, AllowedUrls::root))
                .toList());
    URI notified =
        notifyUrl == null ? null : checked("--notify-url", notifyUrl, AllowedUrls::absolute);
    Offer<?> audits = audits(defaults);
    JdbcBatchStore store = store();

    OwnFile.makeFolder(data);
    WebhookSecret secret = WebhookSecret.of(environment, data.resolve("webhook-secret"));
    Tokens known = shared == null ? Tokens.single(ownToken()) : shared;
    makeTable();
    List<Offer<?>> offers =
        new ArrayList<>(List.of(audits, Imports.offer(defaults), Pulls.offer(defaults)));
    if (!allowedUrls.isEmpty()) {
      offers.add(Webhooks.to(urls, secret, defaults.options()));
    }
    EventSignal signal = new EventSignal();
    BatchEngine.Builder builder =
        BatchEngine.builder(store).retention(defaults.retention()).listener(signal);
    offers.forEach(offer -> builder.register(offer.registration()));
    AtomicReference<BatchEngine> started = new AtomicReference<>();
    if (notified != null) {
      builder.register(
          NOTIFY,
          WebhookProcessor.to(
              notified, secret.text(), id -> requireNonNull(started.get()).find(id)),
          JobOptions.defaults().retry(TELL_AGAIN));
    }
    BatchEngine engine = builder.build();
    started.set(engine);
    engine.start();
    BatchServlet servlet = BatchServlet.of(engine).signal(signal).visitors(known::visitor);
    offers.forEach(offer -> servlet.operation(offer.operation()));
    if (notified != null) {
      servlet.notifying(NOTIFY);
    }
    return RunningService.start(engine, servlet, data.resolve("tomcat"), listening);
  }

  private InetSocketAddress listening() {
    if (port < 0 || port > LARGEST_PORT) {
      throw new IllegalArgumentException(
          "--port %d is out of range: 0 to %d".formatted(port, LARGEST_PORT));
    }
    InetAddress found;
    try {
      found = InetAddress.getByName(address);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "--address %s is unknown: use one of this machine, such as 127.0.0.1".formatted(address),
          e);
    }
    if (!found.isLoopbackAddress() && tokens == null) {
      throw new IllegalArgumentException(
          "--address %s is reached by other machines: say who gets in with --tokens, or use 127.0.0.1"
              .formatted(address));
    }
    return new InetSocketAddress(found, port);
  }

  private static URI checked(String option, String value, Function<String, URI> reader) {
    try {
      return reader.apply(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(option + " " + value + " " + e.getMessage(), e);
    }
  }

  private Offer<?> audits(Defaults defaults) throws IOException {
    if (!Files.isDirectory(allowedFolder)) {
      throw new IllegalArgumentException(
          "--allow-folder %s is no directory: name one that audits may read"
              .formatted(allowedFolder));
    }
    return Audits.below(allowedFolder, defaults.options());
  }

  private JdbcBatchStore store() {
    if (url != null && !url.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "--url must begin with jdbc:postgresql: and is left out for an H2 file in --data");
    }
    return JdbcBatchStore.open(url == null ? h2() : url);
  }

  private String h2() {
    return "jdbc:h2:" + data.toAbsolutePath().resolve("batches");
  }

  private void makeTable() throws IOException {
    try {
      if (url == null) {
        Imports.makeTable("org.h2.Driver", h2(), "sa");
      } else {
        Imports.makeTable("org.postgresql.Driver", url, "");
      }
    } catch (SQLException e) {
      String wayOut =
          url == null
              ? "if another service runs on --data %s, stop it, or use another".formatted(data)
              : "see whether --url is right";
      throw new IOException(
          "cannot open the database: %s; %s".formatted(wayOut, e.getMessage()), e);
    }
  }

  private String ownToken() throws IOException {
    return OwnFile.readOrMake(data.resolve("token"), TOKEN, OwnFile::base64Url);
  }

  /** Where the page is, with the token if there is no file of tokens. */
  String printed(RunningService service) throws IOException {
    String host = address.contains(":") ? "[" + address + "]" : address;
    return "http://%s:%d/%s"
        .formatted(host, service.port(), tokens == null ? "#token=" + ownToken() : "");
  }

  private static int explain(Exception failure, CommandLine line, CommandLine.ParseResult parsed) {
    String message = failure.getMessage();
    line.getErr().println(message != null ? message : failure.toString());
    return failure instanceof IllegalArgumentException ? 2 : 1;
  }
}
