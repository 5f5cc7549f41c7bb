package org.batchengine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class MemoryTransactionsTest {
  private final InMemoryBatchStore store = new InMemoryBatchStore(() -> Instant.EPOCH);

  @Test
  void runOneAfterTheOther() throws InterruptedException {
    AtomicReference<Boolean> renewed = new AtomicReference<>();
    long session = store.sessions().open("host", Duration.ofSeconds(1));
    Thread other =
        new Thread(
            () -> renewed.set(store.sessions().renewal().renew(session, Duration.ofSeconds(9))));

    store
        .transactions()
        .useTransaction(
            tables -> {
              other.start();
              Awaitility.await().until(() -> other.getState() == Thread.State.BLOCKED);
              tables.sessions.remove(session);
            });

    other.join();
    assertThat(renewed).hasValue(false);
  }
}
