package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.batchengine.BatchSchedules;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;
import org.batchengine.schedule.Schedule;
import org.batchengine.web.Service.Answer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every endpoint answers what it is for, and as the contract says, on both databases. */
class ContractTest {
  @TempDir Path folder;

  @Test
  @DisplayName("REQ-M23: every endpoint keeps the contract on H2")
  void onH2() throws Exception {
    keeps("jdbc:h2:" + folder.resolve("batches"));
  }

  @Test
  @DisplayName("REQ-M23: every endpoint keeps the contract on PostgreSQL")
  void onPostgres() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
      keeps(server.getJdbcUrl("postgres", "postgres"));
    }
  }

  private void keeps(String url) throws Exception {
    try (Service service = new Service(url, folder)) {
      String first = service.done("alice", annotate(20));
      String second = service.done("alice", annotate(14));
      reads(service, first);
      compares(service, first, second);
      exports(service, first);
      steers(service, second);
      creates(service);
      operates(service);
      tells(service);
      worksOutside(service);
      schedules(service);
      limits(service);
      isMadeOfAnother(service);
      waits(service);
      rehearses(service);

      assertThat(service.contract().seen()).containsAll(service.contract().all());
    }
  }

  private static void tells(Service service) throws Exception {
    assertThat(service.post("alice", "api/ticket", "{}").json().get("ticket").textValue())
        .hasSize(43);
    try (Ears ears = Ears.ofStream(service, "alice", "api/events", null)) {
      service.contract().check("GET", "api/events", 200, ears.type(), "event: hello");
      assertThat(ears.next().get("event").textValue()).isEqualTo("hello");
    }
    assertThat(
            service.send("alice", "GET", "api/events", null, "Accept", "application/json").status())
        .isEqualTo(406);
  }

  private static void worksOutside(Service service) throws Exception {
    String batch =
        service
            .post(
                "alice",
                "api/batch/create",
                "{\"operation\":\"pull\",\"items\":[{\"n\":1},\"b\",\"c\"]}")
            .json()
            .at("/batch/id")
            .textValue();
    Set<String> deferrals = new TreeSet<>();
    while (deferrals.size() < 3) {
      for (JsonNode item : claim(service, "worker").get("items")) {
        deferrals.add(item.get("deferral").textValue());
        assertThat(item.get("input").toString()).isIn("{\"n\":1}", "\"b\"", "\"c\"");
      }
    }
    assertThat(claim(service, "other").get("items")).isEmpty();
    List<String> names = List.copyOf(deferrals); // in the order of the indexes

    JsonNode results =
        service
            .post(
                "worker",
                "api/work/pull/results",
                """
                {"results": [
                  {"deferral": "%s", "success": true, "result": {"tax": 0.19}, "durationMs": 1250, "qualityScore": 0.95},
                  {"deferral": "%s", "success": false, "error": {"code": "NO_AMOUNT", "message": "there is none"}},
                  {"deferral": "01a22d3b-b063-76c7-adde-c47de37120d6/0/1", "success": true}]}
                """
                    .formatted(names.get(0), names.get(1)))
            .json()
            .get("results");
    assertThat(results.findValuesAsText("status"))
        .containsExactly("settled", "settled", "not_found");
    String third = "api/batch/" + batch + "/items/2/result";
    String done = "{\"success\":true,\"result\":\"done\"}";
    assertThat(service.post("other", third, done).status()).isEqualTo(404);
    assertThat(service.post("worker", third, done).json().get("status").textValue())
        .isEqualTo("settled");
    Answer again = service.post("worker", third, done);
    assertThat(again.json().get("status").textValue()).isEqualTo("already_settled");
    assertThat(again.json().get("changed").booleanValue()).isFalse();

    service.engine.await(BatchId.of(batch));
    JsonNode items = service.get("alice", "api/batch/" + batch + "/items").json().get("items");
    assertThat(items.findValuesAsText("state")).containsExactly("succeeded", "failed", "succeeded");
    assertThat(items.at("/0/output")).hasToString("\"{\\\"tax\\\":0.19}\"");
    assertThat(items.at("/0/quality").doubleValue()).isEqualTo(0.95);
    assertThat(items.at("/1/error_type").textValue()).isEqualTo("NO_AMOUNT");
    corrects(service, "api/batch/" + batch);
  }

  private static void corrects(Service service, String batch) throws Exception {
    Answer refused =
        service.post("alice", batch + "/retry", "{\"corrections\":[{\"input\":{\"n\":2}}]}");
    assertThat(refused.status()).isEqualTo(400);
    JsonNode retried =
        service
            .post(
                "alice",
                batch + "/retry",
                "{\"corrections\":[{\"index\":1,\"input\":{\"n\":2}}],\"reason\":\"a typo\"}")
            .json();
    assertThat(retried.get("items").intValue()).isEqualTo(1);
    JsonNode item = claim(service, "worker").at("/items/0");
    assertThat(item.get("input")).hasToString("{\"n\":2}");
    service.post(
        "worker",
        "api/work/pull/results",
        "{\"results\":[{\"deferral\":%s,\"success\":true}]}".formatted(item.get("deferral")));
    JsonNode inputs = service.get("alice", batch + "/items/1").json().get("inputs");
    assertThat(inputs.findValuesAsText("input")).containsExactly("b", "{\"n\":2}");
    assertThat(inputs.at("/1/actor").textValue()).isEqualTo("alice");
  }

  private static void schedules(Service service) throws Exception {
    String template = "api/templates/monthly";
    String schedule = "api/schedules/nightly";
    JsonNode kept =
        service
            .send(
                "alice",
                "PUT",
                template,
                "{\"operation\":\"square\",\"name\":\"Squares\",\"items\":[3,4]}")
            .json();
    assertThat(kept.at("/template/items").intValue()).isEqualTo(2);
    assertThat(kept.at("/template/operation").textValue()).isEqualTo("square");
    assertThat(
            service
                .send(
                    "alice", "PUT", schedule, "{\"template\":\"monthly\",\"cron\":\"61 * * * *\"}")
                .status())
        .isEqualTo(400);
    JsonNode put =
        service
            .send(
                "alice",
                "PUT",
                schedule,
                "{\"template\":\"monthly\",\"cron\":\"0 3 1 1 *\",\"zone\":\"Europe/Berlin\",\"on_overlap\":\"allow\"}")
            .json();
    assertThat(put.at("/schedule/next_at").textValue()).endsWith("-01-01T02:00:00Z");
    assertThat(put.at("/schedule/on_overlap").textValue()).isEqualTo("allow");

    ObjectNode same = put.get("schedule").deepCopy();
    same.remove(List.of("name", "tenant", "paused", "next_at"));
    assertThat(service.send("alice", "PUT", schedule, same.toString()).json()).isEqualTo(put);
    scheduleOfCode(service);
    refusedTemplates(service);

    String reason = "{\"reason\":\"a trial\"}";
    try (Ears ears = Ears.ofStream(service, "alice", "api/events", null)) {
      ears.next(); // it says hello
      assertThat(service.post("alice", schedule + "/pause", reason).json().at("/schedule/paused"))
          .hasToString("true");
      JsonNode event = ears.next();
      while (!event.get("event").textValue().equals("schedule:paused")) {
        event = ears.next();
      }
      assertThat(event.get("name").textValue()).isEqualTo("nightly");
      assertThat(event.get("reason").textValue()).isEqualTo("a trial");
    }
    assertThat(service.post("alice", schedule + "/resume", reason).json().get("changed"))
        .hasToString("true");
    service.post("alice", schedule + "/fire", reason);
    JsonNode fire = service.get("alice", schedule + "/fires").json().at("/fires/0");
    while (!fire.has("batch_id") || !fire.get("status").textValue().equals("submitted")) {
      fire = service.get("alice", schedule + "/fires?status=submitted").json().at("/fires/0");
    }
    service.engine.await(BatchId.of(fire.get("batch_id").textValue()));
    assertThat(
            service
                .get("alice", "api/batch/" + fire.get("batch_id").textValue() + "/items")
                .json()
                .get("items")
                .findValuesAsText("output"))
        .containsExactly("9", "16");

    assertThat(service.get("other", "api/schedules").json().get("schedules")).isEmpty();
    assertThat(service.get("other", "api/templates").json().get("templates")).isEmpty();
    assertThat(service.post("other", schedule + "/pause", reason).status()).isEqualTo(404);
    assertThat(service.send("other", "DELETE", template, null).status()).isEqualTo(404);
    assertThat(service.get("root", schedule + "/fires").status()).isEqualTo(404);
    assertThat(service.get("root", schedule + "/fires?tenant=acme").status()).isEqualTo(200);
    assertThat(service.get("alice", "api/schedules").json().get("schedules")).hasSize(1);
    assertThat(service.get("alice", "api/templates").json().get("templates")).hasSize(1);
    assertThat(service.send("alice", "DELETE", schedule, null).status()).isEqualTo(200);
    assertThat(service.send("alice", "DELETE", template, null).status()).isEqualTo(200);
  }

  private static void limits(Service service) throws Exception {
    String type = "api/limits/types/square";
    String tenant = "api/limits/tenants/acme";
    String limit = "{\"limit\":\"rate 600/PT1M, running 20\",\"reason\":\"the contract\"}";
    JsonNode set = service.send("root", "PUT", type, limit).json().get("limit");
    assertThat(set.get("limit").textValue()).isEqualTo("rate 600/PT1M, running 20");
    assertThat(set.get("scope").textValue()).isEqualTo("type");
    assertThat(set.get("set").booleanValue()).isTrue();
    String hold = "{\"seconds\":60,\"reason\":\"the provider is down\"}";
    JsonNode held = service.post("root", type + "/hold", hold).json().get("limit");
    assertThat(held.get("held_reason").textValue()).isEqualTo("the provider is down");
    assertThat(service.post("root", type + "/release", "{}").json().get("limit").has("held_until"))
        .isFalse();
    service.send("root", "PUT", tenant, "{\"limit\":\"weight 3\"}");
    service.send("root", "PUT", "api/limits/tenants/*", "{\"limit\":\"running 50\"}");
    assertThat(service.get("root", "api/limits").json().get("limits").findValuesAsText("limit"))
        .containsExactly("rate 600/PT1M, running 20", "running 50", "weight 3");

    assertThat(service.send("root", "PUT", type, "{\"limit\":\"often\"}").json().toString())
        .contains("limit \\\"often\\\" cannot be read");
    assertThat(service.send("root", "PUT", type, "{\"limit\":\"weight 3\"}").status())
        .isEqualTo(400);
    assertThat(service.send("root", "PUT", "api/limits/types/squre", limit).json().toString())
        .contains("no engine that is connected works on this operation", "square");
    assertThat(service.post("root", type + "/hold", "{}").status()).isEqualTo(400);
    service.post("root", type + "/reset", "{}");
    service.post("root", tenant + "/reset", "{}");
    service.post("root", "api/limits/tenants/*/reset", "{}");
    assertThat(service.get("root", "api/limits").json().toString())
        .doesNotContain("running 50", "weight", "600");
  }

  private static void scheduleOfCode(Service service) throws Exception {
    String body = "{\"every_seconds\":60,\"on_missed\":\"all\"}";
    Answer unknown = service.send("alice", "PUT", "api/schedules/code", body);
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.json().at("/details/errors/0/path").textValue()).isEqualTo("template");
    BatchSchedules schedules = service.engine.forTenant("acme").schedules();
    schedules.put(Schedule.cron("code", "0 0 1 1 *", ZoneOffset.UTC)); // as code does
    JsonNode changed = service.send("alice", "PUT", "api/schedules/code", body).json();
    assertThat(changed.at("/schedule/every_seconds").intValue()).isEqualTo(60);
    assertThat(changed.at("/schedule/template").isMissingNode()).isTrue();
    schedules.remove("code");
    Answer templated = service.send("alice", "PUT", "api/schedules/nightly", body);
    assertThat(templated.status()).isEqualTo(400);
  }

  private static void refusedTemplates(Service service) throws Exception {
    String items = "{\"operation\":\"square\",\"items\":[%s]}";
    String many = items.formatted("1,".repeat(1_000) + "1");
    Map<String, String> wrong =
        Map.of(
            "startAt",
            "{\"operation\":\"square\",\"items\":[3],\"startAt\":\"2099-01-01T00:00:00Z\"}",
            "items",
            many);
    for (var each : wrong.entrySet()) {
      Answer refused = service.send("alice", "PUT", "api/templates/wrong", each.getValue());
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.json().at("/details/errors/0/path").textValue()).isEqualTo(each.getKey());
    }
  }

  private static void waits(Service service) {
    String request = "{\"operation\":\"square\",\"items\":[3],\"after\":[\"%s\"]}";
    Answer unknown =
        service.post(
            "alice", "api/batch/create", request.formatted("01a22d3b-b063-76c7-adde-c47de37120d6"));
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.json().at("/details/errors/0/path").textValue()).isEqualTo("after");
    String first =
        service
            .post("alice", "api/batch/create", "{\"operation\":\"annotate\",\"items\":[\"wait\"]}")
            .json()
            .at("/batch/id")
            .textValue();
    JsonNode second =
        service.post("alice", "api/batch/create", request.formatted(first)).json().get("batch");
    assertThat(second.get("waits_for").intValue()).isEqualTo(1);
    assertThat(second.get("state_reason").textValue()).isEqualTo("waits for 1 batch");
    assertThat(
            service
                .get("alice", "api/batch/" + second.get("id").textValue() + "/explain")
                .json()
                .at("/reasons/0/code")
                .textValue())
        .isEqualTo("WAITS_FOR_BATCH");
    service.gate.release();
  }

  private static void rehearses(Service service) {
    String request = "{\"operation\":\"square\",\"items\":[3,4,5],\"%s\":%d}";
    for (String how : List.of("rehearse", "rehearseAtRandom")) {
      Answer created = service.post("alice", "api/batch/create", request.formatted(how, 2));
      assertThat(created.json().at("/batch/rehearses").intValue()).isEqualTo(2);
      Answer refused = service.post("alice", "api/batch/create", request.formatted(how, 0));
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.json().at("/details/errors/0/path").textValue()).isEqualTo(how);
    }
    Answer ofAnother =
        service.post(
            "alice",
            "api/batch/create",
            "{\"operation\":\"square\",\"itemsFrom\":"
                + "{\"batch\":\"01a22d3b-b063-76c7-adde-c47de37120d6\",\"part\":\"outputs\"},\"rehearse\":2}");
    assertThat(ofAnother.status()).isEqualTo(400);
    assertThat(ofAnother.json().at("/details/errors/0/path").textValue()).isEqualTo("rehearse");
  }

  private static void isMadeOfAnother(Service service) {
    String request = "{\"operation\":\"square\",\"itemsFrom\":{\"batch\":\"%s\",%s}}";
    String unknown = "01a22d3b-b063-76c7-adde-c47de37120d6";
    for (List<String> wrong :
        List.of(
            List.of("\"part\":\"outputs\"", "itemsFrom.batch"),
            List.of("\"part\":\"both\"", "itemsFrom.part"),
            List.of("\"part\":\"outputs\",\"states\":[\"failed\"]", "itemsFrom.states"),
            List.of("\"part\":\"inputs\",\"states\":[\"running\"]", "itemsFrom.states"),
            List.of("\"part\":\"inputs\",\"qualityBelow\":0", "itemsFrom.qualityBelow"))) {
      Answer refused =
          service.post("alice", "api/batch/create", request.formatted(unknown, wrong.get(0)));
      assertThat(refused.status()).as(wrong.get(0)).isEqualTo(400);
      assertThat(refused.json().at("/details/errors/0/path").textValue()).isEqualTo(wrong.get(1));
    }
    String first =
        service
            .post("alice", "api/batch/create", "{\"operation\":\"square\",\"items\":[3]}")
            .json()
            .at("/batch/id")
            .textValue();
    JsonNode second =
        service
            .post(
                "alice",
                "api/batch/create",
                request
                    .formatted(first, "\"part\":\"outputs\"")
                    .replaceFirst("}}$", "},\"after\":[\"" + first + "\"]}"))
            .json()
            .get("batch");
    assertThat(second.get("filled_from").textValue()).isEqualTo(first);
    assertThat(
            service
                .post("other", "api/batch/create", request.formatted(first, "\"part\":\"inputs\""))
                .status())
        .isEqualTo(400);
  }

  private static JsonNode claim(Service service, String visitor) {
    Answer answer =
        service.post(
            visitor, "api/work/pull/claim", "{\"worker\":\"w\",\"max\":50,\"waitSeconds\":1}");
    assertThat(answer.status()).isEqualTo(200);
    return answer.json();
  }

  private static String annotate(int nodes) {
    return "{\"operation\":\"annotate\",\"filters\":{\"nodes\":%d},\"options\":{\"retryAttempts\":0}}"
        .formatted(nodes);
  }

  private static void reads(Service service, String id) {
    String batch = "api/batch/" + id;
    JsonNode page = service.get("alice", batch + "/items?limit=15").json();
    assertThat(page.get("items")).hasSize(15);
    Answer rest =
        service.get("alice", batch + "/items?limit=15&after=" + page.get("next").textValue());
    assertThat(rest.json().get("items")).hasSize(5);
    assertThat(rest.json().has("next")).isFalse();
    assertThat(service.get("alice", batch + "/items?state=error").json().get("items")).hasSize(1);
    assertThat(service.get("alice", batch + "/items?key=node_007").json().at("/items/0/index"))
        .hasToString("7");
    JsonNode group = service.get("alice", batch + "/errors").json().at("/groups/0");
    assertThat(group.get("percentage").doubleValue()).isEqualTo(100);
    assertThat(
            service
                .get(
                    "alice",
                    batch + "/items?errorFingerprint=" + group.get("fingerprint").textValue())
                .json()
                .at("/items/0/key")
                .textValue())
        .isEqualTo("node_013");
    JsonNode failed = service.get("alice", batch + "/items/13").json();
    assertThat(failed.at("/errors/0/stack").textValue()).contains("IllegalStateException");
    assertThat(service.get("reader", batch + "/items/13").text()).doesNotContain("\"stack\"");
    assertThat(service.get("alice", batch + "/items/20").status()).isEqualTo(404);
    Answer results = service.get("alice", batch + "/results?success=false");
    assertThat(results.json().at("/batch/results")).hasSize(1);
    Answer paged = service.get("alice", batch + "/results?limit=19&success=true");
    assertThat(paged.json().has("next")).isFalse();
    assertThat(service.get("alice", batch + "/results?limit=1").header("Link"))
        .matches("<\\?limit=1&after=[^>]+>; rel=\"next\"");
    JsonNode events = service.get("alice", batch + "/events").json().get("events");
    assertThat(events.findValuesAsText("event")).contains("submitted", "completed");
    assertThat(events.get(0).get("actor").textValue()).isEqualTo("alice");
    assertThat(service.get("alice", batch + "/explain").json().get("reasons")).isEmpty();
    assertThat(service.get("alice", batch).status()).isEqualTo(200);
    assertThat(service.get("alice", batch + "/viz?points=10").status()).isEqualTo(200);
    assertThat(service.send("alice", "HEAD", batch, null).text()).isEmpty();
    JsonNode history = service.get("alice", "api/batch/history?limit=1").json();
    assertThat(
            service
                .get("alice", "api/batch/history?limit=1&after=" + history.get("next").textValue())
                .json()
                .at("/batches/0/id")
                .textValue())
        .isEqualTo(id);
  }

  private static void compares(Service service, String a, String b) {
    String path = "api/batch/" + a + "/compare/" + b;
    JsonNode all = service.get("alice", path + "?limit=4").json();
    assertThat(all.at("/comparison/onlyInA").intValue()).isEqualTo(6);
    assertThat(all.at("/comparison/quality/a").doubleValue()).isCloseTo(0.95, within(1e-9));
    assertThat(all.get("items")).hasSize(4);
    JsonNode rest =
        service
            .get("alice", path + "?limit=4&kind=only_in_a&after=" + all.get("next").longValue())
            .json();
    assertThat(rest.get("items")).hasSize(2);
    assertThat(rest.has("next")).isFalse();
  }

  private static void exports(Service service, String id) throws Exception {
    String path = "api/batch/" + id + "/export";
    Answer csv = service.get("alice", path + "?format=csv");
    assertThat(csv.text().lines()).hasSize(21);
    assertThat(csv.header("Content-Disposition"))
        .isEqualTo("attachment; filename=\"batch-" + id + ".csv\"");
    Answer lines = service.send("alice", "GET", path, null, "Accept", "application/x-ndjson");
    assertThat(lines.text().lines()).hasSize(20);
    Answer some = service.get("alice", path + "?state=error&columns=key&columns=error_message");
    assertThat(some.text()).isEqualTo("key,error_message\r\nnode_013,Timeout\r\n");
    Answer unknown = service.get("alice", path + "?columns=keys");
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.json().at("/details/errors/0/message").textValue())
        .startsWith("column \"keys\" is none of this batch, which has index, key");
    Answer sheet = service.get("alice", path + "?format=xlsx");
    assertThat(sheet.text()).startsWith("PK");
    assertThat(service.send("alice", "GET", path, null, "Accept", "image/png").status())
        .isEqualTo(406);
  }

  private static void steers(Service service, String id) throws Exception {
    String batch = "api/batch/" + id;
    JsonNode group = service.get("alice", batch + "/errors").json().at("/groups/0");
    JsonNode retried =
        service
            .post(
                "alice",
                batch + "/retry",
                "{\"errors\":[\"" + group.get("fingerprint").textValue() + "\",\"none\"]}")
            .json();
    assertThat(retried.get("items").intValue()).isEqualTo(1);
    service.ended(id);
    assertThat(
            service
                .post("alice", batch + "/retry", "{\"keys\":[\"node_001\"]}")
                .json()
                .get("changed"))
        .hasToString("false");
    assertThat(
            service
                .post("alice", batch + "/retry", "{\"keys\":[\"a\"],\"indexes\":[1]}")
                .json()
                .at("/details/errors/0/path")
                .textValue())
        .isEqualTo("indexes");
    Answer created =
        service.post(
            "alice",
            "api/batch/create",
            "{\"operation\":\"annotate\",\"items\":[\"wait\"],\"startAt\":\"2999-01-01T00:00:00Z\"}");
    String waiting = "api/batch/" + created.json().at("/batch/id").textValue();
    assertThat(
            service
                .post("alice", waiting + "/pause", "{\"reason\":\"lunch\"}")
                .json()
                .get("status"))
        .hasToString("\"paused\"");
    assertThat(service.get("alice", waiting + "/explain").json().at("/reasons/0/code").textValue())
        .isEqualTo("PAUSED");
    assertThat(service.post("alice", waiting + "/resume", "{}").json().get("status"))
        .hasToString("\"pending\"");
    changes(service, waiting);
    assertThat(service.send("alice", "DELETE", waiting, null).status()).isEqualTo(409);
    assertThat(service.post("alice", waiting + "/cancel", "{\"force\":true}").status())
        .isEqualTo(200);
    service.ended(created.json().at("/batch/id").textValue());
    assertThat(service.send("alice", "DELETE", waiting, null).status()).isEqualTo(200);
    assertThat(service.send("alice", "DELETE", waiting, null).status()).isEqualTo(404);
  }

  private static void changes(Service service, String waiting) throws Exception {
    String change = waiting + "/change";
    Answer changed =
        service.post(
            "alice",
            change,
            "{\"reason\":\"urgent\",\"priority\":9,\"retryPolicy\":\""
                + RetryPolicy.none().toText()
                + "\",\"tolerateFailures\":3,"
                + "\"tolerateFailureRate\":0.5,\"deadlineSeconds\":3600,\"limit\":\"running 2\"}");
    assertThat(changed.json().get("changed")).hasToString("true");
    JsonNode events = service.get("alice", waiting + "/events").json().get("events");
    JsonNode last = events.get(0);
    for (JsonNode event : events) {
      last = event.get("event").textValue().equals("changed") ? event : last;
    }
    assertThat(last.get("detail").textValue())
        .contains("priority: 5 -> 9", "deadline: none -> ", "limit: none -> running 2");
    assertThat(last.get("reason").textValue()).isEqualTo("urgent");
    assertThat(service.post("alice", change, "{\"priority\":9}").json().get("changed"))
        .hasToString("false");
    assertThat(service.post("alice", change, "{}").status()).isEqualTo(400);
    assertThat(service.post("alice", change, "{\"priority\":10}").status()).isEqualTo(400);
    assertThat(service.post("alice", change, "{\"retryPolicy\":\"often\"}").status())
        .isEqualTo(400);
    assertThat(service.post("alice", change, "{\"limit\":\"weight 3\"}").status()).isEqualTo(400);
    assertThat(
            service
                .post("alice", change, "{\"budget\":{\"measure\":\"usd\",\"most\":5}}")
                .json()
                .toString())
        .contains("budget of usd");
  }

  private static void creates(Service service) throws Exception {
    String csv = "key,input\r\na,1\r\nb,2\r\n";
    Answer created =
        service.send(
            "alice",
            "POST",
            "api/batch/create?operation=square&name=Squares&total_items=2",
            csv,
            "Content-Type",
            "text/csv; charset=utf-8",
            "Idempotency-Key",
            "squares");
    assertThat(created.status()).isEqualTo(201);
    String id = created.json().at("/batch/id").textValue();
    service.ended(id);
    assertThat(
            service.get("alice", "api/batch/" + id + "/items?key=b").json().at("/items/0/output"))
        .hasToString("\"4\"");
    Answer again =
        service.send(
            "alice",
            "POST",
            "api/batch/create?operation=square",
            csv,
            "Content-Type",
            "text/csv",
            "Idempotency-Key",
            "squares");
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.json().at("/batch/id").textValue()).isEqualTo(id);
    StringBuilder lines = new StringBuilder();
    IntStream.range(0, 30_000).forEach(i -> lines.append("{\"input\":").append(i).append("}\n"));
    Answer streamed =
        service.send(
            "alice",
            "POST",
            "api/batch/create?operation=square",
            lines.toString(),
            "Content-Type",
            "application/x-ndjson");
    assertThat(streamed.json().at("/batch/total_items").intValue()).isEqualTo(30_000);
    JsonNode valid = service.post("alice", "api/batch/validate", annotate(20_000)).json();
    assertThat(valid.get("total_items").intValue()).isEqualTo(10_000);
    assertThat(valid.get("sample")).hasSize(10);
    assertThat(valid.at("/sample/3/key").textValue()).isEqualTo("node_003");
    Answer job = service.post("alice", "batch/jobs", "{\"job_type\":\"square\",\"items\":[1,2,3]}");
    String path = "batch/jobs/" + job.json().get("batch_job_id").textValue();
    service.ended(job.json().get("batch_job_id").textValue());
    assertThat(service.get("alice", path).json().get("success_items").intValue()).isEqualTo(3);
    assertThat(service.get("alice", path + "/items?limit=2").header("Link")).contains("after=");
  }

  private static void operates(Service service) {
    JsonNode operations = service.get("reader", "api/batch/operations").json().get("operations");
    assertThat(operations.findValuesAsText("operation"))
        .containsExactly("annotate", "enrollment", "square", "warm", "pull");
    assertThat(operations.at("/0/filters/properties/nodes/default").intValue()).isEqualTo(100);
    assertThat(service.get("root", "api/batch/nodes").json().at("/nodes/0/types").toString())
        .contains("annotate");
    assertThat(service.get("reader", "api/visitor").json().get("visitor").toString())
        .isEqualTo("{\"name\":\"reader\",\"tenant\":\"acme\",\"rights\":[\"READ\"]}");
    assertThat(service.get("reader", "api/health").json().at("/health/status").textValue())
        .isEqualTo("UP");
    JsonNode metrics = service.get("root", "api/metrics").json().get("metrics");
    assertThat(metrics.get("queues").findValuesAsText("operation")).contains("square");
    assertThat(metrics.at("/pool/most").intValue()).isPositive();
    assertThat(metrics.get("memory_used_bytes").longValue()).isPositive();
    assertThat(service.get("alice", "api/batch/stats?since=2020-01-01T00:00:00Z").status())
        .isEqualTo(200);
    assertThat(service.get("alice", "api/openapi.json").json().get("openapi").textValue())
        .isEqualTo("3.1.0");
    Answer deleted = service.send("root", "DELETE", "api/batch/cleanup", "{\"daysToKeep\":0}");
    assertThat(deleted.json().get("deleted").intValue()).isPositive();
  }
}
