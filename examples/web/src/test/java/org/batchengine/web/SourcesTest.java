package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.batchengine.web.Service.Answer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the sources, sent as they are written there. */
@Tag("H2")
class SourcesTest {
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

  private static final String CREATE =
      """
      {
        "operation": "annotate",
        "filters": {
          "status": "pending",
          "category": "invoice"
        },
        "options": {
          "model": "gpt-4",
          "batchSize": 50,
          "retryAttempts": 3
        },
        "name": "Monthly invoice annotation",
        "description": "Annotate all pending invoices"
      }
      """;

  /** The same, without waiting for retries. */
  private static final String AT_ONCE = CREATE.replace("3", "0");

  @Test
  @DisplayName("REQ-M23: the contract that is checked in is the one that is served")
  void checkedIn() throws Exception {
    JsonNode served = service.get("alice", "api/openapi.json").json();
    Path made = Path.of("target", "openapi.json");
    Files.writeString(made, sorted(served));

    assertThat(Exchange.JSON.readTree(Path.of("openapi.json").toFile()).equals(served))
        .as("if the new one is right: cp examples/web/%s examples/web/", made)
        .isTrue();
  }

  private static String sorted(JsonNode json) throws Exception {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    mapper.enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
    return mapper.writeValueAsString(mapper.treeToValue(json, Object.class)) + "\n";
  }

  @Test
  @DisplayName("REQ-M23: the example of a create makes a batch with its filters and options")
  void create() {
    Answer answer = service.post("alice", "api/batch/create", CREATE);

    assertThat(answer.status()).isEqualTo(201);
    JsonNode batch = answer.json().get("batch");
    assertThat(answer.json().get("success").booleanValue()).isTrue();
    assertThat(batch.get("operation").textValue()).isEqualTo("annotate");
    assertThat(batch.get("total_items").intValue()).isEqualTo(100);
    assertThat(batch.get("chunk_size").intValue()).isEqualTo(50);
    assertThat(batch.get("name").textValue()).isEqualTo("Monthly invoice annotation");
    assertThat(batch.get("tenant").textValue()).isEqualTo("acme");
    assertThat(batch.get("submitted_by").textValue()).isEqualTo("alice");
    assertThat(batch.get("metadata").textValue())
        .contains("\"category\":\"invoice\"", "\"model\":\"gpt-4\"");
    assertThat(answer.header("Location"))
        .isEqualTo("/ops/batches/api/batch/" + batch.get("id").textValue());
  }

  @Test
  @DisplayName("REQ-M23: a batch that runs has its state in lower case and its progress in percent")
  void running() throws Exception {
    Answer created =
        service.post(
            "alice", "api/batch/create", "{\"operation\":\"annotate\",\"items\":[\"wait\"]}");
    String id = created.json().at("/batch/id").textValue();
    service.entered.acquire();

    JsonNode batch = service.get("alice", "api/batch/" + id).json().get("batch");

    assertThat(batch.get("status").textValue()).isEqualTo("running");
    assertThat(batch.get("progress").doubleValue()).isZero();
    assertThat(batch.get("processed_items").intValue()).isZero();
    service.gate.release();
    service.ended(id);
    JsonNode done = service.get("alice", "api/batch/" + id).json().get("batch");
    assertThat(done.get("status").textValue()).isEqualTo("completed");
    assertThat(done.get("progress").doubleValue()).isEqualTo(100);
    assertThat(done.has("completed_at")).isTrue();
  }

  @Test
  @DisplayName("REQ-M23: results, with a summary")
  void results() throws Exception {
    String id = service.done("alice", AT_ONCE);

    JsonNode batch = service.get("alice", "api/batch/" + id + "/results").json().get("batch");

    assertThat(batch.get("progress").doubleValue()).isEqualTo(100);
    JsonNode first = batch.at("/results/0");
    assertThat(first.get("nodeId").textValue()).isEqualTo("node_000");
    assertThat(first.get("success").booleanValue()).isTrue();
    assertThat(first.get("result"))
        .isEqualTo(
            Exchange.JSON.readTree(
                "{\"description\":\"Invoice processing\",\"tags\":[\"finance\"]}"));
    assertThat(first.get("qualityScore").doubleValue()).isEqualTo(0.95);
    assertThat(first.get("retries").intValue()).isZero();
    assertThat(batch.at("/results/13/error").textValue()).isEqualTo("Timeout");
    assertThat(batch.at("/summary/total").intValue()).isEqualTo(100);
    assertThat(batch.at("/summary/successful").intValue()).isEqualTo(98);
    assertThat(batch.at("/summary/failed").intValue()).isEqualTo(2);
    assertThat(batch.at("/summary/qualityScore").doubleValue()).isEqualTo(0.95);
    JsonNode metrics = batch.at("/summary/performanceMetrics");
    assertThat(metrics.get("totalDuration").doubleValue())
        .isCloseTo(100 * metrics.get("averageDuration").doubleValue(), within(0.2));
    assertThat(metrics.get("itemsPerMinute").doubleValue()).isPositive();
  }

