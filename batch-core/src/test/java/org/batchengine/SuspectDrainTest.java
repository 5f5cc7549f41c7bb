package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.batchengine.model.BatchId;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.SessionExpiry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Engines that have work, and a suspect that must run alone: on a virtual clock. */
class SuspectDrainTest {
  private static final Duration TICK = Duration.ofMillis(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<VirtualNode> nodes = new ArrayList<>();

  private VirtualNode node() {
    return node(Duration.ofMinutes(10));
  }

  private VirtualNode node(Duration timeout) {
    VirtualNode node =
        new VirtualNode(
            world, 2, timeout, input -> TimeUnit.MILLISECONDS.toNanos(Long.parseLong(input)));
    nodes.add(node);
    return node;
  }

  @AfterEach
  void close() {
    nodes.forEach(VirtualNode::close);
  }

  private void pass(int millis) throws Exception {
    for (int i = 0; i < millis; i++) {
      for (VirtualNode node : nodes) {
        node.tick();
      }
      world.pass(TICK);
    }
  }

  private void passTenths(int tenths) throws Exception {
    for (int i = 0; i < tenths; i++) {
      for (VirtualNode node : nodes) {
        node.tick();
      }
      world.pass(TICK.multipliedBy(100));
    }
  }

  private static BatchRequest<String> items(int items, int millis) {
    return BatchRequest.of(ECHO, Collections.nCopies(items, String.valueOf(millis)));
  }

  /** A batch of one item that has been lost twice. */
  private BatchId suspect(VirtualNode by) {
    BatchId id = by.parts.submitter.submit(items(1, 1).priority(9)).id();
    for (int i = 0; i < 2; i++) {
      long session = world.memory.sessions().open("lost", Duration.ofMillis(1));
      ClaimRequest request = new ClaimRequest(session, List.of(new Wanted("echo", 1, 1, 1)));
      assertThat(world.memory.claiming().claim(request).isEmpty()).isFalse();
      world.pass(Duration.ofMillis(2));
      for (SessionExpiry expired : world.memory.sessions().expired()) {
        world.memory.sessions().reap(expired);
      }
    }
    return id;
  }

  private boolean hasEnded(BatchId id) {
    return world.memory.reading().find(id, null).orElseThrow().isTerminal();
  }

  @Test
  @DisplayName("FAULT-P4 one engine drains for a suspect, the others go on")
  void isOfOneNode() throws Exception {
    VirtualNode one = node();
    VirtualNode two = node();
    BatchId id = suspect(one);
    one.submit(items(100, 1_500));
    two.parts.looking.lookSoon();
    int bothIdle = 0;
    for (int i = 0; i < 6_000 && !hasEnded(id); i++) {
      pass(1);
      bothIdle += one.isAllIdle() && two.isAllIdle() ? 1 : 0;
    }

    assertThat(hasEnded(id)).isTrue();
    assertThat(bothIdle).isLessThan(50);
  }

  @Test
  @DisplayName("FAULT-P4 a drain ends when another engine has run the suspect")
  void endsOnceTheSuspectIsDone() throws Exception {
    VirtualNode busy = node();
    busy.submit(items(1, 60_000));
    pass(100);
    BatchId id = suspect(busy);
    pass(1_500); // it drains
    BatchId later = busy.submit(items(1, 1));
    node();
    pass(1_000);
    assertThat(hasEnded(id)).isTrue();
    pass(1_500);

    assertThat(hasEnded(later)).isTrue();
  }

  @Test
  @DisplayName("FAULT-P4 a drain is bounded, though a call takes longer")
  void isBounded() throws Exception {
    VirtualNode alone = node();
    alone.submit(items(1, 20_000));
    pass(100);
    BatchId id = suspect(alone);
    pass(1_500); // it drains
    BatchId ordinary = alone.submit(items(1, 1));
    pass(2_500);
    assertThat(hasEnded(ordinary)).isTrue();
    assertThat(hasEnded(id)).isFalse();
    pass(30_000);

    assertThat(hasEnded(id)).isTrue();
  }

  @Test
  @DisplayName("FAULT-P4 REQ-M3 a drain grows with the timeout of the batches in hand")
  void lastsUntilCallsOfBatchesWithTheirOwnTimeoutHaveEnded() throws Exception {
    VirtualNode alone = node(Duration.ofSeconds(1));
    Duration timeout = Duration.ofMinutes(1);
    alone.submit(items(1, 15_000).timeout(timeout));
    alone.submit(items(50, 30_000).timeout(timeout));
    passTenths(10);
    BatchId id = suspect(alone);
    passTenths(1_500);

    assertThat(hasEnded(id)).isTrue();
  }

  @Test
  @DisplayName("FAULT-P4 an engine that drains gives back what it has not begun")
  void givesBackWhatWaits() throws Exception {
    VirtualNode busy = node();
    busy.submit(items(1_000, 100));
    pass(500);
    suspect(busy);
    int millis = 0;
    while (busy.waiting() > 0 && millis < 1_500) {
      pass(1);
      millis++;
    }

    assertThat(busy.waiting()).isZero();
    assertThat(busy.isAllIdle()).isFalse();
  }
}
