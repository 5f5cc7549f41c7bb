package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.ManualEngine;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a client hears, round by round. */
class HubTest {
  private static final Visitor ALICE = Visitor.named("alice").tenant("acme").may(Right.READ);

  private final ManualEngine engine =
      BatchEngine.builder(new InMemoryBatchStore())
          .register(Service.SQUARE, (number, context) -> number * number)
          .manual();
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final Hub hub = new Hub(engine, nanos::get);

  @AfterEach
  void close() {
    hub.close();
    engine.close();
  }

  /** A client whose line takes everything at once, or nothing. */
  private final class Hearing extends Client {
    private final List<JsonNode> heard = new ArrayList<>();
    private boolean isStuck;

    Hearing(Interest asked) {
      super(ALICE, nanos.get());
      asks(asked);
      assertThat(hub.audience().join(this)).isTrue();
    }

    @Override
    void send() {
      Message message;
      while (!isStuck && (message = next()) != null) {
        try {
          heard.add(Exchange.JSON.readTree(message.json()));
        } catch (JsonProcessingException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    void close(int code, String reason) {
      // on another thread, of no interest here
    }

    /** The names of what was heard since the last time. */
    List<String> news() {
      hub.runOnce();
      List<String> names = heard.stream().map(each -> each.get("event").textValue()).toList();
      heard.clear();
      return names;
    }
  }

  private static Interest all(Long since) {
    return new Interest(null, since, false);
  }

  private BatchId submit(String tenant, int items) {
    return engine.submit(
        BatchRequest.of(Service.SQUARE, IntStream.range(0, items).boxed().toList()).tenant(tenant));
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  @DisplayName("REQ-B12: progress comes once a second, and only if there is some")
  void progress() {
    BatchId batch = submit("acme", 2);
    Hearing client = new Hearing(all(null));
    assertThat(client.news()).containsExactly("hello", "batch:progress");
    pass(Duration.ofSeconds(1));
    assertThat(client.news()).isEmpty();
    engine.pause(batch, "test");
    assertThat(client.news()).containsExactly("batch:paused");
    pass(Duration.ofMillis(999));
    assertThat(client.news()).isEmpty();
    pass(Duration.ofMillis(1));
    assertThat(client.news()).containsExactly("batch:progress");
    engine.resume(batch, "test");
    engine.await(batch);
    assertThat(client.news())
        .containsExactly("batch:resumed", "batch:started", "batch:progress", "batch:completed");
    pass(Duration.ofSeconds(1));
    assertThat(client.news()).isEmpty();
    pass(Duration.ofSeconds(18));
    assertThat(client.news()).isEmpty();
    pass(Duration.ofSeconds(1));
    assertThat(client.news()).containsExactly("ping");
  }

  @Test
  @DisplayName("REQ-B12: who is more than 1,000 events behind, or from elsewhere, reads again")
  void resync() {
    BatchId batch = submit("acme", 1);
    submit("other", 1);
    for (int i = 0; i < 500; i++) {
      engine.pause(batch, "test");
      engine.resume(batch, "test");
    }
    assertThat(new Hearing(all(1L)).news()).hasSize(1_002).doesNotContain("resync");
    Hearing behind = new Hearing(all(0L));
    assertThat(behind.news()).containsExactly("hello", "resync", "batch:progress");
    Hearing foreign = new Hearing(all(5_000L));
    assertThat(foreign.news()).containsExactly("hello", "resync", "batch:progress");
    engine.pause(batch, "test");
    assertThat(behind.news()).containsExactly("batch:paused");
  }

  @Test
  @DisplayName("REQ-M25: what waits for a client is bounded")
  void slow() {
    BatchId batch = submit("acme", 1);
    Hearing slow = new Hearing(all(null));
    Hearing quick = new Hearing(new Interest(Set.of(batch), null, false));
    slow.isStuck = true;
    for (int i = 0; i <= Client.MOST_WAITING / 2; i++) {
      assertThat(hub.audience().all()).hasSize(2);
      engine.pause(batch, "test");
      engine.resume(batch, "test");
      quick.news();
    }
    assertThat(hub.audience().all()).containsExactly(quick);
    slow.isStuck = false;
    assertThat(slow.news()).isEmpty();
  }

  @Test
  @DisplayName("REQ-B12: a signal wakes for what is in the feed, and for nothing else")
  void signal() {
    EventSignal signal = new EventSignal();
    List<String> woken = new ArrayList<>();
    signal.wakes(() -> woken.add("woken"));
    BatchJob job = engine.status(submit("acme", 1));
    signal.on(new BatchEvent.Progressed(job, job.asOf()));
    assertThat(woken).isEmpty();
    signal.on(new BatchEvent.Submitted(job, job.asOf()));
    assertThat(woken).hasSize(1);
  }
}
