package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collections;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Several nodes give a batch up together, and keep the order of a sequential one. */
abstract class NodesProcessingContract extends SeveralNodesContract {

  NodesProcessingContract(Supplier<HostDatabase> opener) {
    super(opener);
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
              links.get(node).cut();
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
      links.get(gone.get()).mend();
      assertThat(endsTold(id)).hasSize(1).doesNotContain(gone.get());
    }
  }
}
