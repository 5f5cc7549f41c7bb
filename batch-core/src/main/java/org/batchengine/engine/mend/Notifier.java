package org.batchengine.engine.mend;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Step;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchIdGenerator;
import org.batchengine.model.BatchState;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchStore;
import org.batchengine.store.FeedStore;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.NotifiedType;
import org.batchengine.store.Predecessors;
import org.batchengine.store.ReaderName;
import org.batchengine.store.Submitted;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells job types of the ends of batches, once a poll.
 *
 * <ol>
 *   <li>It reads the feed from where the notifiers of all engines have come to. If none has begun,
 *       no batch has types that are told.
 *   <li>For each end, and each type that is stored with the batch, it submits a batch of one item,
 *       with a key made of type, batch and run. So it does not matter how often it does that, or
 *       how many do.
 *   <li>It moves the position. What was submitted before a death is found by its key afterwards.
 * </ol>
 *
 * <p>A store that fails is tried again. What it refuses while it takes others is left out in the
 * end, so that one delivery cannot keep all others from their turn for ever.
 */
public final class Notifier implements Step {
  private static final Logger log = LoggerFactory.getLogger(Notifier.class);
  private static final int EVENTS_AT_ONCE = 100;
  private static final int MOST_REFUSALS = 10;
  private static final int PRIORITY = 5;

  private final BatchStore store;
  private final BatchIdGenerator ids;
  private final String node;
  private final Consumer<BatchId> submitted;
  private final Cadence poll;
  private final LockedRows locked;
  private boolean isDue;

  /** How often some of this page were refused, and others were not. */
  private int refusals;

  /**
   * Nothing has been read yet.
   *
   * @param submitted hears of each batch that was submitted
   */
  public Notifier(
      BatchStore store,
      BatchIdGenerator ids,
      String node,
      Consumer<BatchId> submitted,
      Cadence poll,
      LockedRows locked) {
    this.store = store;
    this.ids = ids;
    this.node = node;
    this.submitted = submitted;
    this.poll = poll;
    this.locked = locked;
  }

  @Override
  public String name() {
    return "telling of ends of batches";
  }

  @Override
  public boolean runOnce() {
    isDue |= poll.isDue();
    if (!isDue) {
      return false;
    }
    isDue = false;
    try {
      return readPage();
    } catch (RowsLockedException e) {
      locked.met("batch_reader, or the batch_key of an end that is told"); // the next poll comes
      return false;
    }
  }

  private boolean readPage() {
    FeedStore feed = store.feed().brief();
    OptionalLong position = feed.position(ReaderName.NOTIFIER);
    if (position.isEmpty()) {
      return false;
    }
    FeedPage page = feed.read(position.getAsLong(), EVENTS_AT_ONCE, null);
    if (page.isTruncated()) {
      log.warn(
          "events went by age before their ends were told, so some were not: keep events longer"
              + " (eventRetention)");
    }
    tell(page);
    if (page.position() > page.from()) {
      feed.advance(ReaderName.NOTIFIER, page.from(), page.position());
    }
    isDue = page.events().size() == EVENTS_AT_ONCE;
    return !page.isEmpty();
  }

  private void tell(FeedPage page) {
    List<FeedEvent> ends = page.events().stream().filter(event -> event.kind().isEnd()).toList();
    if (ends.isEmpty()) {
      return;
    }
    Map<BatchId, String> types =
        store.reading().notified(ends.stream().map(FeedEvent::batchId).distinct().toList());
    Map<String, RuntimeException> refused = new LinkedHashMap<>();
    boolean isAnyTaken = false;
    for (FeedEvent end : ends) {
      for (NotifiedType type : NotifiedType.parse(types.get(end.batchId()))) {
        String key = "notify/%s/%s/%d".formatted(type.name(), end.batchId(), end.run());
        try {
          submit(end, type, key);
          isAnyTaken = true;
        } catch (RuntimeException e) {
          if (e instanceof StoreException failure && failure.isTransient()) {
            throw e;
          }
          refused.put(key, e);
        }
      }
    }
    retryOrLeaveOut(refused, isAnyTaken);
  }

  private void retryOrLeaveOut(Map<String, RuntimeException> refused, boolean isAnyTaken) {
    if (!refused.isEmpty()) {
      refusals += isAnyTaken ? 1 : 0;
      if (refusals < MOST_REFUSALS) {
        throw refused.values().iterator().next();
      }
      refused.forEach((key, e) -> log.warn("cannot submit {}: the end is not told", key, e));
    }
    refusals = 0;
  }

  private void submit(FeedEvent end, NotifiedType type, String key) {
    BatchId id = ids.next();
    NewBatch delivery =
        new NewBatch(
            id,
            type.name(),
            end.tenant(),
            null,
            null,
            null,
            key,
            PRIORITY,
            "{}",
            null,
            null,
            null,
            null,
            NotifiedType.INPUT_FORMAT,
            type.outputFormat(),
            false,
            null,
            null,
            null,
            null,
            null,
            null,
            type.measures(),
            null,
            null,
            Predecessors.NONE,
            new Actor(null, node));
    BatchEnd told = new BatchEnd(end.batchId(), end.run(), BatchState.valueOf(end.kind().name()));
    Submitted answer =
        store.submitting().submitBriefly(delivery, List.of(new NewItem(null, told.toString())));
    if (answer instanceof Submitted.IdTaken) {
      throw new IllegalStateException("there is a batch with the new id " + id);
    }
    if (answer instanceof Submitted.Created) {
      submitted.accept(id);
    }
  }

  @Override
  public long idleNanos() {
    return isDue ? 1 : poll.untilDue();
  }
}
