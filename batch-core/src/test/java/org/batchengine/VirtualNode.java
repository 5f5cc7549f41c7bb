package org.batchengine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.run.Workers;
import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * An engine on a virtual clock whose workers take the time that their items take. Each millisecond
 * its dispatcher has a few passes, as many as a database would answer.
 */
final class VirtualNode {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int PASSES = 4;

  final EngineParts parts;

  /** Nanoseconds of work by tenant. */
  final Map<String, Long> worked = new HashMap<>();

  private final ToLongFunction<String> nanosOf;
  private final Workers workers;
  private final List<Slot> slots = new ArrayList<>();
  private long idleNanos;

  /** What one worker has in hand. */
  private static final class Slot {
    private final Deque<WorkItem> items = new ArrayDeque<>();
    private @Nullable Call running;
    private long calledFor;
    private long freeAt;
  }

  /**
   * A node of its own session.
   *
   * @param nanosOf how long an input takes
   */
  VirtualNode(EngineFixture world, int concurrency, ToLongFunction<String> nanosOf) {
    this(world, concurrency, Duration.ofMinutes(10), nanosOf);
  }

  VirtualNode(
      EngineFixture world, int concurrency, Duration timeout, ToLongFunction<String> nanosOf) {
    this.nanosOf = nanosOf;
    parts =
        world.parts(
            new Faults(world.memory),
            b ->
                b.register(
                    EngineFixture.ECHO,
                    input -> input,
                    JobOptions.defaults().concurrency(concurrency).timeout(timeout)));
    workers = parts.workers.get("echo");
    for (int i = 0; i < concurrency; i++) {
      slots.add(new Slot());
    }
    parts.maintenance.start();
  }

  BatchId submit(BatchRequest<?> request) {
    BatchId id = parts.submitter.submit(request).id();
    parts.looking.lookSoon();
    return id;
  }

  private long now() {
    return parts.clock.nanos().getAsLong();
  }

  /** A millisecond of the node's life, which the caller lets pass. */
  void tick() throws Exception {
    parts.renewal.runOnce();
    parts.maintenance.runOnce();
    workAll();
    while (parts.settler.runOnce()) {}
    for (int i = 0; i < PASSES; i++) {
      parts.dispatcher.runOnce();
    }
    workAll();
    for (Slot slot : slots) {
      idleNanos += slot.running == null ? MILLI : 0;
    }
  }

  private void workAll() throws Exception {
    for (Slot slot : slots) {
      work(slot);
    }
  }

  /** Ends what has ended, and begins what can begin. */
  private void work(Slot slot) throws Exception {
    while (true) {
      if (slot.running == null) {
        slot.freeAt = Math.max(slot.freeAt, now());
      } else if (slot.freeAt <= now()) {
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
      WorkItem next = slot.items.remove();
      slot.running = workers.calls().of(List.of(next), () -> false);
      slot.calledFor = nanosOf.applyAsLong(String.valueOf(next.input()));
      slot.freeAt += slot.calledFor;
    }
  }

  private void end(Slot slot, Call call) throws Exception {
    call.run();
    worked.merge(call.work().get(0).batch().header().tenant(), slot.calledFor, Long::sum);
    parts.settlements.hand(call.verdicts(null, slot.calledFor));
    workers.queue().ran(call.work(), slot.calledFor);
    workers.queue().done(call.work());
    call.release();
    slot.running = null;
  }

  /** The share of the workers' time in which they had nothing to do since the last call. */
  double takeIdle(long millis) {
    double idle = (double) idleNanos / (millis * MILLI * slots.size());
    idleNanos = 0;
    return idle;
  }

  /** Whether none of its workers has anything to do. */
  boolean isAllIdle() {
    return slots.stream().allMatch(slot -> slot.running == null);
  }

  /** How many items are claimed, and have not been begun. */
  int waiting() {
    return workers.queue().waiting();
  }

  /** Whether a worker has the input now. */
  boolean hasBegun(String input) {
    return slots.stream()
        .anyMatch(slot -> slot.running != null && input.equals(slot.running.work().get(0).input()));
  }

  void close() {
    parts.sessions.release();
  }
}
