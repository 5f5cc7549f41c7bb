package org.batchengine.web;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.batchengine.Batches;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.jspecify.annotations.Nullable;

/** The failed items of a batch that were told. For one thread. */
final class Failures {
  /** A look takes one page; the next one goes on. */
  private static final int AT_ONCE = 1_000;

  /** A transaction that is slow may commit this much later than another that began after it. */
  private static final Duration LATE = Duration.ofMinutes(1);

  /** So that what is read again is not told again. */
  private static final int REMEMBERED = 20_000;

  private final Instant since;
  private Instant seenTo;
  private long failed;

  /** What a look that was not finished goes on with. */
  private @Nullable ItemQuery rest;

  /** The batch as it was when that look began. */
  private @Nullable BatchJob seen;

  private final Map<Failure, Boolean> told =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Failure, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  private record Failure(int index, int attempts) {}

  /**
   * Nothing was told yet.
   *
   * @param since from when on failures are told
   * @param failed how many had failed by then
   */
  Failures(Instant since, long failed) {
    this.since = since;
    this.seenTo = since;
    this.failed = failed;
  }

  boolean isUnfinished() {
    return rest != null;
  }

  /** Tells those that were not told, a page at a time. */
  void look(BatchJob job, Batches batches, Consumer<BatchItem<String, String>> listener) {
    ItemQuery query = rest;
    if (query == null) {
      if (job.counts().failed() == failed) {
        return;
      }
      Instant late = seenTo.minus(LATE);
      query =
          ItemQuery.inState(ItemState.FAILED)
              .settledAfter(late.isBefore(since) ? since : late)
              .limit(AT_ONCE);
      seen = job;
      rest = query; // also if it cannot be read now
    }
    BatchPage<BatchItem<String, String>> page;
    try {
      page = batches.items(job.id(), query);
    } catch (BatchNotFoundException e) {
      rest = null;
      return;
    }
    for (BatchItem<String, String> item : page.items()) {
      if (told.put(new Failure(item.index(), item.attempts()), true) == null) {
        listener.accept(item);
      }
    }
    rest = page.next().map(query::after).orElse(null);
    if (rest == null && seen != null) {
      failed = seen.counts().failed();
      seenTo = seen.asOf();
    }
  }
}
