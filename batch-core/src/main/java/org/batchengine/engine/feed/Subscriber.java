package org.batchengine.engine.feed;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.HistoryQuery;
import org.batchengine.store.ReadStore;
import org.jspecify.annotations.Nullable;

/** Who wants to hear of a batch, or of all batches that match a query. For one thread. */
public final class Subscriber {
  private final @Nullable BatchId only;
  private final @Nullable String tenant;
  private final HistoryQuery query;
  private final Consumer<BatchEvent> listener;

  /** The live batches whose progress it hears of, newest last. */
  private final Set<BatchId> live = new LinkedHashSet<>();

  private boolean isNew = true;

  private Subscriber(
      @Nullable BatchId only,
      @Nullable String tenant,
      HistoryQuery query,
      Consumer<BatchEvent> listener) {
    this.only = only;
    this.tenant = tenant;
    this.query = query;
    this.listener = listener;
  }

  /**
   * Of one batch.
   *
   * @param tenant the only tenant whose batch it may be; null: any
   * @param listener must neither throw nor wait
   */
  public static Subscriber of(
      BatchId batch, @Nullable String tenant, Consumer<BatchEvent> listener) {
    return new Subscriber(batch, tenant, HistoryQuery.all(), listener);
  }

  /**
   * Of all batches that match, now and later.
   *
   * @param listener must neither throw nor wait
   */
  public static Subscriber of(HistoryQuery query, Consumer<BatchEvent> listener) {
    return new Subscriber(null, null, query, listener);
  }

  boolean isNew() {
    return isNew;
  }

  /** What it read may have gone: it begins again. */
  void beginsAgain() {
    isNew = true;
  }

  /** Tells the batches as they are, and returns those that live. */
  List<BatchJob> begin(ReadStore store) {
    List<BatchJob> jobs =
        only == null
            ? store.history(query).items()
            : store.find(only, tenant).map(List::of).orElse(List.of());
    isNew = false;
    live.clear();
    for (int i = jobs.size() - 1; i >= 0; i--) { // the newest come first
      BatchJob job = jobs.get(i);
      if (job.isTerminal()) {
        tell(BatchEvent.Ended.of(job, job.endedAt().orElse(job.asOf())));
      } else {
        live.add(job.id());
        tell(new BatchEvent.Progressed(job, job.asOf()));
      }
    }
    return jobs.stream().filter(job -> !job.isTerminal()).toList();
  }

  /**
   * Whether the event is of a batch that it hears of.
   *
   * @param job the batch; null if it is deleted: then only its type and tenant count
   */
  boolean wants(FeedEvent event, @Nullable BatchJob job) {
    if (isNew) {
      return false;
    }
    if (only != null) {
      return only.equals(event.batchId());
    }
    if (job != null) {
      return query.matches(job);
    }
    return live.contains(event.batchId())
        || ((query.types().isEmpty() || query.types().contains(event.type()))
            && query.tenant().stream().allMatch(event.tenant()::equals));
  }

  /** Hears of the batch's progress while it lives; of that of the oldest no more, if too many. */
  void follow(BatchJob batch) {
    live.remove(batch.id());
    if (!batch.isTerminal()) {
      live.add(batch.id());
    }
    if (live.size() > query.limit()) {
      live.remove(live.iterator().next());
    }
  }

  void forget(BatchId batch) {
    live.remove(batch);
  }

  Set<BatchId> live() {
    return live;
  }

  boolean hears(BatchId batch) {
    return live.contains(batch);
  }

  void tell(BatchEvent event) {
    listener.accept(event);
  }
}
