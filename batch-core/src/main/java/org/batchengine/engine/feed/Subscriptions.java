package org.batchengine.engine.feed;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/**
 * Tells subscribers what happens to batches, on whichever node: once a second it reads the feed,
 * then all batches whose progress somebody hears of in one look, and their failures. While nobody
 * has subscribed, it does nothing.
 *
 * <p>A subscriber begins at the place in the feed that has been reached, and only then reads the
 * batches as they are. So it may hear of a change twice, but misses none.
 */
public final class Subscriptions implements Step {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int EVENTS_AT_ONCE = 1_000;

  private final BatchStore store;
  private final LongSupplier nanos;
  private final Signal signal;
  private final Cadence look;
  private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();

  /** Only of the thread that runs this, as what follows. */
  private final Map<BatchId, FollowedBatch> followed = new HashMap<>();

  private boolean isReading;
  private long position;

  /**
   * Nobody has subscribed.
   *
   * @param signal wakes the thread that runs this
   */
  public Subscriptions(BatchStore store, LongSupplier nanos, Signal signal) {
    this.store = store;
    this.nanos = nanos;
    this.signal = signal;
    look = new Cadence(SECOND, nanos);
  }

  /** Tells it from now on. Thread-safe. */
  public void add(Subscriber subscriber) {
    subscribers.add(subscriber);
    signal.raise();
  }

  /** Tells it no more. Thread-safe. */
  public void remove(Subscriber subscriber) {
    subscribers.remove(subscriber);
  }

  @Override
  public String name() {
    return "telling subscribers";
  }

  @Override
  public long idleNanos() {
    return subscribers.isEmpty() ? Long.MAX_VALUE : look.untilDue();
  }

  @Override
  public boolean runOnce() {
    if (subscribers.isEmpty()) {
      isReading = false;
      followed.clear();
      return false;
    }
    if (subscribers.stream().noneMatch(Subscriber::isNew) && !look.isDue()) {
      return false;
    }
    readOn();
    subscribers.stream().filter(Subscriber::isNew).forEach(this::begin);
    tellProgress();
    return true;
  }

  private void readOn() {
    long end = store.feed().end();
    if (!isReading || position > end) { // a store that was restored is behind
      position = end;
      isReading = true;
      subscribers.forEach(Subscriber::beginsAgain);
    }
    while (position < end) {
      FeedPage page = store.feed().read(position, EVENTS_AT_ONCE, null);
      tell(page.events());
      position = page.position();
    }
  }

  private void begin(Subscriber subscriber) {
    for (BatchJob job : subscriber.begin(store.reading())) {
      followed.computeIfAbsent(job.id(), id -> FollowedBatch.asToldOf(job, nanos.getAsLong()));
    }
  }

  private void tell(List<FeedEvent> events) {
    Map<BatchId, BatchJob> jobs =
        find(events.stream().map(FeedEvent::batchId).collect(Collectors.toSet()));
    events.forEach(event -> tell(event, jobs.get(event.batchId())));
  }

  private void tell(FeedEvent event, @Nullable BatchJob job) {
    List<Subscriber> who = subscribers.stream().filter(each -> each.wants(event, job)).toList();
    if (who.isEmpty()) {
      return;
    }
    BatchId id = event.batchId();
    if (job == null) {
      who.forEach(each -> each.forget(id));
    } else {
      FollowedBatch batch =
          followed.computeIfAbsent(
              id, absent -> new FollowedBatch(id, event.happenedAt(), nanos.getAsLong()));
      if (event.kind().isEnd()) {
        batch.tellFailures(job, store.reading(), nanos, to(who));
      }
      batch.told(job);
      who.forEach(each -> each.follow(job));
    }
    BatchEvent told = told(event, job);
    if (told != null) {
      to(who).accept(told);
    }
  }

  private static Consumer<BatchEvent> to(List<Subscriber> who) {
    return event -> who.forEach(each -> each.tell(event));
  }

  /** The event for hosts; null if what came after makes it void. */
  private static @Nullable BatchEvent told(FeedEvent event, @Nullable BatchJob job) {
    if (job == null) {
      return switch (event.kind()) {
        case DELETED -> new BatchEvent.Deleted(event.batchId(), event.happenedAt());
        default -> null;
      };
    }
    return switch (event.kind()) {
      case SUBMITTED -> new BatchEvent.Submitted(job, event.happenedAt());
      case STARTED -> new BatchEvent.Started(job, event.happenedAt());
      case PAUSED -> new BatchEvent.Paused(job, event.happenedAt());
      case RESUMED -> new BatchEvent.Resumed(job, event.happenedAt());
      case REOPENED ->
          new BatchEvent.Reopened(job, event.happenedAt(), Math.max(1, job.counts().unfinished()));
      case COMPLETED, FAILED, CANCELLED ->
          job.isTerminal() && job.run() == event.run()
              ? BatchEvent.Ended.of(job, event.happenedAt())
              : null;
      default -> new BatchEvent.Progressed(job, event.happenedAt());
    };
  }

  private void tellProgress() {
    Set<BatchId> live = new HashSet<>();
    subscribers.forEach(each -> live.addAll(each.live()));
    followed.keySet().retainAll(live);
    for (BatchJob job : find(live).values()) {
      List<Subscriber> who = subscribers.stream().filter(each -> each.hears(job.id())).toList();
      FollowedBatch batch = followed.get(job.id());
      if (batch != null && !job.isTerminal()) { // its end is in the feed
        batch.tellFailures(job, store.reading(), nanos, to(who));
        if (batch.hasMoved(job)) {
          batch.told(job);
          to(who).accept(new BatchEvent.Progressed(job, job.asOf()));
        }
      }
    }
  }

  private Map<BatchId, BatchJob> find(Set<BatchId> ids) {
    return store.reading().find(ids).stream().collect(Collectors.toMap(BatchJob::id, job -> job));
  }
}
