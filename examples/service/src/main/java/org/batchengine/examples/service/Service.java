package org.batchengine.examples.service;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.batchengine.BatchEngine;
import org.batchengine.jdbc.JdbcBatchStore;
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
      "",
      "Exit code: 2 for bad arguments, 1 if it cannot start."
    })
public final class Service implements Callable<Integer> {
  private static final int LARGEST_PORT = 65_535;

  /** Kept, or the level that is set below would be forgotten. */
  private static final Logger TOMCAT = Logger.getLogger("org.apache");

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
    TOMCAT.setLevel(Level.WARNING);
    RunningService service = start(System.getenv());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(service), "stop-signal"));
    new CountDownLatch(1).await(); // until a signal ends the process
    return 0;
  }

  private static void stop(RunningService service) {
    System.err.println("Stopping: finishing the items in progress.");
    service.close();
    System.err.println("Stopped. The next start continues from here.");
  }

  /** Starts it, and prints where it is. All that was given is checked before anything begins. */
  RunningService start(Map<String, String> environment) throws IOException {
    Defaults defaults = Defaults.of(environment);
    InetAddress listening = listening();
    Tokens shared = tokens == null ? null : Tokens.read(tokens);
    List<Offer<?>> offers = offers(defaults);
    JdbcBatchStore store = store();

    Files.createDirectories(data);
    String own = shared == null ? ownToken() : "";
    EventSignal signal = new EventSignal();
    BatchEngine.Builder builder =
        BatchEngine.builder(store)
            .defaults(defaults.options())
            .retention(defaults.retention())
            .listener(signal);
    offers.forEach(offer -> builder.register(offer.registration()));
    BatchEngine engine = builder.start();
    Tokens known = shared == null ? Tokens.single(own) : shared;
    BatchServlet servlet = BatchServlet.of(engine).signal(signal).visitors(known::visitor);
    offers.forEach(offer -> servlet.operation(offer.operation()));
    RunningService service =
        RunningService.start(engine, servlet, data.resolve("tomcat"), listening, port);
    System.out.println(printed(listening, service.port(), own));
    return service;
  }

  private InetAddress listening() {
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
    return found;
  }

  private List<Offer<?>> offers(Defaults defaults) throws IOException {
    List<Offer<?>> offers = new ArrayList<>();
    if (!Files.isDirectory(allowedFolder)) {
      throw new IllegalArgumentException(
          "--allow-folder %s is no directory: name one that audits may read"
              .formatted(allowedFolder));
    }
    offers.add(Audits.below(allowedFolder, defaults.options()));
    return offers;
  }

  private JdbcBatchStore store() {
    if (url == null) {
      return JdbcBatchStore.open("jdbc:h2:" + data.toAbsolutePath().resolve("batches"));
    }
    if (!url.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "--url must begin with jdbc:postgresql: ; leave it out for an H2 file in --data");
    }
    return JdbcBatchStore.open(url);
  }

  private String ownToken() throws IOException {
    Pattern form = Pattern.compile("[A-Za-z0-9_-]{20,200}");
    return OwnFile.readOrMake(data.resolve("token"), form, OwnFile::base64Url);
  }

  private static String printed(InetAddress listening, int port, String token) {
    String host = listening.getHostAddress();
    String address = "http://%s:%d/".formatted(host.contains(":") ? "[" + host + "]" : host, port);
    return token.isEmpty() ? address : address + "#token=" + token;
  }

  private static int explain(Exception failure, CommandLine line, CommandLine.ParseResult parsed) {
    String message = failure.getMessage();
    line.getErr().println(message != null ? message : failure.toString());
    return failure instanceof IllegalArgumentException ? 2 : 1;
  }
}
