package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An item that takes too long, or is cancelled, is stopped within its transaction. */
abstract class TransactionTimeoutContract extends BookingContract {
  /** A statement that runs until it is cancelled. */
  private final String endless;

  TransactionTimeoutContract(Supplier<HostDatabase> opener, String endless) {
    super(opener);
    this.endless = endless;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("FAULT-H2 a statement that takes too long is cancelled, its thread not interrupted")
  void cancelTheStatement(boolean inBulk) throws Exception {
    try (BatchEngine engine =
        engine(
            inBulk,
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item == 2) {
                execute(connection, endless);
              }
              return "booked";
            },
            ONE_BY_ONE.timeout(Duration.ofMillis(300)))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(6)));

      assertThat(error(engine, job.id(), 2)).contains("timeout");
      assertThat(job.counts().succeeded()).isEqualTo(5);
      assertThat(host.booked()).containsExactly(0, 1, 3, 4, 5);
    }
  }

  @Test
  void interruptWhatIsNotInTheDatabase() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item == 2) {
                new CountDownLatch(1).await();
              }
              if (item == 3) {
                Thread.currentThread().interrupt(); // FAULT-P7
                HostDatabase.book(connection, 100);
                assertThat(Thread.currentThread().isInterrupted()).isTrue();
              }
              return "booked";
            },
            ONE_BY_ONE.timeout(Duration.ofMillis(300)))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(6)));

      assertThat(error(engine, job.id(), 2)).contains("timeout");
      assertThat(host.booked()).containsExactly(0, 1, 3, 4, 5, 100);
    }
  }

  @Test
  void aTimeoutIsOfOneItem() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              TimeUnit.MILLISECONDS.sleep(120);
              return "booked";
            },
            ONE_BY_ONE.timeout(Duration.ofMillis(600)))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(15)));

      assertThat(job.counts().succeeded()).isEqualTo(15);
      assertThat(host.booked()).isEqualTo(items(15));
    }
  }

  @Test
  void aForcedCancelKeepsWhatSucceededBefore() throws Exception {
    CountDownLatch isIn = new CountDownLatch(1);
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item == 2) {
                isIn.countDown();
                execute(connection, endless);
              }
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchId id = engine.submit(BOOK, items(6));
      assertThat(isIn.await(30, TimeUnit.SECONDS)).isTrue();
      engine.cancel(id, CancelMode.FORCED, "enough");
      BatchJob job = engine.await(id);

      assertThat(job.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job.counts().succeeded()).isEqualTo(2);
      assertThat(job.counts().cancelled()).isEqualTo(4);
      assertThat(host.booked()).containsExactly(0, 1);
    }
  }
}
