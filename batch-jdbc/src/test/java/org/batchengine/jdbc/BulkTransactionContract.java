package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.ChunkItem;
import org.batchengine.JobOptions;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a bulk processor writes in its transaction and the outcomes of its items agree. */
abstract class BulkTransactionContract extends BookingContract {
  private final String endless;

  BulkTransactionContract(Supplier<HostDatabase> opener, String endless) {
    super(opener);
    this.endless = endless;
  }

  @Test
  @DisplayName("REQ-B7 I3 a chunk in, a batch of statements, a commit")
  void bookChunksOnce() throws Exception {
    try (BatchEngine engine =
        bulkEngine(
            (chunk, connection) -> {
              HostDatabase.book(connection, chunk.inputs());
              chunk.forEach(item -> item.succeed("booked " + item.input()));
            },
            JobOptions.defaults().concurrency(3).chunkSize(100))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(1_000)));

      assertThat(job.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job.counts().succeeded()).isEqualTo(1_000);
      assertThat(host.booked()).isEqualTo(items(1_000));
      assertThat(engine.item(job.id(), 7).orElseThrow().output().orElseThrow())
          .contains("booked 7");
      assertThat(host.lostAnswers().commits()).isBetween(10, 30);
    }
  }

  @Test
  void theItemForWhichAChunkThrowsFailsAlone() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    try (BatchEngine engine =
        bulkEngine(
            (chunk, connection) -> {
              calls.incrementAndGet();
              chunk.forEach(item -> item.succeed("booked"));
              HostDatabase.book(connection, chunk.inputs());
              if (chunk.inputs().contains(13)) {
                execute(connection, "insert into nowhere values (1)");
              }
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(100)));

      assertThat(job.counts().succeeded()).isEqualTo(99);
      assertThat(engine.results(BOOK, job.id())).allMatch(item -> item.attempts() == 1);
      assertThat(error(engine, job.id(), 13)).containsIgnoringCase("nowhere");
      assertThat(engine.errors(job.id(), 13)).hasSize(1);
      List<Integer> expected = new ArrayList<>(items(100));
      expected.remove(13);
      assertThat(host.booked()).isEqualTo(expected);
      assertThat(calls).hasValueLessThan(30);
    }
  }

  @Test
  void itemsThatFailByAVerdictLeaveNothingAndTheOthersAreCalledOnceMore() throws Exception {
    AtomicInteger called = new AtomicInteger();
    try (BatchEngine engine =
        bulkEngine(
            (chunk, connection) -> {
              called.addAndGet(chunk.items().size());
              for (ChunkItem<Integer, String> item : chunk) {
                switch (item.input() % 5) {
                  case 0 -> item.skip("not this one");
                  case 1 -> item.fail("NO", "for a test");
                  case 2 -> item.giveUp("NEVER", "for a test");
                  case 3 -> {} // no verdict
                  default -> item.succeed("booked");
                }
              }
              HostDatabase.book(
                  connection, chunk.inputs().stream().filter(item -> item % 5 != 0).toList());
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(50)));

      assertThat(job.counts().succeeded()).isEqualTo(10);
      assertThat(job.counts().failed()).isEqualTo(30);
      assertThat(job.counts().skipped()).isEqualTo(10);
      assertThat(host.booked()).isEqualTo(items(50).stream().filter(i -> i % 5 == 4).toList());
      assertThat(called).hasValue(50 + 20);
    }
  }

  @Test
  void whatFailsIsTriedAgainFromItsParkedRow() throws Exception {
    JobOptions options = ONE_BY_ONE.retry(RetryPolicy.fixed(Duration.ofMillis(20)).maxRetries(2));
    try (BatchEngine engine =
        bulkEngine(
            (chunk, connection) -> {
              HostDatabase.book(connection, chunk.inputs());
              for (ChunkItem<Integer, String> item : chunk) {
                if (item.input() % 2 == 0 || item.attempt() == 3) {
                  item.succeed("booked");
                } else if (item.attempt() == 2) {
                  item.retryAfter(Duration.ofMillis(10));
                } else {
                  item.fail(new IllegalStateException("not yet"));
                }
              }
            },
            options)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(10)));

      assertThat(job.counts().succeeded()).isEqualTo(10);
      assertThat(host.booked()).isEqualTo(items(10));
      assertThat(engine.item(job.id(), 3).orElseThrow().attempts()).isEqualTo(3);
    }
  }

  @Test
  void aForcedCancelLeavesNothingOfTheChunk() throws Exception {
    CountDownLatch isIn = new CountDownLatch(1);
    try (BatchEngine engine =
        bulkEngine(
            (chunk, connection) -> {
              HostDatabase.book(connection, chunk.inputs());
              chunk.forEach(item -> item.succeed("booked"));
              isIn.countDown();
              execute(connection, endless);
            },
            ONE_BY_ONE)) {
      BatchId id = engine.submit(BOOK, items(6));
      assertThat(isIn.await(30, TimeUnit.SECONDS)).isTrue();
      engine.cancel(id, CancelMode.FORCED, "enough");
      BatchJob job = engine.await(id);

      assertThat(job.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job.counts().cancelled()).isEqualTo(6);
      assertThat(host.booked()).isEmpty();
    }
  }
}