  @Test
  @DisplayName("REQ-M23: figures for charts")
  void viz() throws Exception {
    String id = service.done("alice", AT_ONCE);

    JsonNode viz = service.get("alice", "api/batch/" + id + "/viz").json().get("visualization");

    assertThat(viz.get("batchId").textValue()).isEqualTo(id);
    assertThat(viz.at("/overview/successRate").doubleValue()).isEqualTo(0.98);
    assertThat(viz.at("/overview/pending").intValue()).isZero();
    assertThat(viz.get("errorDistribution").findValuesAsText("error"))
        .containsExactlyInAnyOrder("Timeout", "Invalid response");
    assertThat(viz.at("/errorDistribution/0/percentage").doubleValue()).isEqualTo(50);
    assertThat(viz.get("qualityDistribution").findValuesAsText("range"))
        .containsExactly("0.8-1.0", "0.6-0.8", "0.4-0.6", "0.2-0.4", "0.0-0.2");
    assertThat(viz.at("/qualityDistribution/0/count").intValue()).isEqualTo(98);
    assertThat(viz.at("/qualityDistribution/0/percentage").doubleValue()).isEqualTo(98);
    assertThat(viz.at("/performanceMetrics/p99Duration").doubleValue())
        .isGreaterThanOrEqualTo(viz.at("/performanceMetrics/p50Duration").doubleValue());
    assertThat(viz.at("/attempts/0/items").intValue()).isEqualTo(100);
    assertThat(viz.get("timeline")).isNotEmpty();
  }

  @Test
  @DisplayName("REQ-M23: history, which says what it was filtered by")
  void history() throws Exception {
    service.done("alice", AT_ONCE);

    JsonNode page =
        service
            .get("alice", "api/batch/history?status=completed&operation=annotate&limit=20&offset=0")
            .json();

    assertThat(page.get("batches").size()).isEqualTo(page.get("count").intValue()).isPositive();
    assertThat(page.get("batches").findValuesAsText("status")).containsOnly("completed");
    assertThat(page.get("filter"))
        .isEqualTo(
            Exchange.JSON.readTree(
                "{\"operation\":\"annotate\",\"status\":\"completed\",\"limit\":20,\"offset\":0}"));
  }

