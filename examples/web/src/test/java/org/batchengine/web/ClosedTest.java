package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchItem;
import org.batchengine.web.Service.Answer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets in, and how far. */
@Tag("H2")
class ClosedTest {
  /** What a visitor needs no right for. */
  private static final Set<String> OPEN =
      Set.of("GET api/health", "GET api/openapi.json", "GET api/visitor");

  private static final String ITEM = "{\"operation\":\"square\",\"items\":[7777]}";

  @TempDir static Path folder;
  private static Service service;
  private static String batch;

  @BeforeAll
  static void start() throws Exception {
    service = new Service("jdbc:h2:" + folder.resolve("batches"), folder);
    batch = service.done("alice", ITEM);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
  }

  private static Answer send(String visitor, String endpoint, String... headers) {
    String[] parts = endpoint.split(" ", 2);
    String path =
        parts[1]
            .replace("{id}", batch)
            .replace("{a}", batch)
            .replace("{b}", batch)
            .replace("{index}", "0")
            .replace("{operation}", "pull")
            .replace("{name}", "nightly");
    return service.send(visitor, parts[0], path, null, headers);
  }

  @Test
  @DisplayName("REQ-M25: nobody gets anything, whatever the endpoint")
  void nobody() {
    for (String visitor : List.of("", "unknown")) {
      for (String endpoint : service.contract().all()) {
        Answer answer = send(visitor, endpoint);

        assertThat(answer.status()).as(visitor + " " + endpoint).isEqualTo(401);
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
      }
      assertThat(send(visitor, "GET api/nothing").status()).isEqualTo(401);
      assertThat(send(visitor, "OPTIONS api/batch/create").status()).isEqualTo(401);
    }
  }

  @Test
  @DisplayName("REQ-M25: a servlet that was told nothing lets nobody in")
  void closedByDefault() throws Exception {
    Path elsewhere = folder.resolve("elsewhere");
    try (Service closed =
        new Service(
            "jdbc:h2:" + elsewhere, folder, servlet -> BatchServlet.of(servlet.engine()), false)) {
      assertThat(closed.get("root", "api/health").status()).isEqualTo(401);
    }
  }

  @Test
  @DisplayName("REQ-M25: a visitor without rights is told which right is missing, everywhere")
  void withoutRights() {
    for (String endpoint : service.contract().all()) {
      Answer answer = send("nothing", endpoint);

      assertThat(answer.status()).as(endpoint).isEqualTo(OPEN.contains(endpoint) ? 200 : 403);
      if (answer.status() == 403) {
        assertThat(answer.json().get("detail").textValue()).matches("the right [A-Z]+ is needed");
      }
    }
  }

  @Test
  @DisplayName("REQ-M25: whoever makes, changes or fires a schedule may submit")
  void schedules() {
    String schedule = "api/schedules/nightly";
    String body = "{\"template\":\"monthly\",\"cron\":\"0 3 1 1 *\"}";
    assertThat(service.send("steerer", "PUT", schedule, body).status()).isEqualTo(403);
    assertThat(service.send("steerer", "POST", schedule + "/fire", "{}").status()).isEqualTo(403);
    assertThat(service.send("alice", "PUT", schedule, body).status()).isEqualTo(200);
    assertThat(service.send("steerer", "POST", schedule + "/pause", "{}").status()).isEqualTo(200);
    assertThat(service.send("steerer", "DELETE", schedule, null).status()).isEqualTo(200);
  }

  @Test
  @DisplayName("REQ-M20: for a visitor of another tenant there is no such batch, everywhere")
  void ofAnotherTenant() {
    for (String endpoint : service.contract().all()) {
      if (endpoint.contains("api/batch/{") || endpoint.contains("jobs/{")) {
        assertThat(send("other", endpoint).status()).as(endpoint).isEqualTo(404);
      }
    }
    assertThat(service.get("other", "api/batch/history").json().get("count").intValue()).isZero();
    assertThat(service.get("other", "api/batch/stats").json().at("/stats/total").intValue())
        .isZero();
    assertThat(service.get("other", "api/batch/history?tenant=acme").status()).isEqualTo(403);
    assertThat(service.get("other", "api/batch/stats?tenant=acme").status()).isEqualTo(403);
    assertThat(service.get("alice", "api/batch/" + batch).status()).isEqualTo(200);
    for (String endpoint :
        service.contract().all().stream()
            .filter(
                each ->
                    each.contains("api/limits")
                        || List.of(
                                "DELETE api/batch/cleanup",
                                "GET api/batch/nodes",
                                "GET api/metrics")
                            .contains(each))
            .toList()) {
      assertThat(send("other", endpoint).status()).as(endpoint).isEqualTo(403);
    }
  }

