package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Sends requests to a service. */
final class Caller {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final URI base;
  private final String authorization;

  /**
   * An answer.
   *
   * @param json null if it is none
   */
  record Answer(int status, JsonNode json, String text) {
    String id() {
      if (status != 201) {
        throw new AssertionError(text);
      }
      return json.at("/batch/id").textValue();
    }
  }

  private Caller(URI base, String authorization) {
    this.base = base;
    this.authorization = authorization;
  }

  /** With the token of an address as it is printed. */
  static Caller at(String printed) {
    URI address = URI.create(printed);
    String fragment = address.getFragment();
    Caller nobody = new Caller(address.resolve("/"), "");
    return fragment == null ? nobody : nobody.with("Bearer " + fragment.replace("token=", ""));
  }

  Caller with(String authorization) {
    return new Caller(base, authorization);
  }

  Answer get(String path) throws IOException, InterruptedException {
    return send("GET", path, "", BodyPublishers.noBody());
  }

  Answer post(String path, String json) throws IOException, InterruptedException {
    return send("POST", path, "application/json", BodyPublishers.ofString(json));
  }

  /** Creates a batch. */
  Answer create(String json) throws IOException, InterruptedException {
    return post("api/batch/create", json);
  }

  Answer send(String verb, String path, String type, BodyPublisher body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path)).method(verb, body);
    if (!type.isEmpty()) {
      request.header("Content-Type", type);
    }
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    HttpResponse<String> answer = CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
    String given = answer.headers().firstValue("Content-Type").orElse("");
    JsonNode json = given.contains("json") ? JSON.readTree(answer.body()) : null;
    return new Answer(answer.statusCode(), json, answer.body());
  }

  /** A stream of events that begins after the last one that was heard, or now if none was. */
  InputStream stream(String path, String lastEventId) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .header("Accept", "text/event-stream")
            .header("Authorization", authorization);
    if (!lastEventId.isEmpty()) {
      request.header("Last-Event-ID", lastEventId);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofInputStream()).body();
  }

  /** Waits for the end of a batch. */
  JsonNode ended(String id) {
    return ended(id, LONGEST);
  }

  JsonNode ended(String id, Duration longest) {
    return await()
        .atMost(longest)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> get("api/batch/" + id).json().get("batch"),
            batch ->
                batch.get("unfinished").intValue() == 0
                    && !batch.get("status").asText().equals("running"));
  }

  /** The results of a batch that has ended, by index. */
  JsonNode results(String id) throws IOException, InterruptedException {
    ended(id);
    return get("api/batch/" + id + "/results?limit=1000").json().at("/batch/results");
  }

  /** How many items have failed with which type of error. */
  Map<String, Integer> errors(String id) throws IOException, InterruptedException {
    Map<String, Integer> errors = new HashMap<>();
    for (JsonNode group : get("api/batch/" + id + "/errors").json().get("groups")) {
      errors.put(group.get("type").textValue(), group.get("count").intValue());
    }
    return errors;
  }
}
