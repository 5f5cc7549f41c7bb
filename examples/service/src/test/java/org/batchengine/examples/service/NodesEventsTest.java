package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.batchengine.examples.service.Receiver.Reply;
import org.batchengine.examples.service.Receiver.Told;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients of two services on one database hear when one of them is killed. */
class NodesEventsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LONGEST_SECONDS = 90;

  @TempDir Path folder;

  /** What a client hears, over one stream after the other. */
  private static final class Heard {
    final List<String> events = new CopyOnWriteArrayList<>();
    final CountDownLatch hello = new CountDownLatch(1);
    final CountDownLatch completed = new CountDownLatch(1);
    private volatile String cursor;

    Heard(String cursor) {
      this.cursor = cursor;
    }

    CompletableFuture<Void> at(Caller caller) throws IOException, InterruptedException {
      InputStream stream = caller.stream("api/events", cursor);
      return CompletableFuture.runAsync(() -> read(stream), task -> new Thread(task).start());
    }

    /** A message counts once its last line has come. */
    private void read(InputStream stream) {
      try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream, UTF_8))) {
        String id = cursor;
        String data = "{}";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("id: ")) {
            id = line.substring("id: ".length());
          } else if (line.startsWith("data: ")) {
            data = line.substring("data: ".length());
          } else if (line.isEmpty()) {
            cursor = id;
            hear(JSON.readTree(data));
            data = "{}";
          }
        }
      } catch (IOException e) {
        hello.countDown(); // its service was killed
      }
    }

    private void hear(JsonNode message) {
      String event = message.path("event").asText();
      if (message.has("seq")) {
        events.add(message.get("seq").textValue() + " " + event);
      }
      if (event.equals("hello")) {
        hello.countDown();
      }
      if (event.equals("batch:completed")) {
        completed.countDown();
      }
    }
  }

  @Test
  @DisplayName("REQ-M24: clients of both hear each event once, though the node at work is killed")
  void goOnWithTheOther() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        Receiver receiver = new Receiver(told -> answer(told, arrived, open))) {
      List<String> options =
          List.of(
              "--url",
              postgres.getJdbcUrl("postgres", "postgres"),
              "--allow-url",
              receiver.url("/"));
      Heard moving = new Heard("");
      Heard staying;
      String id;
      CompletableFuture<Void> cut;
      Started near;
      try (ServiceProcess far = new ServiceProcess(folder, List.of("-Xmx256m"), options)) {
        cut = moving.at(far.caller());
        assertThat(moving.hello.await(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
        staying = new Heard(moving.cursor);
        id = far.caller().create("{\"operation\":\"webhook\",\"items\":[\"a\",\"b\"]}").id();
        assertThat(arrived.await(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
        near = Started.in(folder.resolve("near"), options.toArray(String[]::new));
        far.kill();
      }
      try (near) {
        cut.get(LONGEST_SECONDS, TimeUnit.SECONDS);
        List<CompletableFuture<Void>> streams =
            List.of(staying.at(near.caller()), moving.at(near.caller()));
        open.countDown();

        assertThat(near.caller().ended(id).get("status").textValue()).isEqualTo("completed");
        assertThat(moving.completed.await(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(staying.completed.await(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(moving.events)
            .doesNotHaveDuplicates()
            .anyMatch(event -> event.endsWith(" batch:created"))
            .isEqualTo(staying.events);
        assertThat(streams).noneMatch(CompletableFuture::isCompletedExceptionally);
      }
    }
  }

  private static Reply answer(Told told, CountDownLatch arrived, CountDownLatch open) {
    arrived.countDown();
    try {
      open.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Reply.of(200, told.body());
  }
}
