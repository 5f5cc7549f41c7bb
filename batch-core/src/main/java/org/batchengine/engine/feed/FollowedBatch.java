package org.batchengine.engine.feed;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ReadStore;
import org.jspecify.annotations.Nullable;

/** What was told of a batch that somebody has subscribed to. For one thread. */
final class FollowedBatch {
  private static final int FAILED_AT_ONCE = 1_000;

  /** A transaction that is slow may commit this much later than another that began after it. */
  private static final Duration LATE = Duration.ofMinutes(1);

  /** Failures that were told, so that what is read again is not told again. */
  private static final int REMEMBERED = 100_000;

  /** Looking for failures takes at most one part in so many of the time. */
  private static final int TIMES_AS_LONG = 20;

  private final BatchId id;
  private final Instant since;
  private Instant seenTo;
  private long failed;
  private @Nullable BatchCounts counts;
  private @Nullable BatchState state;
  private long looksAgainAt;

  private final Map<Failure, Boolean> failures =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Failure, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  private record Failure(int index, int attempts) {
    static Failure of(BatchItem<String, String> item) {
      return new Failure(item.index(), item.attempts());
    }
  }

  /**
   * Nothing was told yet.
   *
   * @param since from when on failures are told
   */
  FollowedBatch(BatchId id, Instant since, long now) {
    this.id = id;
    this.since = since;
    seenTo = since;
    looksAgainAt = now;
  }

  /** Of which the present state and counts were told. */
  static FollowedBatch asToldOf(BatchJob job, long now) {
    FollowedBatch batch = new FollowedBatch(job.id(), job.asOf(), now);
    batch.told(job);
    batch.failed = job.counts().failed();
    return batch;
  }

  /** Whether it was another when it was last told. */
  boolean hasMoved(BatchJob job) {
    return !job.counts().equals(counts) || job.state() != state;
  }

  /** It is told as it is now. */
  void told(BatchJob job) {
    counts = job.counts();
    state = job.state();
  }

  /**
   * Tells the failures that were not told, if there are any and it is time to look.
   *
   * @param job the batch as it was seen just now
   */
  void tellFailures(
      BatchJob job, ReadStore store, LongSupplier nanos, Consumer<BatchEvent> listeners) {
    long began = nanos.getAsLong();
    boolean isTime = job.isTerminal() || began - looksAgainAt >= 0;
    if (job.counts().failed() != failed && isTime) {
      store.header(id, null).ifPresent(batch -> tellFailures(batch, store, listeners));
      failed = job.counts().failed();
      seenTo = job.asOf();
      long ended = nanos.getAsLong();
      looksAgainAt = ended + (ended - began) * TIMES_AS_LONG;
    }
  }

  private void tellFailures(BatchHeader batch, ReadStore store, Consumer<BatchEvent> listeners) {
    Instant late = seenTo.minus(LATE);
    ItemQuery query =
        ItemQuery.inState(ItemState.FAILED)
            .settledAfter(late.isBefore(since) ? since : late)
            .limit(FAILED_AT_ONCE);
    Optional<String> next;
    do {
      BatchPage<BatchItem<String, String>> page = store.items(batch, query);
      for (BatchItem<String, String> item : page.items()) {
        if (failures.put(Failure.of(item), true) == null) {
          listeners.accept(new BatchEvent.ItemFailed(item, item.settledAt().orElse(seenTo)));
        }
      }
      next = page.next();
      query = next.map(query::after).orElse(query);
    } while (next.isPresent());
  }
}