  @Test
  @DisplayName("REQ-M23: a cancel without a body")
  void cancel() throws Exception {
    Answer created =
        service.post(
            "alice",
            "api/batch/create",
            "{\"operation\":\"annotate\",\"items\":[\"wait\", \"node_001\"]}");
    String id = created.json().at("/batch/id").textValue();
    service.entered.acquire();

    Answer answer = service.post("alice", "api/batch/" + id + "/cancel", null);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().get("message").textValue()).isEqualTo("Batch cancelled successfully");
    assertThat(answer.json().get("changed").booleanValue()).isTrue();
    service.gate.release();
    service.ended(id);
    Answer late = service.post("alice", "api/batch/" + id + "/cancel", "{\"reason\":\"late\"}");
    assertThat(late.status()).isEqualTo(200);
    assertThat(late.json().get("changed").booleanValue()).isFalse();
    assertThat(service.get("alice", "api/batch/" + id).json().at("/batch/state_reason").textValue())
        .isEqualTo("cancelled by alice");
  }

  @Test
  @DisplayName("REQ-M23: a clean-up, which says how many days are kept")
  void cleanup() {
    Answer answer =
        service.send("root", "DELETE", "api/batch/cleanup", "{\n  \"daysToKeep\": 60\n}");

    assertThat(answer.text()).isEqualTo("{\"success\":true,\"deleted\":0,\"daysToKeep\":60}");
    assertThat(service.send("root", "DELETE", "api/batch/cleanup?daysToKeep=60", null).text())
        .isEqualTo(answer.text());
  }

  @Test
  @DisplayName("REQ-M23: statistics")
  void stats() throws Exception {
    service.done("alice", AT_ONCE);

    JsonNode stats = service.get("alice", "api/batch/stats").json().get("stats");

    assertThat(stats.at("/byStatus/completed").intValue()).isPositive();
    assertThat(stats.at("/byStatus/failed").intValue()).isZero();
    assertThat(stats.at("/byOperation/annotate").intValue()).isPositive();
    assertThat(stats.get("completionRate").doubleValue()).isBetween(0.01, 1.0);
  }

  @Test
  @DisplayName("REQ-B12: jobs are posted and read, with their items")
  void jobs() throws Exception {
    Answer created =
        service.post(
            "alice",
            "batch/jobs?user_id=alice",
            "{\"job_type\": \"enrollment\","
                + " \"items\": [{\"device_id\": \"d1\"}, {\"device_id\": \"d2\"}]}");
    assertThat(created.status()).isEqualTo(201);
    assertThat(created.json().get("total_items").intValue()).isEqualTo(2);
    String id = created.json().get("batch_job_id").textValue();
    service.ended(id);

    JsonNode job = service.get("alice", "batch/jobs/" + id).json();
    assertThat(job.get("progress_percent").doubleValue()).isEqualTo(100);
    assertThat(job.get("success_items").intValue()).isEqualTo(2);
    assertThat(job.at("/result/success_rate").doubleValue()).isEqualTo(1);
    assertThat(job.at("/result/success_rate_percent").doubleValue()).isEqualTo(100);
    JsonNode items = service.get("alice", "batch/jobs/" + id + "/items").json();
    assertThat(items).hasSize(2);
    assertThat(items.get(1).get("input_data").get("device_id").textValue()).isEqualTo("d2");
    assertThat(items.get(1).get("output_data").get("enrolled").textValue()).isEqualTo("d2");
    assertThat(items.get(1).get("status").textValue()).isEqualTo("succeeded");
  }

  @Test
  @DisplayName(
      "REQ-B12: a job that is not there is not found, and only an admin names another user")
  void jobsOfOthers() {
    assertThat(service.get("alice", "batch/jobs/00000000-0000-0000-0000-000000000000").status())
        .isEqualTo(404);
    assertThat(service.get("alice", "batch/jobs/batch_1234567890_abc123").status()).isEqualTo(404);
    String job = "{\"job_type\":\"enrollment\",\"items\":[]}";
    assertThat(service.post("alice", "batch/jobs?user_id=bob", job).status()).isEqualTo(403);
    Answer created = service.post("root", "batch/jobs?user_id=bob", job);
    assertThat(created.status()).isEqualTo(201);
    String id = created.json().get("batch_job_id").textValue();
    assertThat(service.get("root", "api/batch/" + id).json().at("/batch/submitted_by").textValue())
        .isEqualTo("bob");
  }

  @Test
  @DisplayName("REQ-D4: a kind of failure that the batch of this name before had not is new")
  void newFailures() throws Exception {
    String named = "{\"operation\":\"annotate\",\"name\":\"%s\",\"filters\":{\"nodes\":%d}}";
    String before = service.done("alice", named.formatted("Nightly", 14));
    service.done("alice", named.formatted("Nightly, again", 67));
    String after = service.done("alice", named.formatted("Nightly", 67));

    JsonNode groups = service.get("alice", "api/batch/" + after + "/errors").json().get("groups");

    assertThat(groups.findValuesAsText("sample"))
        .containsExactlyInAnyOrder("Timeout", "Invalid response");
    for (JsonNode group : groups) {
      assertThat(group.path("newSince").asText())
          .isEqualTo(group.get("sample").textValue().equals("Timeout") ? "" : before);
    }
    assertThat(service.get("alice", "api/batch/" + before + "/errors").text())
        .doesNotContain("newSince");
  }

  @Test
  @Timeout(60)
  @DisplayName("REQ-M3: the number of retries is the request's, their delays are the type's")
  void retries() throws Exception {
    String json =
        "{\"operation\":\"annotate\",\"items\":[\"node_013\"],\"options\":{\"retryAttempts\":1}}";
    String path =
        "api/batch/"
            + service.post("alice", "api/batch/create", json).json().at("/batch/id").textValue();
    JsonNode item;
    do {
      item = service.get("alice", path + "/items/0").json();
    } while (item.get("errors").isEmpty());

    assertThat(item.at("/item/state").textValue()).isEqualTo("retrying");
    assertThat(
            Duration.between(
                Instant.parse(item.at("/errors/0/at").textValue()),
                Instant.parse(item.at("/item/due_at").textValue())))
        .isCloseTo(Duration.ofHours(1), Duration.ofMinutes(1));
    service.post("alice", path + "/cancel", "{}");
  }
}
