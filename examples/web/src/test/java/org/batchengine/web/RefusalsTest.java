package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.batchengine.web.Service.Answer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused, and how that is said. */
@Tag("H2")
class RefusalsTest {
  @TempDir static Path folder;
  private static Service service;

  @BeforeAll
  static void start() throws Exception {
    service = new Service("jdbc:h2:" + folder.resolve("batches"), folder);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
  }

  private static List<String> errors(Answer answer) {
    return answer.json().at("/details/errors").findValuesAsText("path").stream()
        .map(
            path -> {
              for (JsonNode error : answer.json().at("/details/errors")) {
                if (error.get("path").textValue().equals(path)) {
                  return path + " " + error.get("code").textValue();
                }
              }
              return path;
            })
        .toList();
  }

  @Test
  @DisplayName("REQ-M25: a refusal is a problem of RFC 9457 with the members of the source")
  void body() {
    Answer answer = service.post("alice", "api/batch/create", "{}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.json().get("success").booleanValue()).isFalse();
    assertThat(answer.json().get("error").textValue()).isEqualTo("Validation failed");
    assertThat(answer.json().get("instance").textValue())
        .isEqualTo("/ops/batches/api/batch/create");
    assertThat(answer.json().get("requestId").textValue()).isEqualTo(answer.header("X-Request-Id"));
    assertThat(answer.json().at("/details/errors"))
        .hasToString(
            "[{\"path\":\"operation\",\"message\":\"is required\",\"code\":\"required\"}]");
  }

  @Test
  @DisplayName("REQ-M21: everything that is wrong is said at once")
  void allAtOnce() {
    Answer answer =
        service.post(
            "alice",
            "api/batch/create",
            """
            {"operation": "annotate", "name": 7, "typo": 1, "startAt": "tomorrow",
             "filters": {"nodes": -1, "unknown": true},
             "options": {"retryAttemps": 3, "priority": "urgent", "notifyOnComplete": "yes",
              "batchSize": 0, "timeout": 0},
             "tolerateFailureRate": 1.5, "deadlineSeconds": 0}
            """);

    assertThat(errors(answer))
        .containsExactlyInAnyOrder(
            "name invalid_type",
            "typo unrecognized_key",
            "startAt invalid_value",
            "filters.nodes too_small",
            "filters.unknown unrecognized_key",
            "options.retryAttemps unrecognized_key",
            "options.batchSize too_small",
            "options.timeout too_small",
            "options.priority invalid_value",
            "options.notifyOnComplete invalid_type",
            "tolerateFailureRate too_big",
            "deadlineSeconds too_small");
  }

  @ParameterizedTest
  @CsvSource({"batchSize, 201, 201 is above", "timeout, 60001, PT1M0.001S is above"})
  @DisplayName("REQ-M3: a batch may ask for no more than the maximum of its type")
  void aboveTheMaximum(String option, int asked, String message) {
    Answer answer =
        service.post(
            "alice",
            "api/batch/create",
            "{\"operation\":\"annotate\",\"options\":{\"%s\":%d}}".formatted(option, asked));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(errors(answer)).containsExactly("options." + option + " too_big");
    assertThat(answer.json().at("/details/errors/0/message").textValue()).startsWith(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "",
        "[]",
        "{} {}",
        "{\"operation\":\"a\",\"operation\":\"b\"}",
        "null",
        "\"x\""
      })
  @DisplayName("REQ-M25: what is no object of JSON is refused, and stores nothing")
  void noObject(String json) {
    Answer answer =
        service.send("alice", "POST", "api/batch/create", json, "Content-Type", "application/json");

    assertThat(answer.status()).as(json).isEqualTo(400);
  }

  @Test
  @DisplayName("REQ-M21: items are told by their index")
  void items() {
    assertThat(errors(create("square", "[1, \"x\", 3, {}, null]")))
        .containsExactly("items.4 required");
    assertThat(errors(create("square", "[1, \"x\", 3, {}]")))
        .containsExactly("items.1 invalid_value", "items.3 invalid_value");
    assertThat(errors(create("annotate", "[\"a\", \"b\", \"a\"]")))
        .containsExactly("items.2.key duplicate");
    Answer large = create("annotate", "[\"a\", \"" + "b".repeat(1_100_000) + "\"]");
    assertThat(large.status()).isEqualTo(413);
    assertThat(large.json().get("detail").textValue()).contains("item 1");
    assertThat(create("annotate", "[\"" + "b".repeat(11_000_000) + "\"]").json().get("detail"))
        .hasToString("\"JSON may have 10 MiB; send more items as application/x-ndjson\"");
  }

  @Test
  @DisplayName("REQ-M21: what the validator of the type objects to is told of all items")
  void validator() {
    Answer created = create("square", "[1, -2, 3, -4]");
    assertThat(errors(created)).containsExactly("items.1 invalid_value", "items.3 invalid_value");
    assertThat(created.json().get("detail").textValue()).isEqualTo("2 items");

    Answer checked =
        service.post(
            "alice", "api/batch/validate", "{\"operation\":\"square\",\"items\":[1,-2,3,-4]}");
    assertThat(checked.json().get("valid").booleanValue()).isFalse();
    assertThat(checked.json().get("errors")).hasSize(2);
    assertThat(service.get("alice", "api/batch/stats").json().at("/stats/total").intValue())
        .isZero();
  }

  private static Answer create(String operation, String items) {
    return service.post(
        "alice",
        "api/batch/create",
        "{\"operation\":\"" + operation + "\",\"items\":" + items + "}");
  }

  @Test
  @DisplayName("REQ-M21: another number of items than was said is refused")
  void count() {
    String filters = "\"filters\":{\"nodes\":3}";
    for (int said : new int[] {2, 4}) {
      Answer answer =
          service.post(
              "alice",
              "api/batch/create",
              "{\"operation\":\"annotate\"," + filters + ",\"total_items\":" + said + "}");
      assertThat(errors(answer)).containsExactly("total_items custom");
    }
    assertThat(
            errors(
                service.post(
                    "alice",
                    "api/batch/create",
                    "{\"operation\":\"square\",\"items\":[1],\"total_items\":2}")))
        .containsExactly("total_items custom");
    assertThat(service.get("alice", "api/batch/stats").json().at("/stats/total").intValue())
        .isZero();
  }

  @Test
  @DisplayName("REQ-M25: a line of a file that cannot be read is named, and nothing is stored")
  void line() {
    Answer answer =
        service.send(
            "alice",
            "POST",
            "api/batch/create?operation=square",
            "input\n1\nx\n",
            "Content-Type",
            "text/csv");

    assertThat(errors(answer)).containsExactly("line.3 invalid_value");
    assertThat(answer.text()).doesNotContain("\"x\"");
  }

  @Test
  @DisplayName("REQ-M25: a line too long to be held in memory is refused")
  void longLine() {
    Answer answer =
        service.send(
            "alice",
            "POST",
            "api/batch/create?operation=square",
            "{\"input\":1}\n{\"input\":\"" + "x".repeat(9 << 20) + "\"}\n",
            "Content-Type",
            "application/x-ndjson");

    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.json().get("detail").textValue()).startsWith("line 2 has more than 8388608");
  }

