package org.batchengine.web.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.model.BatchId;
import org.batchengine.web.BatchServlet;
import org.batchengine.web.Operation;
import org.batchengine.web.Right;
import org.batchengine.web.Visitor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a host must do for the servlet: hand over requests, wait for streams, and upgrade. */
@Timeout(60)
abstract class MountedContract {
  private static final JobType<Integer, Integer> SQUARE =
      JobType.of("square", Integer.class, Integer.class);

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String SQUARES = "{\"operation\":\"square\",\"items\":[1,2,3]}";

  static final Registration<Integer, Integer> SQUARING =
      Registration.of(SQUARE, number -> number * number);

  static BatchServlet servlet(BatchEngine engine) {
    return BatchServlet.of(engine)
        .operation(Operation.of(SQUARE))
        .visitors(
            request ->
                Optional.ofNullable(request.getHeader("X-Visitor"))
                    .map(name -> Visitor.named(name).tenant("acme").may(Right.values())));
  }

  abstract BatchEngine engine();

  abstract int port();

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + port() + "/ops/batches/" + path);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(address(path)).header("X-Visitor", "alice");
  }

  private HttpResponse<String> create() throws Exception {
    return CLIENT.send(
        request("api/batch/create")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(SQUARES))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  @DisplayName("REQ-B12 a batch is created, and found at its address")
  void creates() throws Exception {
    HttpResponse<String> created = create();

    assertThat(created.statusCode()).isEqualTo(201);
    String location = created.headers().firstValue("Location").orElseThrow();
    assertThat(location).startsWith("/ops/batches/api/batch/");
    engine().await(BatchId.of(location.substring(location.lastIndexOf('/') + 1)));
    HttpResponse<String> found =
        CLIENT.send(
            request(location.substring("/ops/batches/".length())).build(), BodyHandlers.ofString());
    assertThat(found.body()).contains("\"status\":\"completed\"");
  }

  @Test
  @DisplayName("REQ-M25 who is not known gets the page, and nothing else")
  void isClosed() throws Exception {
    HttpResponse<String> page =
        CLIENT.send(HttpRequest.newBuilder(address("")).build(), BodyHandlers.ofString());
    HttpResponse<String> refused =
        CLIENT.send(
            HttpRequest.newBuilder(address("api/batch/history")).build(), BodyHandlers.ofString());

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).startsWith("<!doctype html>");
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/problem+json");
    assertThat(refused.body()).contains("\"success\":false");
  }

  @Test
  @DisplayName("REQ-M25 a WebSocket hears of a batch")
  void upgrades() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    WebSocket socket =
        CLIENT
            .newWebSocketBuilder()
            .header("X-Visitor", "alice")
            .buildAsync(
                URI.create(address("api/events").toString().replaceFirst("http", "ws")),
                new WebSocket.Listener() {
                  private final StringBuilder text = new StringBuilder();

                  @Override
                  public CompletionStage<?> onText(
                      WebSocket from, CharSequence data, boolean last) {
                    text.append(data);
                    if (last) {
                      heard.add(text.toString());
                      text.setLength(0);
                    }
                    from.request(1);
                    return null;
                  }
                })
            .join();
    socket.sendText("{\"type\":\"subscribe\",\"batches\":\"all\"}", true).join();

    until(heard, "\"hello\"");
    create();
    until(heard, "\"batch:created\"");
    until(heard, "\"batch:completed\"");
    socket.abort();
  }

  private static void until(BlockingQueue<String> heard, String event) throws Exception {
    String next;
    do {
      next = heard.poll(30, TimeUnit.SECONDS);
      assertThat(next).as(event).isNotNull();
    } while (!next.contains(event));
  }

  @Test
  @DisplayName("REQ-M25 a stream hears of a batch")
  void streams() throws Exception {
    HttpResponse<InputStream> stream =
        CLIENT.send(
            request("api/events").header("Accept", "text/event-stream").build(),
            BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      until(reader, "\"hello\"");
      create();
      until(reader, "\"batch:completed\"");
    }
  }

  private static void until(BufferedReader reader, String event) throws Exception {
    String line;
    do {
      line = reader.readLine();
      assertThat(line).as(event).isNotNull();
    } while (!line.contains(event));
  }
}
