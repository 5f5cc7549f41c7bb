package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.run.Workers;
import org.batchengine.model.BatchId;
import org.batchengine.store.ClaimRequest.Wanted;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much is claimed at once: by how long items take, and by how much is left. */
class WorkersTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  @Nested
  class Rule {

    @Test
    void claimsTwoItemsAWorkerUntilOneHasRun() {
      assertThat(wanted(workers(JobOptions.defaults().concurrency(4))).items()).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource({
      // micros an item, items wanted, chunk, least
      "         1,          20_000,  5_000,  312",
      "     1_000,           2_008,  5_000,  312",
      "    10_000,             208,    800,   50",
      "   100_000,              28,     80,    5",
      " 1_000_000,              10,      8,    1",
      " 5_000_000,               8,      1,    1",
    })
    void followsTheDurationOfAnItem(long micros, int items, int chunk, int least) {
      var workers = workers(JobOptions.defaults().concurrency(8));
      workers.sizing().measure(TimeUnit.MICROSECONDS.toNanos(micros), 1);

      assertThat(wanted(workers)).isEqualTo(new Wanted("echo", items, chunk, least));
    }

    @Test
    @DisplayName("REQ-D6 the size of a claim follows what items take now")
    void followsWhatItemsTakeNow() {
      var workers = workers(JobOptions.defaults().concurrency(8));
      workers.sizing().measure(MILLI, 1);
      for (int i = 0; i < 50; i++) {
        workers.sizing().measure(1_000 * MILLI, 1);
      }

      assertThat(wanted(workers).chunkItems()).isEqualTo(8);
    }

    @Test
    void learnsFromACallWithManyItems() {
      var workers = workers(JobOptions.defaults().concurrency(8));
      workers.sizing().measure(5_000 * MILLI, 50);

      assertThat(wanted(workers).chunkItems()).isEqualTo(80);
    }

    @Test
    void keepsWithinTheBoundsOfItsOptions() {
      var workers = workers(JobOptions.defaults().concurrency(8).claim(20, 40));
      workers.sizing().measure(5_000 * MILLI, 1);
      assertThat(wanted(workers)).isEqualTo(new Wanted("echo", 8, 20, 20));
      for (int i = 0; i < 200; i++) {
        workers.sizing().measure(MILLI, 1);
      }

      assertThat(wanted(workers)).isEqualTo(new Wanted("echo", 160, 40, 20));
    }

    @Test
    @DisplayName("REQ-M3 a worker is never given single calls and a part of a chunk together")
    void takesByTheChunkSizeOfEachBatch() throws Exception {
      var parts =
          world.parts(
              new Faults(world.memory),
              b -> b.registerBulk(ECHO, chunk -> {}, JobOptions.defaults().concurrency(1)));
      var workers = parts.workers.get("echo");
      workers.sizing().measure(1_000, 1);
      for (int size : List.of(1, 4)) {
        parts.submitter.submit(
            BatchRequest.of(ECHO, List.of("a", "b", "c", "d", "e")).chunkSize(size));
      }
      boolean worked = true;
      while (worked) {
        worked = parts.dispatcher.runOnce();
      }

      var taken = new ArrayList<Integer>();
      for (var items = workers.queue().take().items();
          !items.isEmpty();
          items = workers.queue().take().items()) {
        taken.add(items.size());
      }
      assertThat(taken).containsExactly(5, 4, 1);
    }

    private Wanted wanted(Workers workers) {
      return workers.wanted().orElseThrow();
    }

    private Workers workers(JobOptions options) {
      var parts =
          world.parts(new Faults(world.memory), b -> b.register(ECHO, input -> input, options));
      return parts.workers.get("echo");
    }
  }

  /** Two nodes of eight workers, which run at the same time on the virtual clock. */
  @Nested
  class TwoNodes {

    @ParameterizedTest
    @CsvSource({
      // millis an item, items, at most so many millis from claim to settlement
      "    0, 400_000,    50",
      "    1,  40_000, 1_000",
      "  100,   1_600, 1_000",
      "5_000,     100, 10_010",
    })
    void areBusyToTheEnd(int millis, int items, int longestLease) throws Exception {
      // A call that does nothing takes a few microseconds nonetheless.
      long nanos = millis == 0 ? 4_000 : millis * MILLI;
      var nodes = List.of(new Node(nanos), new Node(nanos));
      BatchId id = nodes.get(0).submit(items);

      long ticks = 0;
      while (!world.memory.reading().find(id, null).orElseThrow().isTerminal()) {
        for (Node node : nodes) {
          node.tick();
        }
        world.pass(Duration.ofMillis(1));
        ticks++;
      }

      double ideal = (double) items * nanos / (2 * Node.CONCURRENCY) / MILLI;
      // What cannot be divided any more: an item, or what is worth a claim.
      double worthAClaim = Math.min(1_000 / 16.0, 312.0 * nanos / Node.CONCURRENCY / MILLI);
      double tail = millis + worthAClaim + 5;
      assertThat((double) ticks).as("%.0f in theory", ideal).isLessThan(ideal * 1.02 + tail);
      assertThat(nodes)
          .allSatisfy(
              node -> {
                assertThat(node.leaseMillis).isNotEmpty();
                assertThat(node.leaseMillis).allMatch(length -> length <= longestLease);
                assertThat(node.idleMillis()).isLessThanOrEqualTo((long) tail);
              });
      nodes.forEach(node -> node.parts.sessions.release());
    }
  }

  /** An engine whose workers take the time that their items take. */
  private final class Node {
    static final int CONCURRENCY = 8;

    final EngineParts parts =
        world.parts(
            new Faults(world.memory),
            b -> b.register(ECHO, input -> input, JobOptions.defaults().concurrency(CONCURRENCY)));
    final List<Long> leaseMillis = new ArrayList<>();

    private final long nanosPerItem;
    private long busyUntil;
    private final Workers workers = parts.workers.get("echo");
    private final List<Slot> slots = new ArrayList<>();
    private final Map<Lease.Key, Long> claimedAt = new HashMap<>();

    /** What one worker has in hand. */
    private static final class Slot {
      private final Deque<WorkItem> items = new ArrayDeque<>();
      private @Nullable Call running;
      private long freeAt;
    }

    Node(long nanosPerItem) {
      this.nanosPerItem = nanosPerItem;
      for (int i = 0; i < CONCURRENCY; i++) {
        slots.add(new Slot());
      }
      parts.maintenance.start();
    }

    BatchId submit(int items) {
      return parts.submitter.submit(BatchRequest.of(ECHO, texts(items))).id();
    }

    private long now() {
      return parts.clock.nanos().getAsLong();
    }

    /** A millisecond of the node's life. */
    void tick() throws Exception {
      parts.renewal.runOnce();
      parts.maintenance.runOnce();
      parts.looking.look();
      workAll();
      while (parts.settler.runOnce()) {}
      while (parts.dispatcher.runOnce()) {}
      workAll();
      noteLeases();
    }

    private void workAll() throws Exception {
      for (Slot slot : slots) {
        work(slot);
      }
    }

    /** Ends what has ended, and begins what can begin. */
    private void work(Slot slot) throws Exception {
      long until = nanosPerItem < MILLI ? now() + MILLI : now();
      while (true) {
        if (slot.running == null) {
          slot.freeAt = Math.max(slot.freeAt, now());
        } else if (slot.freeAt <= until) {
          end(slot, slot.running);
        } else {
          return;
        }
        if (slot.items.isEmpty()) {
          slot.items.addAll(workers.queue().take().items());
        }
        if (slot.items.isEmpty()) {
          return;
        }
        slot.running = workers.calls().of(List.of(slot.items.remove()), () -> false);
        slot.freeAt += nanosPerItem;
      }
    }

    private void end(Slot slot, Call call) throws Exception {
      call.run();
      parts.settlements.hand(call.verdicts(null, nanosPerItem));
      workers.sizing().measure(nanosPerItem, 1);
      workers.queue().done(call.work());
      call.release();
      slot.running = null;
      busyUntil = now() / MILLI;
    }

    /** For how long it has had nothing to do in the end. */
    long idleMillis() {
      return now() / MILLI - busyUntil;
    }

    private void noteLeases() {
      var held = parts.leases.held().keySet();
      long now = now() / MILLI;
      claimedAt
          .entrySet()
          .removeIf(
              each -> {
                boolean ended = !held.contains(each.getKey());
                if (ended) {
                  leaseMillis.add(now - each.getValue());
                }
                return ended;
              });
      held.forEach(key -> claimedAt.putIfAbsent(key, now));
    }
  }
}
