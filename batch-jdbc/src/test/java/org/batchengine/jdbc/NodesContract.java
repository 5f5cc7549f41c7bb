package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StateChange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several engines, with threads of their own, hold items of one batch while it is steered from all
 * of them at the same moment.
 */
@Timeout(120)
abstract class NodesContract {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobType<String, String> STEPS =
      JobType.of("steps", String.class, String.class).sequential();
  private static final JobOptions OPTIONS =
      JobOptions.defaults()
          .concurrency(2)
          .claim(1, 5)
          .retry(RetryPolicy.none())
          .timeout(Duration.ofMinutes(2));
  private static final int NODES = 3;
  private static final Duration EXPIRY = Duration.ofSeconds(2);

  /** What an item does on a node. */
  private interface Work {
    void run(int node, ItemContext context) throws Exception;
  }

  private HostDatabase host;
  private final List<BatchEngine> nodes = new ArrayList<>();
  private final List<Wire> wires = new ArrayList<>();

  /** By node. */
  private final Map<Integer, Queue<BatchEvent>> heard = new ConcurrentHashMap<>();

  private final Queue<Integer> ran = new ConcurrentLinkedQueue<>();
  private volatile Work work = (node, context) -> {};

  abstract HostDatabase open();

  @BeforeEach
  void startNodes() {
    host = open();
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
    wires.add(host.wire());
    return host.engine(
        wires.get(number),
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

  private String run(int node, String input, ItemContext context) throws Exception {
    ran.add(context.index());
    work.run(node, context);
    return input;
  }

  private BatchEngine any(int number) {
    return nodes.get(number % nodes.size());
  }

  private BatchId submit(int items) {
    return any(0).submit(WORK, texts(items));
  }

  private static List<String> texts(int items) {
    return IntStream.range(0, items).mapToObj(i -> "item " + i).toList();
  }

  /** Calls that wait until they are let go, seen by the node that they run on. */
  private static final class Gate implements Work {
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

  private Gate gate() {
    Gate gate = new Gate();
    work = gate;
    return gate;
  }

  /** Two callers on each node do it at the same moment. */
  private List<StateChange> fromEverywhere(Function<BatchEngine, StateChange> step) {
    List<Callable<StateChange>> steps = new ArrayList<>();
    for (int i = 0; i < 2 * NODES; i++) {
      BatchEngine node = any(i);
      steps.add(() -> step.apply(node));
    }
    return Together.call(steps);
  }

  /** Waits for the end on every node. */
  private BatchJob awaitEverywhere(BatchId id) throws InterruptedException {
    for (BatchEngine node : nodes) {
      assertThat(node.await(id, Duration.ofSeconds(60)).isTerminal()).isTrue();
    }
    return any(0).status(id);
  }

  /** The history's kinds, first to last. */
  private List<String> history(BatchId id) {
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

  private static long changed(List<StateChange> changes) {
    return changes.stream().filter(StateChange::changed).count();
  }

  /** The nodes that told of an end of the batch, each as often as it did. */
  private List<Integer> endsTold(BatchId id) {
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

  @Nested
  class Cancelling {

    @ParameterizedTest
    @EnumSource
    @DisplayName("REQ-M4 one of many cancels ends the batch, gracefully or by force, and says so")
    void isDoneByOneOfManyCalls(CancelMode mode) throws Exception {
      Gate gate = gate();
      BatchId id = submit(300);
      gate.awaitEveryNode();

      List<StateChange> changes = fromEverywhere(node -> node.cancel(id, mode, "enough"));
      if (mode == CancelMode.GRACEFUL) {
        gate.open(); // else the calls have to be interrupted
      }

      assertThat(changed(changes)).isEqualTo(1);
      assertThat(changes).allMatch(change -> change.after() == BatchState.STOPPING);
      assertThat(changes)
          .allMatch(change -> change.changed() == (change.before() == BatchState.RUNNING));
      BatchJob job = awaitEverywhere(id);
      assertThat(job.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job.counts().unfinished()).isZero();
      assertThat(job.counts().succeeded() + job.counts().cancelled()).isEqualTo(300);
      assertThat(ran).as("what the nodes had claimed, at most").hasSizeLessThan(100);
      assertThat(history(id)).containsExactly("SUBMITTED", "STARTED", "CANCELLING", "CANCELLED");
      assertThat(endsTold(id)).hasSize(1);
    }

    @Test
    void byForceComesOnTopOfAGracefulOneOnce() throws Exception {
      Gate gate = gate();
      BatchId id = submit(300);
      gate.awaitEveryNode();

      any(0).cancel(id, "enough");
      List<StateChange> changes =
          fromEverywhere(node -> node.cancel(id, CancelMode.FORCED, "at once"));

      assertThat(changed(changes)).isEqualTo(1);
      assertThat(changes).allMatch(change -> change.before() == BatchState.STOPPING);
      assertThat(awaitEverywhere(id).state()).isEqualTo(BatchState.CANCELLED);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    @DisplayName("the last settlement and a cancel: the answer says who was first")
    void tellsTheTruthAtTheEnd(int items) throws Exception {
      CountDownLatch all = new CountDownLatch(items);
      work = (node, context) -> all.countDown();
      BatchId id = submit(items);
      assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();

      List<StateChange> changes = fromEverywhere(node -> node.cancel(id, "enough"));

      assertThat(changed(changes)).isLessThanOrEqualTo(1);
      assertThat(awaitEverywhere(id).state())
          .isEqualTo(changed(changes) == 1 ? BatchState.CANCELLED : BatchState.COMPLETED);
      assertThat(endsTold(id)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void isCarriedThroughThoughANodeIsGone(CancelMode mode) throws Exception {
      Gate gate = gate();
      BatchId id = submit(300);
      gate.awaitEveryNode();
      wires.get(2).cut();
      any(0).cancel(id, mode, "enough");
      gate.open();

      assertThat(any(0).await(id).counts().unfinished()).isZero();
      assertThat(any(1).await(id).state()).isEqualTo(BatchState.CANCELLED);
      wires.get(2).mend();
      assertThat(endsTold(id)).hasSize(1).doesNotContain(2);
    }
  }

  @Nested
  class Pausing {

    @Test
    @DisplayName("REQ-M6 one of many pauses holds the batch, and one of many resumes lets it go on")
    void andResumingAreEachDoneByOneOfManyCalls() throws Exception {
      Gate gate = gate();
      BatchId id = submit(300);
      gate.awaitEveryNode();

      List<StateChange> pauses = fromEverywhere(node -> node.pause(id, "lunch"));
      assertThat(changed(pauses)).isEqualTo(1);
      assertThat(pauses).allMatch(change -> change.after() == BatchState.PAUSED);
      List<StateChange> resumes = fromEverywhere(node -> node.resume(id, "back"));
      assertThat(changed(resumes)).isEqualTo(1);
      assertThat(resumes).allMatch(change -> change.after() == BatchState.RUNNING);
      gate.open();

      assertThat(awaitEverywhere(id).counts().succeeded()).isEqualTo(300);
      assertThat(ran).as("each item once").hasSize(300).doesNotHaveDuplicates();
      assertThat(history(id))
          .containsExactly("SUBMITTED", "STARTED", "PAUSED", "RESUMED", "COMPLETED");
      assertThat(endsTold(id)).hasSize(1);
    }

    @Test
    void holdsEveryNodeUpWithinARenewal() throws Exception {
      Gate gate = gate();
      BatchId id = submit(300);
      gate.awaitEveryNode();
      any(1).pause(id, "lunch");
      gate.open();

      while (any(0).status(id).counts().running() > 0) {
        Thread.onSpinWait(); // each node gives back what it had not begun
      }
      int begun = ran.size();
      assertThat(any(2).status(id).counts().succeeded()).isEqualTo(begun);
      assertThat(any(2).status(id).counts().pending()).isEqualTo(300 - begun);
      any(2).resume(id, "back");
      assertThat(awaitEverywhere(id).counts().succeeded()).isEqualTo(300);
      assertThat(ran).hasSize(300).doesNotHaveDuplicates();
    }
  }

  @Nested
  class RetryingFailed {

    @Test
    void ofABatchThatHasEndedIsDoneByOneOfManyCalls() throws Exception {
      failTheFirstTime();
      BatchId id = submit(60);
      assertThat(awaitEverywhere(id).counts().failed()).isEqualTo(60);

      List<StateChange> changes = fromEverywhere(node -> node.retryFailed(id, "mended"));

      assertThat(changed(changes)).isEqualTo(1);
      assertThat(changes.stream().mapToLong(StateChange::items).sum()).isEqualTo(60);
      BatchJob job = awaitEverywhere(id);
      assertThat(job.counts().succeeded()).isEqualTo(60);
      assertThat(job.run()).isEqualTo(2);
      assertThat(endsTold(id)).as("once a run").hasSize(2);
    }

    @Test
    void whileItRunsOpensEachItemOnce() throws Exception {
      failTheFirstTime();
      BatchId id = submit(200);
      AtomicBoolean over = new AtomicBoolean();
      List<Callable<List<StateChange>>> steps = new ArrayList<>();
      for (BatchEngine node : nodes) {
        steps.add(
            () -> {
              List<StateChange> changes = new ArrayList<>();
              while (!over.get()) {
                changes.add(node.retryFailed(id, "again"));
                over.compareAndSet(false, node.status(id).counts().succeeded() == 200);
              }
              return changes;
            });
      }
      List<StateChange> changes = Together.call(steps).stream().flatMap(List::stream).toList();

      BatchJob job = awaitEverywhere(id);
      assertThat(changes.stream().mapToLong(StateChange::items).sum()).isEqualTo(200);
      assertThat(ran).hasSize(400);
      assertThat(Collections.frequency(history(id), "REOPENED")).isEqualTo(changed(changes));
      assertThat(endsTold(id)).as("once a run").hasSize(job.run());
    }

    private void failTheFirstTime() {
      work =
          (node, context) -> {
            if (context.attempt() == 1) {
              throw new IllegalStateException("fails the first time");
            }
          };
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @DisplayName("all verbs from all nodes: the answers and the history are the same story")
  void everyAnswerStandsInTheHistory(long seed) throws Exception {
    work =
        (node, context) -> {
          if (context.index() % 7 == 3 && context.attempt() == 1) {
            throw new IllegalStateException("fails the first time");
          }
        };
    BatchId id = submit(400);
    List<Callable<Map<String, Long>>> steers = new ArrayList<>();
    for (int i = 0; i < 2 * NODES; i++) {
      BatchEngine node = any(i);
      Random random = new Random(seed * 100 + i);
      steers.add(() -> steer(node, id, random));
    }
    Map<String, Long> told =
        Together.call(steers).stream()
            .flatMap(each -> each.entrySet().stream())
            .collect(
                Collectors.groupingBy(
                    Map.Entry::getKey, Collectors.summingLong(Map.Entry::getValue)));
    any(0).cancel(id, "the end");
    BatchJob job = awaitEverywhere(id);

    List<String> history = history(id);
    told.forEach(
        (kind, count) ->
            assertThat((long) Collections.frequency(history, kind))
                .as("%s of %s", kind, history)
                .isEqualTo(count));
    assertIsALife(history);
    assertThat(job.counts().unfinished()).isZero();
    assertThat(job.run()).isEqualTo(1 + reopenedAfterItsEnd(history));
    assertThat(endsTold(id)).as("once a run").hasSize(job.run());
  }

  private static Map<String, Long> steer(BatchEngine node, BatchId id, Random random) {
    Map<String, Long> told = new ConcurrentHashMap<>();
    for (int i = 0; i < 15; i++) {
      boolean pauses = random.nextBoolean();
      StateChange change = pauses ? node.pause(id, "so") : node.resume(id, "so");
      told.merge(pauses ? "PAUSED" : "RESUMED", change.changed() ? 1L : 0L, Long::sum);
      if (random.nextInt(4) == 0) {
        told.merge("REOPENED", node.retryFailed(id, "so").changed() ? 1L : 0L, Long::sum);
      }
    }
    boolean isResumed = node.resume(id, "so").changed();
    told.merge("RESUMED", isResumed ? 1L : 0L, Long::sum);
    return told;
  }

  private static void assertIsALife(List<String> history) {
    String state = "SUBMITTED";
    for (String kind : history) {
      String from = state;
      switch (kind) {
        case "PAUSED" -> assertThat(from).as("%s", history).isIn("SUBMITTED", "RUNNING");
        case "RESUMED" -> assertThat(from).as("%s", history).isEqualTo("PAUSED");
        case "CANCELLING", "COMPLETED" ->
            assertThat(from).as("%s", history).isIn("SUBMITTED", "RUNNING", "PAUSED");
        case "CANCELLED" -> assertThat(from).as("%s", history).isEqualTo("STOPPING");
        default -> {}
      }
      state =
          switch (kind) {
            case "PAUSED" -> "PAUSED";
            case "CANCELLING" -> "STOPPING";
            case "COMPLETED", "CANCELLED" -> "ENDED";
            case "REOPENED" -> from.equals("ENDED") ? "RUNNING" : from;
            default -> from.equals("PAUSED") && !kind.equals("RESUMED") ? from : "RUNNING";
          };
    }
  }

  private static int reopenedAfterItsEnd(List<String> history) {
    int runs = 0;
    boolean ended = false;
    for (String kind : history) {
      if (kind.equals("REOPENED") && ended) {
        runs++;
        ended = false;
      }
      ended |= kind.equals("COMPLETED") || kind.equals("CANCELLED");
    }
    return runs;
  }

  @Nested
  class GivingUp {

    @Test
    void comesWithTheFailuresOfAllNodes() throws Exception {
      work =
          (node, context) -> {
            throw new IllegalStateException("fails always");
          };
      BatchId id = any(0).submit(BatchRequest.of(WORK, texts(2_000)).tolerateFailures(20));
      BatchJob job = awaitEverywhere(id);

      assertThat(job.state()).isEqualTo(BatchState.FAILED);
      assertThat(job.error().orElseThrow()).contains("; the limit is 20");
      assertThat(job.counts().failed() + job.counts().cancelled()).isEqualTo(2_000);
      assertThat(job.counts().cancelled()).as("promptly").isGreaterThan(1_000);
      assertThat(Collections.frequency(history(id), "GIVEN_UP")).isEqualTo(1);
      assertThat(endsTold(id)).hasSize(1);
    }

    @Test
    void comesWithTheDeadlineWhileNodesHoldItems() throws Exception {
      Gate gate = gate();
      BatchId id = any(0).submit(BatchRequest.of(WORK, texts(300)).deadline(Duration.ofSeconds(1)));
      gate.awaitEveryNode();
      while (any(0).status(id).state() == BatchState.RUNNING) {
        Thread.onSpinWait();
      }
      gate.open();
      BatchJob job = awaitEverywhere(id);

      assertThat(job.state()).isEqualTo(BatchState.FAILED);
      assertThat(job.error()).contains("the deadline has passed");
      assertThat(job.counts().succeeded() + job.counts().cancelled()).isEqualTo(300);
      assertThat(job.counts().cancelled()).isPositive();
      assertThat(Collections.frequency(history(id), "GIVEN_UP")).isEqualTo(1);
      assertThat(endsTold(id)).hasSize(1);
    }
  }

  @Nested
  class Sequential {

    @Test
    void isOneItemAtATimeInOrderWhileItIsPausedAndResumed() throws Exception {
      AtomicInteger atATime = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      Queue<Integer> order = new ConcurrentLinkedQueue<>();
      work =
          (node, context) -> {
            most.accumulateAndGet(atATime.incrementAndGet(), Math::max);
            if (context.attempt() == 1 && context.index() % 10 == 4) {
              atATime.decrementAndGet();
              context.retryAfter(Duration.ofMillis(20));
            }
            order.add(context.index());
            if (context.index() == 12) {
              any(node + 1).pause(context.batchId(), "lunch");
              any(node + 2).resume(context.batchId(), "back");
            }
            atATime.decrementAndGet();
          };
      BatchId id = any(0).submit(STEPS, texts(40));

      assertThat(awaitEverywhere(id).counts().succeeded()).isEqualTo(40);
      assertThat(most).hasValue(1);
      assertThat(order).containsExactlyElementsOf(IntStream.range(0, 40).boxed().toList());
    }

    @Test
    void goesOnWhereANodeWasThatIsGone() throws Exception {
      CountDownLatch over = new CountDownLatch(1);
      AtomicInteger gone = new AtomicInteger(-1);
      Queue<Integer> order = new ConcurrentLinkedQueue<>();
      work =
          (node, context) -> {
            if (context.index() == 12 && gone.compareAndSet(-1, node)) {
              wires.get(node).cut();
              over.await();
            } else {
              order.add(context.index());
            }
          };
      BatchId id = any(0).submit(STEPS, texts(25));
      BatchEngine client = host.engine(builder -> builder.node("client"));
      nodes.add(client);

      assertThat(client.await(id).counts().succeeded()).isEqualTo(25);
      assertThat(order).containsExactlyElementsOf(IntStream.range(0, 25).boxed().toList());
      over.countDown();
      wires.get(gone.get()).mend();
      assertThat(endsTold(id)).hasSize(1).doesNotContain(gone.get());
    }
  }

  @Nested
  class OnTheSameNode {

    /** A session that is renewed every quarter of an hour, and a poll that comes in a minute. */
    private BatchEngine slow() {
      nodes.forEach(BatchEngine::close);
      nodes.clear();
      BatchEngine slow =
          host.engine(
              builder ->
                  builder
                      .node("slow")
                      .sessionExpiry(Duration.ofHours(1))
                      .pollInterval(Duration.ofMinutes(1))
                      .register(WORK, (input, context) -> run(0, input, context), OPTIONS));
      nodes.add(slow);
      return slow;
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(30)
    void aCancelWaitsForNoRenewal(CancelMode mode) throws Exception {
      BatchEngine slow = slow();
      CountDownLatch begun = new CountDownLatch(1);
      AtomicBoolean left = new AtomicBoolean();
      work =
          (node, context) -> {
            begun.countDown();
            while (!context.isCancelled()) {
              Thread.onSpinWait();
            }
            left.set(true);
          };
      BatchId id = slow.submit(WORK, texts(100));
      begun.await();
      slow.cancel(id, mode, "enough");

      assertThat(slow.await(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(left).isTrue();
      assertThat(ran).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    @Timeout(30)
    void aPauseAndAResumeWaitForNoRenewal() throws Exception {
      BatchEngine slow = slow();
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch open = new CountDownLatch(1);
      work =
          (node, context) -> {
            begun.countDown();
            open.await();
          };
      BatchId id = slow.submit(WORK, texts(100));
      begun.await();
      slow.pause(id, "lunch");
      open.countDown();
      while (slow.status(id).counts().running() > 0) {
        Thread.onSpinWait();
      }
      assertThat(ran).hasSizeLessThanOrEqualTo(2);
      slow.resume(id, "back");

      assertThat(slow.await(id).counts().succeeded()).isEqualTo(100);
      assertThat(slow.results(WORK, id).map(BatchItem::state)).containsOnly(ItemState.SUCCEEDED);
    }
  }
}
