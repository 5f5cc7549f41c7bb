package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.ItemContext;
import org.batchengine.JobType;
import org.batchengine.model.BatchJob;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An API that allows 200 calls a second, and refuses the rest with 429 and the header Retry-After.
 * {@code -Dprompts=3000} makes it a trial of 15 seconds; what it prints is in its surefire report.
 */
@Tag("H2")
class SlowDownTest {
  private static final JobType<Integer, Void> ASK = JobType.of("ask", Integer.class);
  private static final int PROMPTS = Integer.getInteger("prompts", 300);
  private static final int A_SECOND = 200;

  @TempDir Path folder;

  private final AtomicLong calls = new AtomicLong();
  private final long startedAt = System.nanoTime();
  private final HttpClient client = HttpClient.newHttpClient();
  private long second;
  private int inSecond;
  private HttpServer server;
  private URI uri;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  /** On the only thread of the server. */
  private void answer(HttpExchange exchange) throws IOException {
    calls.incrementAndGet();
    long now = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedAt);
    inSecond = now == second ? inSecond + 1 : 1;
    second = now;
    boolean isAllowed = inSecond <= A_SECOND;
    if (!isAllowed) {
      exchange.getResponseHeaders().add("Retry-After", "1");
    }
    exchange.sendResponseHeaders(isAllowed ? 200 : 429, -1);
    exchange.close();
  }

  private Void ask(Integer prompt, ItemContext context) throws Exception {
    HttpResponse<Void> answer =
        client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding());
    String code = "HTTP_" + answer.statusCode();
    return switch (answer.statusCode()) {
      case 200 -> null;
      case 429, 503, 529 ->
          context.retryAfter(
              Duration.ofSeconds(answer.headers().firstValueAsLong("Retry-After").orElse(1)));
      case 500, 502, 504 -> context.fail(code, "the API has failed");
      default -> context.giveUp(code, "the API refuses the prompt");
    };
  }

  @Test
  @DisplayName(
      "an API that says \"slow down\" fails no item, and is called little more than needed")
  void failsNoItemAndWastesFewCalls() throws Exception {
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:" + folder.resolve("batches")))
            .register(ASK, this::ask)
            .start()) {
      BatchJob job = engine.await(engine.submit(ASK, IntStream.range(0, PROMPTS).boxed().toList()));

      System.out.printf(
          "%,d calls for %,d prompts in %s%n",
          calls.get(), PROMPTS, Duration.ofNanos(System.nanoTime() - startedAt));
      assertThat(job.counts().succeeded()).isEqualTo(PROMPTS);
      assertThat(calls.get()).isBetween((long) PROMPTS, PROMPTS * 115L / 100);
    }
  }
}
