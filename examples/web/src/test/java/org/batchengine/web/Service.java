package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.batchengine.web.Right.ADMIN;
import static org.batchengine.web.Right.PAYLOADS;
import static org.batchengine.web.Right.READ;
import static org.batchengine.web.Right.STEER;
import static org.batchengine.web.Right.SUBMIT;
import static org.batchengine.web.Right.WORK;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.Violation;

/**
 * The servlet in a Tomcat on a free port, under {@code /ops/batches}, with an engine that works.
 * Whatever it answers must be as the contract says.
 */
final class Service implements AutoCloseable {
  static final JobType<String, Described> ANNOTATE =
      JobType.of("annotate", String.class, Described.class);
  static final JobType<Map<String, Object>, Map<String, Object>> ENROLLMENT =
      JobType.of("enrollment", new PayloadType<>() {}, new PayloadType<>() {});
  static final JobType<Integer, Integer> SQUARE =
      JobType.of("square", Integer.class, Integer.class)
          .validatedBy(
              number ->
                  number < 0 ? List.of(new Violation("", "is negative", "too_small")) : List.of());
  static final JobType<Celsius, Integer> WARM = JobType.of("warm", Celsius.class, Integer.class);
  static final JobType<String, String> PULL = JobType.of("pull", String.class, String.class);
  static final JobType<BatchEnd, Void> TELL = JobType.of("tell", BatchEnd.class);

  static final Map<String, Visitor> VISITORS =
      Map.of(
          "alice",
          Visitor.named("alice").tenant("acme").may(READ, PAYLOADS, SUBMIT, STEER),
          "reader",
          Visitor.named("reader").tenant("acme").may(READ),
          "other",
          Visitor.named("other").tenant("other").may(Right.values()),
          "steerer",
          Visitor.named("steerer").tenant("acme").may(READ, STEER),
          "nothing",
          Visitor.named("nothing").tenant("acme"),
          "worker",
          Visitor.named("worker").tenant("acme").may(WORK),
          "root",
          Visitor.named("root").allTenants().may(READ, PAYLOADS, SUBMIT, STEER, ADMIN));

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  final BatchEngine engine;

  /** Items named "wait" take one to go on. */
  final Semaphore gate = new Semaphore(0);

  /** Items named "wait" give one when they have begun. */
  final Semaphore entered = new Semaphore(0);

  final BatchServlet servlet;

  /** How many streams of nodes were closed. */
  final AtomicInteger closed = new AtomicInteger();

  private final Tomcat tomcat = new Tomcat();
  private final String base;
  private final Contract contract;

  /** A payload that only the engine's own codecs know. */
  record Celsius(int degrees) {}

  private static final class OurCodecs implements PayloadCodecs {
    @Override
    @SuppressWarnings("unchecked") // it is the codec of that type
    public <T> PayloadCodec<T> codecFor(PayloadType<T> type) {
      return type.equals(PayloadType.of(Celsius.class))
          ? (PayloadCodec<T>) new CelsiusCodec()
          : PayloadCodecs.standard().codecFor(type);
    }
  }

  private static final class CelsiusCodec implements PayloadCodec<Celsius> {
    @Override
    public String format() {
      return "text/Celsius";
    }

    @Override
    public String encode(Celsius payload) {
      return payload.degrees() + " C";
    }

    @Override
    public Celsius decode(String text) {
      return new Celsius(Integer.parseInt(text.replace(" C", "")));
    }
  }

  /** What a node is described as. */
  record Described(String description, List<String> tags) {}

