package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.batchengine.BatchRequest;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two services on one database: whoever listens to either hears what happens on both. */
@Tag("PostgreSQL")
class EventsTest {
  private static final String ALL = "{\"type\":\"subscribe\",\"batches\":\"all\"}";
  private static final String SQUARES = "{\"operation\":\"square\",\"items\":[1,2,3]}";

  @TempDir static Path folder;
  private static EmbeddedPostgres server;

  private final AtomicLong nanos = new AtomicLong(-1_000);
  private final List<Service> services = new ArrayList<>();
  private Service one;
  private Service two;

  @BeforeAll
  static void startServer() throws Exception {
    server = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @BeforeEach
  void start() throws Exception {
    one = service();
    two = service();
  }

  @AfterEach
  void stop() throws Exception {
    for (Service service : services) {
      service.close();
    }
  }

  private Service service() throws Exception {
    Service service =
        new Service(
            server.getJdbcUrl("postgres", "postgres"),
            folder,
            servlet -> servlet.driven(nanos::get),
            true);
    services.add(service);
    return service;
  }

  private static String since(String cursor) {
    return "{\"type\":\"subscribe\",\"batches\":\"all\",\"since\":\"" + cursor + "\"}";
  }

  private long happened() {
    return two.engine.feed().end();
  }

  private static void hearTo(Service service, Ears ears, long position) throws Exception {
    if (!ears.positions().contains(position)) {
      ears.until(service, message -> message.path("seq").asLong() == position);
    }
  }

  private static List<Long> between(long from, long to) {
    return LongStream.rangeClosed(from + 1, to).boxed().toList();
  }

  @Test
  @DisplayName(
      "REQ-B12: a client of either service hears of both, over dropped lines and a restart")
  void either() throws Exception {
    long start = happened();
    Ears first = Ears.ofSocket(one, "root", ALL);
    Ears second = Ears.ofStream(two, "root", "api/events", null);
    assertThat(first.until(one, "hello").get("cursor").textValue()).isEqualTo(Long.toString(start));
    second.until(two, "hello");
    one.done("alice", SQUARES);
    two.done("alice", SQUARES);
    hearTo(one, first, happened());
    hearTo(two, second, happened());

    one.done("alice", SQUARES);
    first.until(one, "batch:created"); // and then the lines drop, each with something on its way
    second.until(two, "batch:created");
    first.drop();
    second.drop();
    two.done("other", SQUARES);
    one.close();
    services.remove(one);
    two.done("alice", SQUARES);
    Ears firstAgain = Ears.ofSocket(two, "root", since(first.cursor()));
    one = service();
    one.done("alice", SQUARES);
    Ears secondAgain = Ears.ofStream(one, "root", "api/events", second.cursor());
    firstAgain.until(two, "hello");
    secondAgain.until(one, "hello");
    two.done("alice", SQUARES);
    long end = happened();
    hearTo(two, firstAgain, end);
    hearTo(one, secondAgain, end);

    assertThat(all(first, firstAgain)).isEqualTo(between(start, end));
    assertThat(all(second, secondAgain)).isEqualTo(between(start, end));
    assertThat(firstAgain.heard())
        .extracting(message -> message.get("event").textValue())
        .contains("batch:created", "batch:started", "batch:completed")
        .doesNotContain("resync");
    firstAgain.close();
    secondAgain.close();
  }

  private static List<Long> all(Ears... several) {
    List<Long> all = new ArrayList<>();
    for (Ears ears : several) {
      all.addAll(ears.positions());
    }
    return all;
  }

  @Test
  @DisplayName("REQ-M24: events have the names and members of the source")
  void names() throws Exception {
    try (Ears ears = Ears.ofSocket(one, "alice", ALL)) {
      ears.until(one, "hello");
      String id = two.done("alice", SQUARES);
      JsonNode created = ears.until(one, "batch:created");
      assertThat(created.at("/batch/id").textValue()).isEqualTo(id);
      JsonNode completed = ears.until(one, "batch:completed");
      assertThat(completed.get("batchId").textValue()).isEqualTo(id);
      assertThat(completed.get("progress").doubleValue()).isEqualTo(100);
      assertThat(completed.get("status").textValue()).isEqualTo("completed");
      JsonNode last = ears.heard().get(ears.heard().size() - 2); // for who hears of progress alone
      assertThat(last.get("event").textValue()).isEqualTo("batch:progress");
      assertThat(last.get("progress").doubleValue()).isEqualTo(100);
      assertThat(last.get("status").textValue()).isEqualTo("completed");
      try (Ears single =
          Ears.ofSocket(two, "alice", "{\"type\":\"subscribe\",\"batches\":[\"" + id + "\"]}")) {
        JsonNode snapshot = single.until(two, "batch:progress");
        assertThat(snapshot.get("batchId").textValue()).isEqualTo(id);
        assertThat(snapshot.get("progress").doubleValue()).isEqualTo(100);
        assertThat(snapshot.get("processed_items").intValue()).isEqualTo(3);
      }
    }
  }

  @Test
  @DisplayName("REQ-M24: progress comes from the other service, once a second and when it changed")
  void progress() throws Exception {
    try (Ears ears =
        Ears.ofSocket(
            one, "alice", "{\"type\":\"subscribe\",\"items\":true,\"batches\":\"all\"}")) {
      ears.until(one, "hello");
      String id =
          two.post(
                  "alice",
                  "api/batch/create",
                  "{\"operation\":\"annotate\",\"options\":{\"retryAttempts\":0},"
                      + "\"items\":[\"node_013\",\"a\",\"wait\"]}")
              .json()
              .at("/batch/id")
              .textValue();
      while (two.engine.status(BatchId.of(id)).counts().processed() < 2) {
        Thread.onSpinWait();
      }
      nanos.addAndGet(Duration.ofSeconds(1).toNanos());
      JsonNode failed = ears.until(one, "batch:item_failed");
      assertThat(failed.at("/item/index").intValue()).isZero();
      assertThat(failed.toString()).contains("Timeout");
      assertThat(failed.toString()).doesNotContain("\"input\"");
      JsonNode moved =
          ears.until(
              one,
              message ->
                  message.get("event").textValue().equals("batch:progress")
                      && message.get("processed_items").intValue() == 2);
      assertThat(moved.get("progress").doubleValue()).isEqualTo(66.6);
      assertThat(moved.get("failed_items").intValue()).isEqualTo(1);
      one.gate.release();
      two.gate.release();
      two.ended(id);
      ears.until(one, "batch:completed");
      nanos.addAndGet(Duration.ofSeconds(20).toNanos());
      ears.until(one, "ping");
      assertThat(ears.heard())
          .filteredOn(message -> message.get("event").textValue().equals("batch:item_failed"))
          .hasSize(1);
    }
  }

  @Test
  @DisplayName("REQ-M25: a client that is too slow is cut off, and catches up")
  void slow() throws Exception {
    Ears slow =
        Ears.ofSocket(one, "alice", "{\"type\":\"subscribe\",\"batches\":\"all\",\"items\":true}");
    slow.until(one, "hello");
    long start = happened();
    slow.deafen();
    one.engine.await(
        one.engine.submit(
            BatchRequest.of(Service.ANNOTATE, Collections.nCopies(5_000, "node_013"))
                .tenant("acme")));
    for (int i = 0; i < 6; i++) {
      nanos.addAndGet(Duration.ofSeconds(1).toNanos());
      one.servlet.hub().runOnce();
    }
    assertThat(one.servlet.hub().audience().all()).isEmpty();
    slow.hearAgain();
    assertThat(slow.closeCode()).isEqualTo(1013);
    slow.takeAll();

    try (Ears again = Ears.ofSocket(one, "alice", since(slow.cursor()))) {
      again.until(one, "hello");
      one.done("alice", SQUARES);
      hearTo(one, again, happened());
      assertThat(all(slow, again)).isEqualTo(between(start, happened()));
    }
  }

  @Test
  @DisplayName("REQ-M20: a visitor of a tenant hears of that tenant only")
  void tenants() throws Exception {
    String acme = one.done("alice", SQUARES);
    try (Ears ears = Ears.ofStream(one, "other", "api/events?since=0", null);
        Ears single =
            Ears.ofSocket(
                one, "other", "{\"type\":\"subscribe\",\"batches\":[\"" + acme + "\"]}")) {
      ears.until(one, "hello");
      assertThat(single.until(one, "batch:deleted").get("batchId").textValue()).isEqualTo(acme);
      two.done("alice", SQUARES);
      two.send("alice", "DELETE", "api/batch/" + acme, null);
      String own = two.done("other", SQUARES);
      ears.until(
          one,
          message ->
              message.get("event").textValue().equals("batch:completed")
                  && message.get("batchId").textValue().equals(own));
      assertThat(ears.heard())
          .filteredOn(message -> message.has("batch"))
          .allMatch(message -> message.at("/batch/tenant").textValue().equals("other"));
      nanos.addAndGet(Duration.ofSeconds(20).toNanos());
      single.until(one, "ping");
      assertThat(single.positions()).isEmpty();
    }
  }

  @Test
  @DisplayName("REQ-M25: a ticket lets one socket in, and only soon")
  void tickets() throws Exception {
    URI used = withTicket();
    try (Ears ears = Ears.openSocket(used, "")) {
      ears.say(ALL);
      ears.until(one, "hello");
      String id = one.done("other", SQUARES);
      one.done("alice", SQUARES);
      ears.until(one, "batch:completed");
      assertThat(ears.heard().toString()).doesNotContain(id);
    }
    refused(401, () -> Ears.openSocket(used, ""));
    refused(401, () -> Ears.openSocket(one.address("api/events?ticket=wrong"), "alice"));
    refused(401, () -> Ears.openSocket(one.address("api/events"), ""));
    refused(403, () -> Ears.openSocket(one.address("api/events"), "nothing"));
    URI old = withTicket();
    nanos.addAndGet(Duration.ofSeconds(30).toNanos());
    refused(401, () -> Ears.openSocket(old, ""));
    String query = withTicket().getQuery();
    assertThat(one.get("", "api/batch/history?" + query).status()).isEqualTo(401);
    assertThat(one.get("", "api/events?" + query).status()).isEqualTo(401);
  }

  private URI withTicket() {
    return one.address(
        "api/events?ticket="
            + one.post("alice", "api/ticket", "{}").json().get("ticket").textValue());
  }

  private static void refused(int status, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            WebSocketHandshakeException.class,
            e -> assertThat(e.getResponse().statusCode()).isEqualTo(status));
  }

  @Test
  @DisplayName("REQ-M25: another site opens no socket, and a visitor no more than 20")
  void bounds() throws Exception {
    refused(
        403,
        () ->
            Ears.openSocket(
                one.address("api/events"), "alice", "Origin", "http://elsewhere.example"));
    List<Ears> open = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Ears ears = Ears.ofSocket(one, "alice", ALL);
      ears.until(one, "hello");
      open.add(ears);
    }
    refused(429, () -> Ears.openSocket(one.address("api/events"), "alice"));
    assertThat(one.get("alice", "api/events").status()).isEqualTo(429);
    try (Ears reader = Ears.ofSocket(one, "reader", "{\"type\":\"unsubscribe\"}")) {
      assertThat(reader.closeCode()).isEqualTo(1008);
    }
    one.close();
    services.remove(one);
    for (Ears ears : open) {
      assertThat(ears.closeCode()).isEqualTo(1001);
    }
  }
}
