package org.batchengine.examples.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.examples.service.Receiver.Reply;
import org.batchengine.examples.service.Receiver.Told;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service as a process that is killed, stopped and started again. */
@Tag("H2")
class ServiceProcessTest {
  private static final int ITEMS = 200;

  /** Answers all but the items from the hundredth on, which wait until they may. */
  private static final class Gate {
    final CountDownLatch arrived = new CountDownLatch(1);
    final CountDownLatch open = new CountDownLatch(1);

    Reply answer(Told told) {
      if (told.json().get("index").intValue() >= ITEMS / 2) {
        arrived.countDown();
        try {
          open.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Reply.of(200, told.json().get("index").toString());
    }
  }

  @TempDir Path folder;
  private final Gate gate = new Gate();

  private ServiceProcess started(Receiver receiver) throws IOException {
    return new ServiceProcess(
        folder, List.of("-Xmx256m"), List.of("--allow-url", receiver.url("/")));
  }

  private static String submitted(Caller caller) throws Exception {
    String items =
        IntStream.range(0, ITEMS).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
    return caller.create("{\"operation\":\"webhook\",\"items\":[" + items + "]}").id();
  }

  private void expectAll(Caller caller, String id) throws Exception {
    JsonNode results = caller.results(id);
    assertThat(caller.ended(id).get("status").textValue()).isEqualTo("completed");
    assertThat(results).hasSize(ITEMS);
    for (int i = 0; i < ITEMS; i++) {
      assertThat(results.get(i).get("result").textValue()).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  @DisplayName("what is killed in the midst of a batch goes on with it when it is started again")
  void killed() throws Exception {
    try (Receiver receiver = new Receiver(gate::answer)) {
      String id;
      try (ServiceProcess service = started(receiver)) {
        id = submitted(service.caller());
        assertThat(gate.arrived.await(60, TimeUnit.SECONDS)).isTrue();
        service.kill();
      }
      gate.open.countDown();
      try (ServiceProcess service = started(receiver)) {
        expectAll(service.caller(), id);
      }
    }
  }

  @Test
  @DisplayName("SIGTERM lets the items in progress be finished, and the next start goes on")
  void stopped() throws Exception {
    try (Receiver receiver = new Receiver(gate::answer)) {
      String id;
      try (ServiceProcess service = started(receiver)) {
        id = submitted(service.caller());
        assertThat(gate.arrived.await(60, TimeUnit.SECONDS)).isTrue();
        service.stop();
        gate.open.countDown();

        assertThat(service.exitCode()).isEqualTo(143);
        assertThat(service.said())
            .isEqualTo(
                """
                Stopping: finishing the items in progress.
                Stopped. The next start continues from here.
                """);
      }
      try (ServiceProcess service = started(receiver)) {
        expectAll(service.caller(), id);
        // None was called twice.
        assertThat(receiver.waiting()).isEqualTo(ITEMS);
      }
    }
  }

  @Test
  @DisplayName("two services on one H2 file or one port: the second says what is wrong")
  void twice() throws Exception {
    try (Started first = Started.in(folder)) {
      String port = first.printed.replaceAll(".*:(\\d+)/.*", "$1");

      assertThat(refusal(Map.of("--data", folder.resolve("other").toString(), "--port", port)))
          .contains(port, "Address already in use", "--port");
      assertThat(refusal(Map.of("--data", folder.resolve("data").toString())))
          .containsIgnoringCase("in use");
    }
  }

  private String refusal(Map<String, String> options) {
    String[] arguments =
        options.entrySet().stream()
            .flatMap(option -> Stream.of(option.getKey(), option.getValue()))
            .toArray(String[]::new);
    try (Started second = Started.in(folder, arguments)) {
      throw new AssertionError("it has started: " + second.printed);
    } catch (Exception e) {
      return String.valueOf(e.getMessage());
    }
  }
}
