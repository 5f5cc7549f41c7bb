package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StateChange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the parts of the contract share: several engines with threads of their own, on one database.
 */
@Timeout(120)
abstract class SeveralNodesContract {
  static final JobType<String, String> WORK = JobType.of("work", String.class, String.class);
  static final JobType<String, String> STEPS =
      JobType.of("steps", String.class, String.class).sequential();
  static final JobOptions OPTIONS =
      JobOptions.defaults()
          .concurrency(2)
          .claim(1, 5)
          .retry(RetryPolicy.none())
          .timeout(Duration.ofMinutes(2));
  static final int NODES = 3;
  private static final Duration EXPIRY = Duration.ofSeconds(2);

  /** What an item does on a node. */
  interface Work {
    void run(int node, ItemContext context) throws Exception;
  }

  private final Supplier<HostDatabase> opener;
  HostDatabase host;
  final List<BatchEngine> nodes = new ArrayList<>();
  final List<CuttableLink> links = new ArrayList<>();

  /** By node. */
  private final Map<Integer, Queue<BatchEvent>> heard = new ConcurrentHashMap<>();

  final Queue<Integer> ran = new ConcurrentLinkedQueue<>();
  volatile Work work = (node, context) -> {};

  SeveralNodesContract(Supplier<HostDatabase> opener) {
    this.opener = opener;
  }

  @BeforeEach
  void startNodes() {
    host = opener.get();
    for (int i = 0; i < NODES; i++) {
      nodes.add(node(i));
    }
  }

  @AfterEach
  void stopNodes() {
    try (HostDatabase closing = host) {
      nodes.forEach(BatchEngine::close);
      assertThat(closing.violations()).isEmpty();
    }
  }

  private BatchEngine node(int number) {
    heard.put(number, new ConcurrentLinkedQueue<>());
    links.add(host.cuttableLink());
    return host.engine(
        links.get(number),
        builder ->
            builder
                .node("node-" + number)
                .sessionExpiry(EXPIRY)
                .listener(event -> heard.get(number).add(event))
                .register(WORK, (input, context) -> run(number, input, context), OPTIONS)
                .register(
                    STEPS,
                    (input, context) -> run(number, input, context),
                    OPTIONS.retry(RetryPolicy.fixed(Duration.ofMillis(20)))));
  }

  String run(int node, String input, ItemContext context) throws Exception {
    ran.add(context.index());
    work.run(node, context);
    return input;
  }

  BatchEngine any(int number) {
    return nodes.get(number % nodes.size());
  }

  BatchId submit(int items) {
    return any(0).submit(WORK, texts(items));
  }

  static List<String> texts(int items) {
    return IntStream.range(0, items).mapToObj(i -> "item " + i).toList();
  }

  /** Calls that wait until they are let go, seen by the node that they run on. */
  static final class Gate implements Work {
    private final Set<Integer> waiting = ConcurrentHashMap.newKeySet();
    private final CountDownLatch everyNode = new CountDownLatch(NODES);
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    public void run(int node, ItemContext context) throws Exception {
      if (waiting.add(node)) {
        everyNode.countDown();
      }
      open.await();
    }

    void awaitEveryNode() throws InterruptedException {
      assertThat(everyNode.await(60, TimeUnit.SECONDS)).as("nodes at work: %s", waiting).isTrue();
    }

    void open() {
      open.countDown();
    }
  }

  Gate gate() {
    Gate gate = new Gate();
    work = gate;
    return gate;
  }

  /** Two callers on each node do it at the same moment. */
  List<StateChange> fromEverywhere(Function<BatchEngine, StateChange> step) {
    List<Callable<StateChange>> steps = new ArrayList<>();
    for (int i = 0; i < 2 * NODES; i++) {
      BatchEngine node = any(i);
      steps.add(() -> step.apply(node));
    }
    return Concurrently.call(steps);
  }

  /** Waits for the end on every node. */
  BatchJob awaitEverywhere(BatchId id) throws InterruptedException {
    for (BatchEngine node : nodes) {
      assertThat(node.await(id, Duration.ofSeconds(60)).isTerminal()).isTrue();
    }
    return any(0).status(id);
  }

  /** The history's kinds, first to last. */
  List<String> history(BatchId id) {
    return host.jdbi()
        .withHandle(
            handle ->
                handle
                    .select(
                        """
                        select e.kind from batch_event e
                        join batch_job j on j.batch_no = e.batch_no and j.id = ? order by e.id
                        """,
                        id.value())
                    .mapTo(String.class)
                    .list());
  }

  static long changed(List<StateChange> changes) {
    return changes.stream().filter(StateChange::changed).count();
  }

  /** The nodes that told of an end of the batch, each as often as it did. */
  List<Integer> endsTold(BatchId id) {
    nodes.forEach(BatchEngine::close);
    List<Integer> told = new ArrayList<>();
    heard.forEach(
        (node, events) ->
            events.stream()
                .filter(BatchEvent.Ended.class::isInstance)
                .filter(event -> event.batchId().equals(id))
                .forEach(event -> told.add(node)));
    return told;
  }
}
