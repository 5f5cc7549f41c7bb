package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that are processes of their own, and are killed. */
@Timeout(180)
class ProcessesTest {
  private static final int ITEMS = 400;
  private static final int CONCURRENCY = 4;
  private static final int ITEM_MILLIS = 25;
  private static final int EXPIRY_SECONDS = 4;

  @TempDir Path folder;
  private final List<Path> called = new ArrayList<>();

  @Test
  @DisplayName("FAULT-K1 REQ-U9 REQ-X3 REQ-X4 a killed node's work is taken up by the other")
  void theOtherNodeTakesUpTheWork() throws Exception {
    String url = PostgresServer.freshDatabase();
    try (BatchEngine client = client(url);
        NodeProcess survivor = node(url);
        NodeProcess victim = node(url)) {
      survivor.next(NodeProgram.STARTED);
      victim.next(NodeProgram.STARTED);
      BatchId id = submitted(client);
      survivor.awaitCalls(10);
      victim.awaitCalls(10);
      victim.kill();
      Set<Integer> inFlight = inFlight(client, id, called.get(1));
      client.await(id, Duration.ofMinutes(2));
      assertAllDone(client, id);
      assertThat(inFlight).containsAll(calledTwice());
    } finally {
      PostgresServer.drop(url);
    }
  }

  @Test
  @DisplayName(
      "FAULT-H1 REQ-U9 REQ-X3 REQ-X4 what a killed node had in hand runs at the next start")
  void theNextStartGoesOn() throws Exception {
    String url = "jdbc:h2:" + folder.resolve("batches").toAbsolutePath();
    BatchId id;
    try (BatchEngine client = client(url)) {
      id = submitted(client);
    }
    try (NodeProcess victim = node(url)) {
      victim.awaitCalls(40);
      victim.kill();
    }
    Set<Integer> inFlight;
    try (BatchEngine client = client(url)) {
      inFlight = inFlight(client, id, called.get(0));
    }
    try (NodeProcess next = node(url)) {
      next.awaitCalls(40);
      assertThat(next.terminate(60)).as("drained on SIGTERM").isTrue();
    }
    try (BatchEngine rest =
        BatchEngine.builder(JdbcBatchStore.open(url))
            .register(NodeProgram.WORK, input -> "done " + input)
            .start()) {
      rest.await(id, Duration.ofMinutes(1));
      assertAllDone(rest, id);
    }
    assertThat(inFlight).containsAll(calledTwice());
    assertThat(calledTwice()).as("in hand when it died, and run next").isNotEmpty();
  }

  private NodeProcess node(String url) throws IOException {
    Path file = folder.resolve("called-" + called.size());
    called.add(file);
    return NodeProcess.start(url, CONCURRENCY, ITEM_MILLIS, file, EXPIRY_SECONDS);
  }

  /** What the node that is dead has called and not settled. */
  private static Set<Integer> inFlight(BatchEngine client, BatchId id, Path called)
      throws IOException {
    Set<Integer> inFlight = new HashSet<>(indexes(called));
    client.results(NodeProgram.WORK, id).map(BatchItem::index).forEach(inFlight::remove);
    return inFlight;
  }

  private Set<Integer> calledTwice() throws IOException {
    Set<Integer> once = new HashSet<>();
    Set<Integer> twice = new HashSet<>();
    for (Path file : called) {
      for (Integer index : indexes(file)) {
        if (!once.add(index)) {
          twice.add(index);
        }
      }
    }
    return twice;
  }

  private static List<Integer> indexes(Path called) throws IOException {
    return Files.readAllLines(called).stream().map(Integer::valueOf).toList();
  }

  private static BatchEngine client(String url) {
    return BatchEngine.builder(JdbcBatchStore.open(url)).build();
  }

  private static BatchId submitted(BatchEngine client) {
    List<String> inputs = IntStream.range(0, ITEMS).mapToObj(i -> "item " + i).toList();
    return client.submit(BatchRequest.of(NodeProgram.WORK, inputs));
  }

  private static void assertAllDone(BatchEngine engine, BatchId id) {
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(id).counts().succeeded()).isEqualTo(ITEMS);
    assertThat(engine.results(NodeProgram.WORK, id))
        .hasSize(ITEMS)
        .allSatisfy(item -> assertThat(item.output()).contains("done item " + item.index()));
  }
}
