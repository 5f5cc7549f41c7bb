package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.batchengine.memory.InMemoryBatchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The session is renewed, whatever the other threads of the engine wait for. */
@Timeout(30)
class RenewalTest {
  private final Faults way = new Faults(new InMemoryBatchStore());
  private final CountDownLatch goOn = new CountDownLatch(1);

  private BatchEngine started() {
    return BatchEngine.builder(way.store())
        .register(ECHO, text -> text)
        .sessionExpiry(Duration.ofSeconds(2))
        .pollInterval(Duration.ofMillis(20))
        .start();
  }

  private void hangIn(String verb) {
    way.always(
        verb,
        (arguments, arrive) -> {
          goOn.await();
          return arrive.call();
        });
  }

  @Test
  void goesOnWhileAllOtherThreadsHang() {
    hangIn("settle");
    hangIn("expired");
    try (var engine = started()) {
      var id = engine.submit(ECHO, texts(10));
      await().until(() -> way.calls().containsAll(List.of("settle", "expired")));
      hangIn("claim");
      engine.submit(ECHO, texts(10));
      way.forgetCalls();

      try {
        await().until(() -> way.calls("renew") >= 5);

        assertThat(way.calls("settle")).isZero();
        assertThat(engine.health().isSessionLive()).isTrue();
        assertThat(engine.status(id).isTerminal()).isFalse();
      } finally {
        goOn.countDown();
      }
    }
    assertThat(way.calls("open")).isZero();
  }

  @Test
  void endsWithTheEngineAfterEverythingElse() {
    try (var engine = started()) {
      engine.submit(ECHO, texts(10));
      await().until(() -> way.calls("renew") >= 1);
    }

    assertThat(way.calls()).endsWith("release", "close");
  }
}
