package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.batchengine.web.Right.PAYLOADS;
import static org.batchengine.web.Right.READ;
import static org.batchengine.web.Right.STEER;
import static org.batchengine.web.Right.SUBMIT;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.Batches;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;

/**
 * What the page is looked at with: a service under {@code /ops/batches} whose batches succeed, fail
 * in several ways, and wait to be let on.
 */
final class Exhibit implements AutoCloseable {
  static final String ROOT = "root-of-this-exhibit";
  static final String ALICE = "alice-of-this-exhibit";
  static final String READER = "reader-of-this-exhibit";
  private static final Map<String, Visitor> VISITORS =
      Map.of(
          "Bearer " + ROOT,
          Visitor.named("root").allTenants().may(Right.values()),
          "Bearer " + ALICE,
          Visitor.named("alice").tenant("acme").may(READ, PAYLOADS, SUBMIT, STEER),
          "Bearer " + READER,
          Visitor.named("reader").tenant("acme").may(READ));

  static final JobType<String, Description> ANNOTATE =
      JobType.of("annotate", String.class, Description.class).measuring("spend");
  static final JobType<Integer, Integer> NUMBERS =
      JobType.of("numbers", Integer.class, Integer.class);
  static final JobType<String, String> WAIT = JobType.of("wait", String.class, String.class);

  final BatchEngine engine;

  /** Each item of a batch of type {@code wait} takes one. */
  final Semaphore turns = new Semaphore(0);

  private final Tomcat tomcat = new Tomcat();

  /** What became of an invoice. */
  record Description(String description, List<String> tags) {}

  Exhibit(String url, Path folder, int port) throws IOException, LifecycleException {
    EventSignal signal = new EventSignal();
    engine =
        BatchEngine.builder(JdbcBatchStore.open(url))
            .node("web-1")
            .listener(signal)
            .register(
                ANNOTATE,
                Exhibit::annotate,
                JobOptions.defaults()
                    .concurrency(4)
                    .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxRetries(2)))
            .register(
                NUMBERS,
                (number, context) ->
                    number % 1_000 == 999
                        ? context.giveUp("ROUND", "ends with 999")
                        : Integer.valueOf(number + 1))
            .register(
                WAIT,
                (name, context) -> {
                  turns.acquire();
                  return name;
                },
                JobOptions.defaults().concurrency(2).chunkSize(1).claim(1, 2))
            .start();
    BatchServlet servlet =
        BatchServlet.of(engine)
            .operation(
                Operation.of(ANNOTATE)
                    .label("Annotate invoices")
                    .description("Describes each invoice of a month, and tags it.")
                    .field(Field.whole("invoices").between(1, 100_000).defaultsTo(200))
                    .field(Field.choice("month", "October", "November"))
                    .option(Field.text("model").description("Which model describes them."))
                    .items((filters, visitor) -> invoices((int) filters.whole("invoices")).stream())
                    .key(name -> name))
            .operation(
                Operation.of(WAIT)
                    .label("Wait for turns")
                    .field(Field.text("prefix").required())
                    .field(Field.whole("items").required().between(1, 1_000))
                    .items(
                        (filters, visitor) ->
                            IntStream.range(0, (int) filters.whole("items"))
                                .mapToObj(i -> filters.text("prefix") + i)))
            .visitors(
                request ->
                    Optional.ofNullable(request.getHeader("Authorization")).map(VISITORS::get))
            .signal(signal)
            .creations(10_000, 10_000);
    tomcat.setBaseDir(Files.createDirectories(folder.resolve("tomcat")).toString());
    tomcat.setPort(port);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    Context context = tomcat.addContext("/ops", folder.toString());
    context.addServletContainerInitializer(new WsSci(), null);
    Tomcat.addServlet(context, "batches", servlet).setAsyncSupported(true);
    context.addServletMappingDecoded("/batches/*", "batches");
    tomcat.start();
  }

  static List<String> invoices(int number) {
    return IntStream.range(0, number).mapToObj("invoice-%05d.pdf"::formatted).toList();
  }

  /** Fails for every hundredth or so, and takes about as long as such work does. */
  private static Description annotate(String name, ItemContext context) {
    int i = context.index();
    int round = context.metadata().contains("October") ? 1 : 0;
    work(400 + 90 * (i % 13) * (i % 7));
    context.measure("spend", 0.0021 + i % 10 * 0.0003);
    if (i % 97 == 13 + round) {
      return context.fail("TIMEOUT", "no answer from the model in 30 s");
    }
    if (i % 211 == 66) {
      return context.giveUp("INVALID_RESPONSE", "<img src=x onerror=alert(1)> is no JSON");
    }
    if (i % 401 == 5 && round == 0) {
      throw new IllegalArgumentException("the file is empty");
    }
    if (i % 50 == 49) {
      return context.skip("annotated before");
    }
    context.quality(1 - i * 7 % 40 / 100.0);
    return new Description(
        "Invoice of " + (i % 5 == round ? "a customer" : "a supplier"), List.of("finance"));
  }

  private static void work(int rounds) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] text = "invoice".getBytes(UTF_8);
      for (int i = 0; i < rounds; i++) {
        text = digest.digest(text);
      }
      if (HexFormat.of().formatHex(text).isEmpty()) {
        throw new IllegalStateException("no digest");
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Batches of tenant acme, as alice. */
  Batches batches() {
    return engine.forTenant("acme").actingAs("alice");
  }

  BatchId annotated(String name, String month, int invoices) throws InterruptedException {
    BatchId id =
        batches()
            .submit(
                BatchRequest.of(ANNOTATE, invoices(invoices))
                    .name(name)
                    .keyedBy(invoice -> invoice)
                    .metadata(Map.of("month", month)));
    engine.await(id);
    return id;
  }

  /** One that goes on as far as there are turns. */
  BatchId waiting(String name, int items) {
    return batches()
        .submit(
            BatchRequest.of(WAIT, IntStream.range(0, items).mapToObj(i -> name + i)).name(name));
  }

  int port() {
    return tomcat.getConnector().getLocalPort();
  }

  String address() {
    return "http://127.0.0.1:" + port() + "/ops/batches/";
  }

  @Override
  public void close() throws LifecycleException {
    turns.release(100_000);
    tomcat.stop();
    tomcat.destroy();
    engine.close();
  }
}