  @Test
  @DisplayName("REQ-M25: an idempotency key of another request is a conflict")
  void conflict() throws Exception {
    try (Service other = new Service("jdbc:h2:" + folder.resolve("conflict"), folder)) {
      assertThat(keyed(other, "[1]").status()).isEqualTo(201);
      assertThat(keyed(other, "[1]").status()).isEqualTo(200);
      assertThat(keyed(other, "[2]").status()).isEqualTo(409);
    }
  }

  @Test
  @DisplayName("REQ-M25: items that the host found are closed, whatever becomes of them")
  void closed() throws Exception {
    try (Service other = new Service("jdbc:h2:" + folder.resolve("closed"), folder)) {
      String create = "{\"operation\":\"annotate\",\"filters\":{\"nodes\":3}%s}";
      for (String more : List.of("", "", ",\"total_items\":2")) {
        other.send(
            "alice",
            "POST",
            "api/batch/create",
            create.formatted(more),
            "Idempotency-Key",
            "a" + more.length());
      }
      other.post("alice", "api/batch/validate", create.formatted(""));

      assertThat(other.closed).hasValue(4);
    }
  }

  @Test
  @DisplayName("REQ-B12: a job of an unknown type is refused by the name that it was sent under")
  void unknownJob() {
    Answer answer = service.post("alice", "batch/jobs", "{\"job_type\":\"none\",\"items\":[]}");

    assertThat(errors(answer)).containsExactly("job_type invalid_value");
  }

  private static Answer keyed(Service service, String items) {
    return service.send(
        "alice",
        "POST",
        "api/batch/create",
        "{\"operation\":\"square\",\"items\":" + items + "}",
        "Idempotency-Key",
        "once");
  }

  @Test
  @DisplayName("REQ-M25: other verbs are not allowed, and what is allowed is said")
  void verbs() {
    Answer answer = service.send("alice", "POST", "api/batch/history", "{}");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("Allow")).isEqualTo("GET, HEAD, OPTIONS");
    assertThat(service.send("alice", "PUT", "api/batch/create", "{}").header("Allow"))
        .isEqualTo("POST, OPTIONS");
    Answer options = service.send("alice", "OPTIONS", "api/batch/cleanup", null);
    assertThat(options.status()).isEqualTo(204);
    assertThat(options.header("Allow")).isEqualTo("DELETE, OPTIONS");
    assertThat(service.get("alice", "api/nothing").status()).isEqualTo(404);
    assertThat(service.get("alice", "api/batch/history/").status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=1&limit=2",
        "offset=-1",
        "after=nonsense",
        "after=1&offset=5",
        "status=unheard",
        "createdAfter=yesterday",
        "createdAfter=2026-01-02T00:00:00Z&createdBefore=2026-01-01T00:00:00Z",
        "unknown=1",
        "name=%00",
        "name="
      })
  @DisplayName("REQ-M25: a query that cannot be is refused")
  void query(String query) {
    assertThat(service.get("alice", "api/batch/history?" + query).status()).isEqualTo(400);
  }

  @Test
  @DisplayName("REQ-M25: what breaks inside tells the client a number only")
  void inside() throws Exception {
    try (Service broken = new Service("jdbc:h2:" + folder.resolve("broken"), folder)) {
      broken.engine.close();
      Answer answer = broken.get("alice", "api/batch/history");
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("Retry-After")).isEqualTo("5");
      assertThat(answer.text()).doesNotContain("Exception", "org.", "jdbc", "select");
    }
  }
}
