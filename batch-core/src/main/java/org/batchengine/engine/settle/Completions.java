package org.batchengine.engine.settle;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.EngineThread;
import org.batchengine.engine.loop.Events;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.store.ReadStore;
import org.jspecify.annotations.Nullable;

/**
 * The futures of callers that wait for a batch to end. A batch that this engine ends completes its
 * future at once; the store is asked about the others once a poll. Thread-safe.
 */
public final class Completions implements Step {
  private final ReadStore store;
  private final Events events;
  private final Cadence poll;

  /** The futures of a batch, in order; they change only while the map computes its entry. */
  private final Map<BatchId, Map<Long, CompletableFuture<BatchJob>>> waiting =
      new ConcurrentHashMap<>();

  private final AtomicLong places = new AtomicLong();

  private volatile boolean closed;

  /**
   * Nobody waits yet.
   *
   * @param poll how often the store is asked
   */
  public Completions(ReadStore store, Events events, Cadence poll) {
    this.store = store;
    this.events = events;
    this.poll = poll;
  }

  @Override
  public String name() {
    return "looking for the ends of awaited batches";
  }

  @Override
  public boolean runOnce() {
    if (poll.isDue()) {
      askStore();
    }
    return false;
  }

  @Override
  public long idleNanos() {
    return poll.untilDue();
  }

  /**
   * {@return a future of the caller's own, which completes when the batch ends} Once the caller has
   * cancelled or completed it, nothing refers to it any more.
   *
   * @throws BatchNotFoundException if there is no such batch
   */
  public CompletableFuture<BatchJob> of(BatchId id) {
    CompletableFuture<BatchJob> own = new CompletableFuture<>();
    Long place = places.incrementAndGet();
    waiting.compute(id, (batch, others) -> with(others, place, own));
    var unused = own.whenComplete((job, failure) -> forget(id, place));
    if (closed) {
      close();
      return own;
    }
    boolean isThere = false;
    try {
      isThere = isThere(id);
    } finally {
      if (!isThere) {
        forget(id, place);
      }
    }
    if (!isThere) {
      throw new BatchNotFoundException(id);
    }
    return own;
  }

  private static Map<Long, CompletableFuture<BatchJob>> with(
      @Nullable Map<Long, CompletableFuture<BatchJob>> others,
      Long place,
      CompletableFuture<BatchJob> own) {
    Map<Long, CompletableFuture<BatchJob>> all = others == null ? new TreeMap<>() : others;
    all.put(place, own);
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
  private boolean isThere(BatchId id) {
    Optional<BatchJob> job = store.find(id, null);
    if (job.isEmpty()) {
      fail(id, new BatchNotFoundException(id));
    } else if (job.get().isTerminal()) {
      complete(job.get());
    }
    return job.isPresent();
  }

  private void complete(BatchJob job) {
    take(job.id()).forEach(future -> future.complete(job));
    EngineThread.dropInterrupt();
  }

  private void fail(BatchId id, RuntimeException why) {
    take(id).forEach(future -> future.completeExceptionally(why));
    EngineThread.dropInterrupt();
  }

  /** Removes the futures of the batch. Nobody else changes them from then on. */
  private Collection<CompletableFuture<BatchJob>> take(BatchId id) {
    Map<Long, CompletableFuture<BatchJob>> all = waiting.remove(id);
    return all == null ? List.of() : all.values();
  }

  /** This engine has ended the batch. */
  public void ended(BatchJob job) {
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
        isThere(id);
      }
    }
  }

  /** Cancels all waiters. */
  public void close() {
    closed = true;
    for (BatchId id : Set.copyOf(waiting.keySet())) {
      fail(id, new CancellationException("the engine was closed before batch " + id + " ended"));
    }
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
}
