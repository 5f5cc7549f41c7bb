package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Somebody who hears events, over a WebSocket or a stream. */
final class Ears implements AutoCloseable {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final int SECONDS = 30;

  private final BlockingQueue<JsonNode> arrived = new LinkedBlockingQueue<>();
  private final List<JsonNode> heard = new ArrayList<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private volatile boolean isDeaf;
  private WebSocket socket;
  private InputStream stream;
  private String type = "";

  private Ears() {}

  /** A socket that has said what it wants to hear. */
  static Ears ofSocket(Service service, String visitor, String subscribe, String... headers) {
    Ears ears = openSocket(service.address("api/events"), visitor, headers);
    ears.say(subscribe);
    return ears;
  }

  static Ears openSocket(URI address, String visitor, String... headers) {
    Ears ears = new Ears();
    WebSocket.Builder builder = CLIENT.newWebSocketBuilder();
    if (!visitor.isEmpty()) {
      builder.header("X-Visitor", visitor);
    }
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    URI ws = URI.create(address.toString().replaceFirst("http", "ws"));
    ears.socket = builder.buildAsync(ws, ears.new Listener()).join();
    return ears;
  }

  static Ears ofStream(Service service, String visitor, String path, String lastEventId)
      throws Exception {
    Ears ears = new Ears();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(service.address(path))
            .header("X-Visitor", visitor)
            .header("Accept", "text/event-stream");
    if (lastEventId != null) {
      request.header("Last-Event-ID", lastEventId);
    }
    HttpResponse<InputStream> response =
        CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      throw new IllegalStateException("status " + response.statusCode());
    }
    ears.type = response.headers().firstValue("Content-Type").orElse("");
    ears.stream = response.body();
    Thread reader = new Thread(ears::readStream, "ears");
    reader.setDaemon(true);
    reader.start();
    return ears;
  }

  private void readStream() {
    try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, UTF_8))) {
      String id = null;
      String line;
      while ((line = reader.readLine()) != null) {
        if (line.startsWith("id: ")) {
          id = line.substring("id: ".length());
        } else if (line.startsWith("data: ")) {
          JsonNode json = Exchange.JSON.readTree(line.substring("data: ".length()));
          JsonNode cursor = json.has("seq") ? json.get("seq") : json.get("cursor");
          if (id != null && !id.equals(cursor.textValue())) {
            throw new IllegalStateException("id " + id + " of " + json);
          }
          arrived.add(json);
          id = null;
        }
      }
      closed.complete(0);
    } catch (IOException e) {
      closed.complete(-1);
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        try {
          arrived.add(Exchange.JSON.readTree(text.toString()));
        } catch (JsonProcessingException e) {
          throw new IllegalStateException(e);
        }
        text.setLength(0);
      }
      if (!isDeaf) {
        from.request(1);
      }
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable thrown) {
      closed.complete(-1);
    }
  }

  void say(String message) {
    socket.sendText(message, true).join();
  }

  /** Takes no more from the network. */
  void deafen() {
    isDeaf = true;
  }

  void hearAgain() {
    isDeaf = false;
    socket.request(Long.MAX_VALUE);
  }

  String type() {
    return type;
  }

  int closeCode() throws Exception {
    return closed.get(SECONDS, TimeUnit.SECONDS);
  }

  /** Takes what has arrived. */
  void takeAll() {
    arrived.drainTo(heard);
  }

  JsonNode next() throws InterruptedException {
    JsonNode next = arrived.poll(SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was heard after " + heard);
    }
    heard.add(next);
    return next;
  }

  /** Runs the hub of the service until this has been heard. */
  JsonNode until(Service service, Predicate<JsonNode> wanted) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (System.nanoTime() - end < 0) {
      service.servlet.hub().runOnce();
      JsonNode next = arrived.poll(10, TimeUnit.MILLISECONDS);
      if (next != null) {
        heard.add(next);
        if (wanted.test(next)) {
          return next;
        }
      }
    }
    throw new AssertionError("it was not heard: only " + heard);
  }

  JsonNode until(Service service, String event) throws InterruptedException {
    return until(service, message -> message.get("event").textValue().equals(event));
  }

  List<JsonNode> heard() {
    return heard;
  }

  /** Whether an event of this kind is heard so often, each within the usual time. */
  boolean hasHeard(String event, int times) throws InterruptedException {
    int heardOf = 0;
    while (heardOf < times) {
      JsonNode next = arrived.poll(SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        return false;
      }
      heardOf += next.get("event").textValue().equals(event) ? 1 : 0;
    }
    return true;
  }

  /** The positions of what has happened, as they were heard. */
  List<Long> positions() {
    return heard.stream()
        .filter(message -> message.has("seq"))
        .map(message -> Long.valueOf(message.get("seq").textValue()))
        .toList();
  }

  /** Where it would go on. */
  String cursor() {
    String cursor = null;
    for (JsonNode message : heard) {
      cursor = message.path("cursor").asText(message.path("seq").asText(cursor));
    }
    return cursor;
  }

  /** The line drops: nobody says goodbye. */
  void drop() throws IOException {
    if (socket != null) {
      socket.abort();
    } else {
      stream.close();
    }
  }

  @Override
  public void close() throws IOException {
    drop();
  }
}
