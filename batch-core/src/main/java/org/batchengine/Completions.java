package org.batchengine;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchStore;

/**
 * Who waits for the end of a batch. Batches that end in this engine are told at once; of the others
 * the store is asked.
 */
final class Completions {
  private final BatchStore store;
  private final Events events;
  private final Map<BatchId, CompletableFuture<BatchJob>> waiting = new ConcurrentHashMap<>();
  private volatile boolean closed;

  Completions(BatchStore store, Events events) {
    this.store = store;
    this.events = events;
  }

  /**
   * A future of the caller's own, which ends with the batch.
   *
   * @throws BatchNotFoundException if there is none
   */
  CompletableFuture<BatchJob> of(BatchId id) {
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
   * The future of all who wait here for the batch: to be waited for, not to be given away.
   *
   * @throws BatchNotFoundException if there is none
   */
  CompletableFuture<BatchJob> shared(BatchId id) {
    CompletableFuture<BatchJob> shared =
        waiting.computeIfAbsent(id, absent -> new CompletableFuture<>());
    if (closed) {
      close();
    } else if (!isThere(id, shared)) {
      throw new BatchNotFoundException(id);
    }
    return shared;
  }

  /** Asks the store; tells those who wait if the batch has ended or is gone. */
  private boolean isThere(BatchId id, CompletableFuture<BatchJob> shared) {
    Optional<BatchJob> job = store.reading().find(id, null);
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
  void ended(BatchJob job) {
    events.fire(() -> Events.ended(job));
    CompletableFuture<BatchJob> shared = waiting.remove(job.id());
    if (shared != null) {
      shared.complete(job);
      EngineThread.dropInterrupt();
    }
  }

  /** Asks the store for the batches that somebody waits for. */
  void poll() {
    if (waiting.isEmpty()) {
      return;
    }
    Set<BatchId> asked = Set.copyOf(waiting.keySet());
    Map<BatchId, BatchState> states = store.reading().states(asked);
    for (BatchId id : asked) {
      BatchState state = states.get(id);
      CompletableFuture<BatchJob> shared = waiting.get(id);
      if (shared != null && (state == null || state.isTerminal())) {
        isThere(id, shared);
      }
    }
  }

  /** Nobody will be told any more. */
  void close() {
    closed = true;
    for (BatchId id : Set.copyOf(waiting.keySet())) {
      CompletableFuture<BatchJob> shared = waiting.remove(id);
      if (shared != null) {
        shared.completeExceptionally(
            new CancellationException("the engine was closed before batch " + id + " ended"));
      }
    }
  }
}
