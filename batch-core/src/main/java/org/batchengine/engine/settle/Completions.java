package org.batchengine.engine.settle;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
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

/**
 * The futures of callers that wait for a batch to end. A batch that this engine ends completes its
 * future at once; the store is asked about the others once a poll. Thread-safe.
 */
public final class Completions implements Step {
  private final ReadStore store;
  private final Events events;
  private final Cadence poll;
  private final Map<BatchId, CompletableFuture<BatchJob>> waiting = new ConcurrentHashMap<>();
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
   * {@return a future of the caller's own, which completes when the batch ends}
   *
   * @throws BatchNotFoundException if there is none
   */
  public CompletableFuture<BatchJob> of(BatchId id) {
    CompletableFuture<BatchJob> own = new CompletableFuture<>();
    var unused =
        shared(id)
            .whenComplete(
                (job, failure) -> {
                  if (failure == null) {
                    own.complete(job);
                  } else {
                    own.completeExceptionally(failure);
                  }
                });
    return own;
  }

  /**
   * {@return the future that all who wait for the batch share} Wait for it, but do not give it to
   * the host.
   *
   * @throws BatchNotFoundException if there is none
   */
  public CompletableFuture<BatchJob> shared(BatchId id) {
    CompletableFuture<BatchJob> shared =
        waiting.computeIfAbsent(id, absent -> new CompletableFuture<>());
    if (closed) {
      close();
    } else if (!isThere(id, shared)) {
      throw new BatchNotFoundException(id);
    }
    return shared;
  }

  /** Asks the store; completes the future if the batch has ended or is gone. */
  private boolean isThere(BatchId id, CompletableFuture<BatchJob> shared) {
    Optional<BatchJob> job = store.find(id, null);
    if (job.isEmpty()) {
      waiting.remove(id, shared);
      shared.completeExceptionally(new BatchNotFoundException(id));
    } else if (job.get().isTerminal()) {
      waiting.remove(id, shared);
      shared.complete(job.get());
    }
    EngineThread.dropInterrupt();
    return job.isPresent();
  }

  /** This engine has ended the batch. */
  public void ended(BatchJob job) {
    events.fire(() -> endOf(job));
    CompletableFuture<BatchJob> shared = waiting.remove(job.id());
    if (shared != null) {
      shared.complete(job);
      EngineThread.dropInterrupt();
    }
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
      CompletableFuture<BatchJob> shared = waiting.get(id);
      if (shared != null && (state == null || state.isTerminal())) {
        isThere(id, shared);
      }
    }
  }

  /** Cancels all waiters. */
  public void close() {
    closed = true;
    for (BatchId id : Set.copyOf(waiting.keySet())) {
      CompletableFuture<BatchJob> shared = waiting.remove(id);
      if (shared != null) {
        shared.completeExceptionally(
            new CancellationException("the engine was closed before batch " + id + " ended"));
      }
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