  @Test
  @DisplayName("REQ-M25: payloads are not shown without the right to see them")
  void payloads() {
    String item = "api/batch/" + batch + "/items/0";
    assertThat(service.get("alice", item).json().at("/item/input").textValue()).isEqualTo("7777");
    for (String path :
        List.of(
            "api/batch/" + batch + "/items",
            item,
            "api/batch/" + batch + "/results",
            "batch/jobs/" + batch + "/items")) {
      Answer answer = service.get("reader", path);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text())
          .doesNotContain("\"input\"", "\"output\"", "\"result\"", "_data", "60481729");
    }
    assertThat(service.get("reader", "api/batch/" + batch + "/export").status()).isEqualTo(403);
  }

  @Test
  @DisplayName("REQ-M25: what the host masks is shown to nobody as it is, and not exported")
  void masked() throws Exception {
    try (Service masked =
        new Service(
            "jdbc:h2:" + folder.resolve("masked"),
            folder,
            servlet ->
                servlet.payloads(
                    (visitor, item) ->
                        BatchItem.builder(item.batchId(), item.index())
                            .input("***")
                            .output("***")
                            .build()),
            true)) {
      String id = masked.done("alice", ITEM);
      assertThat(masked.get("alice", "api/batch/" + id + "/items").text())
          .contains("\"input\":\"***\",\"output\":\"***\"", "\"state\":\"succeeded\"");
      assertThat(masked.get("alice", "api/batch/" + id + "/results").text())
          .contains("\"result\":\"***\"")
          .doesNotContain("60481729");
      assertThat(masked.get("alice", "batch/jobs/" + id + "/items").text())
          .doesNotContain("60481729");
      String export = "api/batch/" + id + "/export";
      assertThat(masked.get("alice", export).status()).isEqualTo(403);
      assertThat(masked.get("alice", export + "?columns=index&columns=output").status())
          .isEqualTo(403);
      assertThat(masked.get("alice", export + "?columns=index&columns=state").text())
          .isEqualTo("index,state\r\n0,SUCCEEDED\r\n");
    }
  }

  @Test
  @DisplayName("REQ-M25: a browser on another site can change nothing")
  void otherSites() {
    String cancel = "POST api/batch/{id}/cancel";
    for (String site : List.of("cross-site", "same-site", "none")) {
      assertThat(send("alice", cancel, "Sec-Fetch-Site", site).status()).as(site).isEqualTo(403);
    }
    assertThat(send("alice", cancel, "Origin", "https://evil.example").status()).isEqualTo(403);
    assertThat(send("alice", cancel, "Origin", "null").status()).isEqualTo(403);
    assertThat(send("alice", cancel, "Sec-Fetch-Site", "same-origin").status()).isEqualTo(200);
    assertThat(send("alice", cancel).status()).isEqualTo(200);
    assertThat(
            send("alice", cancel, "Sec-Fetch-Site", "cross-site", "Authorization", "Bearer x")
                .status())
        .isEqualTo(200);
    assertThat(send("alice", "GET api/batch/{id}", "Sec-Fetch-Site", "cross-site").status())
        .isEqualTo(200);
    Answer form =
        service.send(
            "alice",
            "POST",
            "api/batch/" + batch + "/cancel",
            "reason=x",
            "Content-Type",
            "application/x-www-form-urlencoded");
    assertThat(form.status()).isEqualTo(415);
    assertThat(form.header("Access-Control-Allow-Origin")).isEmpty();
  }

  @Test
  @DisplayName("REQ-M25: folders are used below their root only, and nothing tells what is outside")
  void folders() throws Exception {
    Files.createDirectories(folder.resolve("inside"));
    Files.createSymbolicLink(folder.resolve("link"), Path.of("/etc"));
    for (String outside : List.of("..", "/etc", "/nowhere", "inside/../..", "link", "a\\u0000b")) {
      Answer answer = service.post("alice", "api/batch/validate", filter(outside));
      assertThat(answer.json().get("valid").booleanValue()).as(outside).isFalse();
      assertThat(answer.json().at("/errors/0/path").textValue()).isEqualTo("filters.folder");
      assertThat(answer.text()).doesNotContain("/etc");
    }
    assertThat(
            service
                .post("alice", "api/batch/validate", filter("inside"))
                .json()
                .get("valid")
                .booleanValue())
        .isTrue();
  }

  private static String filter(String path) {
    return "{\"operation\":\"annotate\",\"filters\":{\"folder\":\"" + path + "\"}}";
  }

  @Test
  @DisplayName("REQ-M25: a visitor creates so many batches at once, and is told when to try again")
  void rate() throws Exception {
    try (Service limited =
        new Service(
            "jdbc:h2:" + folder.resolve("limited"),
            folder,
            servlet -> servlet.creations(1, 2),
            true)) {
      assertThat(limited.post("alice", "api/batch/create", ITEM).status()).isEqualTo(201);
      assertThat(limited.post("alice", "api/batch/create", ITEM).status()).isEqualTo(201);
      Answer third = limited.post("alice", "api/batch/create", ITEM);
      assertThat(third.status()).isEqualTo(429);
      assertThat(Integer.parseInt(third.header("Retry-After"))).isBetween(1, 60);
      assertThat(limited.post("root", "api/batch/create", ITEM).status()).isEqualTo(201);
    }
  }

  @Test
  @DisplayName("REQ-M19 REQ-M25: a tenant submits as much as its limit allows, on all nodes")
  void limitOfATenant() throws Exception {
    try (Service limited = new Service("jdbc:h2:" + folder.resolve("tenants"), folder)) {
      limited
          .engine
          .limits()
          .setEachTenant(Limit.none().submits(1, Duration.ofHours(1)), "for a test");
      assertThat(limited.post("alice", "api/batch/create", ITEM).status()).isEqualTo(201);
      Answer second = limited.post("alice", "api/batch/create", ITEM);
      assertThat(second.status()).isEqualTo(429);
      assertThat(Integer.parseInt(second.header("Retry-After"))).isBetween(3_500, 3_600);
      assertThat(second.json().get("title").asText()).isEqualTo("Limit exceeded");
    }
  }

  @Test
  @DisplayName("REQ-M25: answers say that they are not to be kept, guessed at or told of")
  void headers() {
    Answer answer = send("alice", "GET api/batch/{id}");

    assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
    assertThat(answer.header("Content-Security-Policy")).startsWith("default-src 'none'; ");
    assertThat(answer.header("X-Request-Id")).matches("[0-9a-f]{12}");
  }
}
