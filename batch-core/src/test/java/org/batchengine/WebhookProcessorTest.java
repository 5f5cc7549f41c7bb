package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A webhook that is called on a server of the test, by an engine on a virtual clock. */
@DisplayName("a webhook")
class WebhookProcessorTest {
  private static final JobType<BatchEnd, Void> ENDED = JobType.of("ended", BatchEnd.class);
  private static final String SECRET = "a secret of the receiver";
  private static final String NEXT = "another one for the change";
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final Queue<Received> received = new ConcurrentLinkedQueue<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private HttpServer server;
  private URI url;
  private ManualEngine engine;

  private record Answer(int status, Map<String, String> headers) {}

  private record Received(String path, Headers headers, String body) {
    String header(String name) {
      return headers.getFirst(name);
    }
  }

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    url = URI.create("http://127.0.0.1:%d/hook?token=t0k".formatted(server.getAddress().getPort()));
  }

  @AfterEach
  void stop() {
    stopped.countDown();
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    received.add(
        new Received(
            exchange.getRequestURI().toString(),
            exchange.getRequestHeaders(),
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
    Answer answer = Optional.ofNullable(answers.poll()).orElse(new Answer(200, Map.of()));
    if (answer.status() == 0) {
      try {
        stopped.await(); // never answers
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(answer.status(), -1);
    exchange.close();
  }

  private void start(UnaryOperator<WebhookProcessor> options) {
    WebhookProcessor webhook =
        options.apply(WebhookProcessor.to(url, SECRET, id -> engine.find(id)).clock(fixture.clock));
    engine =
        fixture.engine(
            builder ->
                builder
                    .register(EngineFixture.LENGTH, text -> text.length())
                    .register(
                        ENDED,
                        webhook,
                        JobOptions.defaults().retry(RetryPolicy.fixed(MINUTE).maxRetries(2))));
  }

  /** A batch that has ended. */
  private BatchJob ended() {
    return engine.await(
        engine.submit(BatchRequest.of(EngineFixture.LENGTH, List.of("a")).name("Zoë \"1\"\n")));
  }

  /** Tells of its end, and goes on until nothing can run. */
  private BatchId tell(BatchJob job) {
    BatchId id = engine.submit(ENDED, List.of(BatchEnd.of(job)));
    engine.runUntilIdle();
    return id;
  }

  private BatchItem<String, String> item(BatchId id) {
    return engine.item(id, 0).orElseThrow();
  }

  private Received only() {
    assertThat(received).hasSize(1);
    return received.element();
  }

  @Test
  @DisplayName("REQ-M18 posts the batch as JSON, signed")
  void postsTheBatch() throws Exception {
    start(webhook -> webhook);
    BatchJob job = ended();
    BatchId id = tell(job);

    assertThat(item(id).state()).isEqualTo(ItemState.SUCCEEDED);
    Received request = only();
    assertThat(request.path()).isEqualTo("/hook?token=t0k");
    assertThat(request.header("Content-Type")).isEqualTo("application/json");
    assertThat(request.header("Webhook-Id")).isEqualTo(id + "/0");
    assertThat(request.header("Webhook-Timestamp"))
        .isEqualTo(Long.toString(EngineFixture.START.getEpochSecond()));
    var json = new ObjectMapper();
    assertThat(json.readTree(request.body()))
        .isEqualTo(json.readTree(json.writeValueAsString(job.toMap())));
    assertThat(request.header("Webhook-Signature")).isEqualTo("v1=" + hmac(SECRET, request));
  }

  @Test
  void isSignedWithBothSecretsWhileTheyChange() throws Exception {
    start(webhook -> webhook.alsoSignedWith(NEXT));
    tell(ended());

    assertThat(only().header("Webhook-Signature"))
        .isEqualTo("v1=" + hmac(SECRET, only()) + ",v1=" + hmac(NEXT, only()));
  }

  /** RFC 2104 by hand, so that both sides cannot be wrong alike. */
  private static String hmac(String secret, Received request) throws Exception {
    String signed = request.header("Webhook-Timestamp") + "." + request.header("Webhook-Id") + ".";
    byte[] inner = new byte[64];
    byte[] outer = new byte[64];
    byte[] key = secret.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 64; i++) {
      int part = i < key.length ? key[i] : 0;
      inner[i] = (byte) (part ^ 0x36);
      outer[i] = (byte) (part ^ 0x5c);
    }
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    sha.update(inner);
    sha.update(signed.getBytes(StandardCharsets.UTF_8));
    byte[] first = sha.digest(request.body().getBytes(StandardCharsets.UTF_8));
    sha.update(outer);
    StringBuilder hex = new StringBuilder();
    for (byte each : sha.digest(first)) {
      hex.append("%02x".formatted(each));
    }
    return hex.toString();
  }

  @ParameterizedTest
  @DisplayName("is tried again, with the same id and another signature, if the receiver cannot")
  @ValueSource(ints = {408, 425, 429, 500, 503, 599})
  void isTriedAgain(int status) {
    start(webhook -> webhook);
    answers.add(new Answer(status, Map.of()));
    BatchId id = tell(ended());
    assertThat(item(id).state()).isEqualTo(ItemState.RETRYING);
    assertThat(item(id).error().orElseThrow().type()).isEqualTo("HTTP_" + status);
    fixture.pass(MINUTE);
    engine.runUntilIdle();

    assertThat(item(id).state()).isEqualTo(ItemState.SUCCEEDED);
    List<Received> requests = new ArrayList<>(received);
    assertThat(requests).extracting(each -> each.header("Webhook-Id")).containsOnly(id + "/0");
    assertThat(requests)
        .extracting(each -> each.header("Webhook-Signature"))
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @DisplayName("is given up if the receiver refuses it, redirects included")
  @ValueSource(ints = {301, 302, 307, 400, 401, 404, 410, 422})
  void isGivenUp(int status) {
    start(webhook -> webhook);
    answers.add(new Answer(status, Map.of("Location", "/elsewhere", "Retry-After", "1")));
    BatchId id = tell(ended());

    assertThat(item(id).state()).isEqualTo(ItemState.FAILED);
    assertThat(item(id).error().orElseThrow().type()).isEqualTo("HTTP_" + status);
    assertThat(only().path()).isEqualTo("/hook?token=t0k");
  }

  @ParameterizedTest
  @DisplayName("waits as long as the receiver says, without a failure")
  @CsvSource(
      delimiter = '|',
      value = {"429 | 90", "503 | 90", "503 | Sat, 21 Nov 2026 12:01:30 GMT"})
  void obeysRetryAfter(int status, String after) {
    start(webhook -> webhook);
    answers.add(new Answer(status, Map.of("Retry-After", after)));
    BatchId id = tell(ended());
    assertThat(item(id).error()).isEmpty();
    fixture.pass(Duration.ofSeconds(89), engine);
    assertThat(received).hasSize(1);
    fixture.pass(Duration.ofSeconds(2), engine);

    assertThat(received).hasSize(2);
    assertThat(item(id).state()).isEqualTo(ItemState.SUCCEEDED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"soon", "-1", "86401", "9999999999", "Sun, 22 Nov 2026 12:00:01 GMT"})
  void takesADelayThatItDoesNotObeyForAFailure(String after) {
    start(webhook -> webhook);
    answers.add(new Answer(503, Map.of("Retry-After", after)));

    assertThat(item(tell(ended())).error().orElseThrow().type()).isEqualTo("HTTP_503");
  }

  @Test
  void timesOut() {
    start(webhook -> webhook.timeout(Duration.ofMillis(50)));
    answers.add(new Answer(0, Map.of()));
    BatchId id = tell(ended());

    assertThat(item(id).state()).isEqualTo(ItemState.RETRYING);
    assertThat(item(id).error().orElseThrow().type()).isEqualTo("WEBHOOK_TIMEOUT");
    assertThat(item(id).error().orElseThrow().message()).isEqualTo("no answer within PT0.05S");
  }

  @Test
  void saysNothingOfItsUrlIfNobodyAnswers() {
    start(webhook -> webhook);
    server.stop(0);
    var error = item(tell(ended())).error().orElseThrow();

    assertThat(error.type()).isEqualTo("WEBHOOK_UNREACHABLE");
    assertThat(error.message() + error.stack()).doesNotContain("127.0.0.1", "t0k", SECRET);
  }

  @Test
  void tellsOnlyOfTheEndIfTheBatchHasGoneOn() throws Exception {
    start(webhook -> webhook);
    BatchJob job = ended();
    var end = new BatchEnd(job.id(), 2, BatchState.FAILED);
    engine.await(engine.submit(ENDED, List.of(end)));
    assertThat(only().body()).isEqualTo(new ObjectMapper().writeValueAsString(end));
    engine.delete(job.id());
    BatchId id = tell(job);

    assertThat(item(id).state()).isEqualTo(ItemState.SUCCEEDED);
    assertThat(received)
        .last()
        .extracting(Received::body)
        .isEqualTo(new ObjectMapper().writeValueAsString(BatchEnd.of(job)));
  }

  @Test
  void refusesWhatCannotWork() {
    WebhookProcessor webhook = WebhookProcessor.to(url, SECRET, id -> Optional.empty());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> WebhookProcessor.to(URI.create("ftp://h/t0k"), SECRET, id -> null))
        .withMessageContaining("ftp")
        .withMessageNotContaining("t0k");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WebhookProcessor.to(URI.create("https:t0k"), SECRET, id -> null))
        .withMessageContaining("no host");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> webhook.alsoSignedWith("too short"))
        .withMessage("secret has 9 characters: use at least 16");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> webhook.alsoSignedWith(NEXT).alsoSignedWith(NEXT));
    assertThatIllegalArgumentException().isThrownBy(() -> webhook.timeout(Duration.ofHours(1)));
    assertThat(webhook.toString()).doesNotContain("127.0.0.1", SECRET);
  }
}
