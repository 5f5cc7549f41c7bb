package org.batchengine.engine.settle;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Events;
import org.batchengine.engine.loop.Lane;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.store.ReadStore;
import org.jspecify.annotations.Nullable;

/**
 * The futures of callers that wait for a batch to end. Those of a batch that this engine ends
 * complete at once; the store is asked about the others once a poll. What hosts have made dependent
 * on their futures runs in a lane. Thread-safe.
 */
public final class Completions implements Step {
  private final ReadStore store;
  private final Events events;
  private final Cadence poll;
  private final Lane lane;

  /** Those who wait for a batch, in order; they change only while the map computes its entry. */
  private final Map<BatchId, Map<Long, Waiting>> waiting = new ConcurrentHashMap<>();

  private final AtomicLong places = new AtomicLong();
  private volatile Consumer<BatchId> dependents = batch -> {};
  private volatile boolean closed;

  /**
   * Somebody who waits.
   *
   * @param isOfHost whether host code may depend on the future
   */
  private record Waiting(CompletableFuture<BatchJob> future, boolean isOfHost) {}

  /**
   * Nobody waits yet.
   *
   * @param poll how often the store is asked
   * @param lane completes the futures of hosts
   */
  public Completions(ReadStore store, Events events, Cadence poll, Lane lane) {
    this.store = store;
    this.events = events;
    this.poll = poll;
    this.lane = lane;
  }

  @Override
  public String name() {
    return "looking for the ends of awaited batches";
  }

  @Override
  public boolean runOnce() {
    if (poll.isDue()) {
      lane.goOn();
      askStore();
    }
    return false;
  }

  @Override
  public long idleNanos() {
    return poll.untilDue();
  }

  /**
   * {@return a future for a host, which completes when the batch ends} Once somebody has cancelled
   * or completed it, nothing refers to it any more.
   *
   * @param beforeWait called before a thread waits for it; may throw
   * @throws BatchNotFoundException if there is no such batch
   */
  public CompletableFuture<BatchJob> of(BatchId id, Runnable beforeWait) {
    return added(id, new Waiting(new HostFuture(beforeWait), true));
  }

  /**
   * {@return a future for a caller that waits for it and then cancels it} No host code may depend
   * on it.
   *
   * @throws BatchNotFoundException if there is no such batch
   */
  public CompletableFuture<BatchJob> awaited(BatchId id) {
    return added(id, new Waiting(new CompletableFuture<>(), false));
  }

  private CompletableFuture<BatchJob> added(BatchId id, Waiting who) {
    CompletableFuture<BatchJob> own = who.future();
    Long place = places.incrementAndGet();
    waiting.compute(id, (batch, others) -> with(others, place, who));
    var unused = own.whenComplete((job, failure) -> forget(id, place));
    if (closed) {
      own.completeExceptionally(closedBefore(id));
      return own;
    }
    Optional<BatchJob> found = Optional.empty();
    try {
      found = look(id);
    } finally {
      if (found.isEmpty()) {
        forget(id, place);
      }
    }
    BatchJob job = found.orElseThrow(() -> new BatchNotFoundException(id));
    if (job.isTerminal()) {
      own.complete(job); // nobody has it yet
    }
    return own;
  }

  private static Map<Long, Waiting> with(
      @Nullable Map<Long, Waiting> others, Long place, Waiting who) {
    Map<Long, Waiting> all = others == null ? new TreeMap<>() : others;
    all.put(place, who);
    return all;
  }

  private void forget(BatchId id, Long place) {
    waiting.computeIfPresent(
        id,
        (batch, all) -> {
          all.remove(place);
          return all.isEmpty() ? null : all;
        });
  }

  /** Asks the store; completes all futures of the batch if it has ended or is gone. */
  private Optional<BatchJob> look(BatchId id) {
    Optional<BatchJob> job = store.find(id, null);
    if (job.isEmpty()) {
      fail(id, new BatchNotFoundException(id));
    } else if (job.get().isTerminal()) {
      complete(job.get());
    }
    return job;
  }

  private void complete(BatchJob job) {
    take(job.id(), future -> future.complete(job));
  }

  private void fail(BatchId id, RuntimeException why) {
    take(id, future -> future.completeExceptionally(why));
  }

  /** Removes the futures of the batch, and ends them. */
  private void take(BatchId id, Consumer<CompletableFuture<BatchJob>> end) {
    Map<Long, Waiting> all = waiting.remove(id);
    if (all == null) {
      return;
    }
    for (Waiting each : all.values()) { // nobody else changes them from here on
      if (each.isOfHost()) {
        lane.add(() -> end.accept(each.future()), 0);
      } else {
        end.accept(each.future());
      }
    }
  }

  /** Also tells somebody of the ends of batches that this engine has ended. */
  public void tellOfEnds(Consumer<BatchId> dependents) {
    this.dependents = dependents;
  }

  /** This engine has ended the batch, or paused it because its rehearsal is over. */
  public void ended(BatchJob job) {
    if (job.state() == BatchState.PAUSED) {
      events.fire(() -> new BatchEvent.Paused(job, job.updatedAt()));
      return;
    }
    dependents.accept(job.id());
    events.fire(() -> endOf(job));
    complete(job);
  }

  /** Asks the store about the awaited batches. */
  private void askStore() {
    if (waiting.isEmpty()) {
      return;
    }
    Set<BatchId> asked = Set.copyOf(waiting.keySet());
    Map<BatchId, BatchState> states = store.states(asked);
    for (BatchId id : asked) {
      BatchState state = states.get(id);
      if (waiting.containsKey(id) && (state == null || state.isTerminal())) {
        var unused = look(id);
      }
    }
  }

  /** Cancels all waiters. */
  public void close() {
    closed = true;
    for (BatchId id : Set.copyOf(waiting.keySet())) {
      fail(id, closedBefore(id));
    }
  }

  private static CancellationException closedBefore(BatchId id) {
    return new CancellationException("the engine was closed before batch " + id + " ended");
  }

  private static BatchEvent endOf(BatchJob job) {
    Instant at = job.endedAt().orElse(job.asOf());
    return switch (job.state()) {
      case COMPLETED -> new BatchEvent.Completed(job, at);
      case FAILED -> new BatchEvent.Failed(job, at);
      case CANCELLED -> new BatchEvent.Cancelled(job, at);
      default -> throw new IllegalStateException("batch " + job.id() + " is " + job.state());
    };
  }

  /** A future that checks whether a thread may wait for it. */
  private static final class HostFuture extends CompletableFuture<BatchJob> {
    private final Runnable beforeWait;

    HostFuture(Runnable beforeWait) {
      this.beforeWait = beforeWait;
    }

    private void check() {
      if (!isDone()) {
        beforeWait.run();
      }
    }

    @Override
    public BatchJob get() throws InterruptedException, ExecutionException {
      check();
      return super.get();
    }

    @Override
    public BatchJob get(long timeout, TimeUnit unit)
        throws InterruptedException, ExecutionException, TimeoutException {
      check();
      return super.get(timeout, unit);
    }

    @Override
    public BatchJob join() {
      check();
      return super.join();
    }
  }
}