  /**
   * An answer.
   *
   * @param json its body; a text if it is no JSON
   */
  record Answer(int status, JsonNode json, String text, HttpResponse<?> response) {
    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }
  }

  Service(String url, Path folder) throws IOException, LifecycleException {
    this(url, folder, servlet -> servlet, true);
  }

  /**
   * With another servlet.
   *
   * @param isOpen whether it has a contract to be checked by
   */
  Service(String url, Path folder, UnaryOperator<BatchServlet> more, boolean isOpen)
      throws IOException, LifecycleException {
    PullProcessor pull = PullProcessor.create();
    engine =
        BatchEngine.builder(JdbcBatchStore.open(url))
            .register(
                ANNOTATE,
                (node, context) -> {
                  if (node.equals("wait")) {
                    entered.release();
                    gate.acquire();
                  }
                  if (node.equals("node_013")) {
                    throw new IllegalStateException("Timeout");
                  }
                  if (node.equals("node_066")) {
                    throw new IllegalArgumentException("Invalid response");
                  }
                  context.quality(0.95);
                  return new Described("Invoice processing", List.of("finance"));
                },
                JobOptions.defaults()
                    .retry(RetryPolicy.fixed(Duration.ofHours(1)).maxRetries(0))
                    .maxChunkSize(200)
                    .maxTimeout(Duration.ofMinutes(1)))
            .register(ENROLLMENT, (device, context) -> Map.of("enrolled", device.get("device_id")))
            .register(SQUARE, (number, context) -> number * number)
            .register(TELL, (end, context) -> null)
            .register(PULL, pull, JobOptions.defaults().concurrency(2).claim(1, 2).maxRetries(0))
            .register(WARM, (celsius, context) -> celsius.degrees())
            .codecs(new OurCodecs())
            .start();
    BatchServlet servlet =
        BatchServlet.of(engine)
            .operation(
                Operation.of(ANNOTATE)
                    .label("Annotate nodes")
                    .field(Field.text("status"))
                    .field(Field.text("category"))
                    .field(Field.text("annotation_status"))
                    .field(Field.folder("folder").below(folder))
                    .field(Field.whole("nodes").between(0, 100_000).defaultsTo(100))
                    .option(Field.text("model"))
                    .items(
                        (filters, visitor) ->
                            nodes((int) filters.whole("nodes")).onClose(closed::incrementAndGet))
                    .key(node -> node))
            .operation(Operation.of(ENROLLMENT).key(device -> (String) device.get("device_id")))
            .operation(Operation.of(SQUARE))
            .operation(Operation.of(WARM))
            .operation(Operation.of(PULL).handedOutBy(pull))
            .visitors(
                request -> Optional.ofNullable(request.getHeader("X-Visitor")).map(VISITORS::get))
            .notifying(TELL)
            .creations(10_000, 10_000);
    tomcat.setBaseDir(
        Files.createDirectories(folder.resolve("tomcat" + System.identityHashCode(this)))
            .toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat.getConnector().setProperty("socket.txBufSize", "16384");
    Context context = tomcat.addContext("/ops", folder.toString());
    context.addServletContainerInitializer(new WsSci(), null);
    this.servlet = more.apply(servlet);
    Tomcat.addServlet(context, "batches", this.servlet).setAsyncSupported(true);
    context.addServletMappingDecoded("/batches/*", "batches");
    tomcat.start();
    base = "http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/ops/batches/";
    contract =
        isOpen
            ? new Contract(
                Exchange.JSON.readTree(raw("root", "GET", "api/openapi.json", null).body()))
            : new Contract(Exchange.JSON.valueToTree(OpenApi.document(List.of())));
  }

  private static Stream<String> nodes(int number) {
    return IntStream.range(0, number).mapToObj("node_%03d"::formatted);
  }

  Contract contract() {
    return contract;
  }

  URI address(String path) {
    return URI.create(base + path);
  }

  Answer get(String visitor, String path) {
    return send(visitor, "GET", path, null);
  }

  Answer post(String visitor, String path, String json) {
    return send(visitor, "POST", path, json);
  }

  /** Sends JSON, or nothing if it is null. */
  Answer send(String visitor, String method, String path, String json, String... headers) {
    HttpResponse<String> response = raw(visitor, method, path, json, headers);
    String type = response.headers().firstValue("Content-Type").orElse("");
    JsonNode body = null;
    if (!method.equals("HEAD")) {
      body = contract.check(method, path, response.statusCode(), type, response.body());
    }
    return new Answer(response.statusCode(), body, response.body(), response);
  }

  /** Sends a request whose answer the contract does not describe. */
  HttpResponse<String> raw(
      String visitor, String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!visitor.isEmpty()) {
      request.header("X-Visitor", visitor);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    if (body != null && !List.of(headers).contains("Content-Type")) {
      request.header("Content-Type", "application/json");
    }
    try {
      return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Creates a batch, waits for its end and returns its id. */
  String done(String visitor, String json) throws InterruptedException {
    Answer created = post(visitor, "api/batch/create", json);
    if (created.status() != 201) {
      throw new AssertionError(created.text());
    }
    return ended(created.json().at("/batch/id").asText()).id().toString();
  }

  BatchJob ended(String id) throws InterruptedException {
    return engine.await(BatchId.of(id));
  }

  @Override
  public void close() throws LifecycleException {
    gate.release(1_000);
    tomcat.stop();
    tomcat.destroy();
    engine.close();
  }
}
