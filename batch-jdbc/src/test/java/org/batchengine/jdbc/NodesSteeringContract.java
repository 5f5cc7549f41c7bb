package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.batchengine.BatchEngine;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A batch is steered from all nodes at the same moment: each answer is true, each end is told once.
 */
abstract class NodesSteeringContract extends SeveralNodesContract {

  NodesSteeringContract(Supplier<HostDatabase> opener) {
    super(opener);
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
      links.get(2).cut();
      any(0).cancel(id, mode, "enough");
      gate.open();

      assertThat(any(0).await(id).counts().unfinished()).isZero();
      assertThat(any(1).await(id).state()).isEqualTo(BatchState.CANCELLED);
      links.get(2).mend();
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
      List<StateChange> changes = Concurrently.call(steps).stream().flatMap(List::stream).toList();

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
        Concurrently.call(steers).stream()
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
