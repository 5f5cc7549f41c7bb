package org.batchengine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ItemError;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the listeners of this engine. What a listener throws is logged and goes no further. */
final class Events {
  private static final Logger log = LoggerFactory.getLogger(Events.class);

  private final List<BatchListener> listeners;

  Events(List<BatchListener> listeners) {
    this.listeners = listeners;
  }

  boolean areHeard() {
    return !listeners.isEmpty();
  }

  /** The event is made only if somebody listens. */
  void fire(Supplier<? extends BatchEvent> source) {
    if (!areHeard()) {
      return;
    }
    BatchEvent event = source.get();
    for (BatchListener listener : listeners) {
      tell(listener, event);
    }
    EngineThread.dropInterrupt();
  }

  private static void tell(BatchListener listener, BatchEvent event) {
    try (LogContext context = LogContext.of(event.batchId())) {
      listener.on(event);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      if (Failures.isFatal(e)) {
        throw (VirtualMachineError) e;
      }
      log.warn("listener {} failed", listener.getClass().getName(), e);
    }
  }

  static BatchEvent ended(BatchJob job) {
    Instant at = job.endedAt().orElse(job.asOf());
    return switch (job.state()) {
      case COMPLETED -> new BatchEvent.Completed(job, at);
      case FAILED -> new BatchEvent.Failed(job, at);
      case CANCELLED -> new BatchEvent.Cancelled(job, at);
      default -> throw new IllegalStateException("batch " + job.id() + " is " + job.state());
    };
  }

  static BatchEvent itemFailed(ItemVerdict verdict, Outcome outcome, Instant at) {
    WorkItem item = verdict.item();
    Failure failure = verdict.failure();
    ItemError error = failure == null ? null : failure.error();
    return new BatchEvent.ItemFailed(
        BatchItem.builder(item.batch().header().id(), item.index())
            .key(item.key())
            .state(outcome.state())
            .input(item.input())
            .error(error)
            .attempts(outcome.attempts())
            .retries(outcome.attempts() - 1)
            .duration(Duration.ofNanos(outcome.durationMicros() * 1_000))
            .createdAt(at)
            .settledAt(at)
            .build(),
        at);
  }
}
