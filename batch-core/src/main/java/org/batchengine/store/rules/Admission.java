package org.batchengine.store.rules;

import java.time.Duration;
import java.util.Optional;
import org.batchengine.limit.Limit;
import org.batchengine.model.LimitExceededException;
import org.batchengine.model.LimitExceededException.Kind;
import org.batchengine.model.StoredText;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NotifiedType;
import org.jspecify.annotations.Nullable;

/**
 * Whether a tenant may submit more. It is counted what is there, under a lock that all its submits
 * take: there is no counter that could be wrong.
 */
public final class Admission {
  private Admission() {}

  /** What a tenant has. */
  public interface Present {

    /** {@return what has not ended} */
    Unfinished unfinished();

    /**
     * {@return how long ago the tenant submitted the last batch but so many; empty if there is
     * none}
     */
    Optional<Duration> sinceSubmit(int others);
  }

  /**
   * What has not ended.
   *
   * @param items of these batches, less what is settled
   */
  public record Unfinished(long batches, long items) {}

  /** {@return whether limits hold for the batch: not if it only tells of the end of another} */
  public static boolean isNeeded(NewBatch batch) {
    return !batch.inputFormat().equals(NotifiedType.INPUT_FORMAT);
  }

  /**
   * {@return how many items a batch needs room for at first} Of one that gets its items later there
   * must be room for one.
   *
   * @param session that submits it in pages; null: these are all
   * @param items those that it has so far
   */
  public static int least(NewBatch batch, @Nullable Long session, int items) {
    return session == null && batch.fill() == null ? items : Math.max(1, items);
  }

  /**
   * A batch is submitted.
   *
   * @throws LimitExceededException if there is no room
   */
  public static void require(String tenant, Limit limit, long items, Present present) {
    if (limit.liveBatches().isPresent() || limit.unfinishedItems().isPresent()) {
      Unfinished has = present.unfinished();
      requireBatches(tenant, limit, has.batches());
      requireItems(tenant, limit, has.items(), items);
    }
    if (limit.submits().isPresent()) {
      requireSubmits(tenant, limit.submits().get(), present);
    }
  }

  /**
   * A batch that is being submitted gets more items.
   *
   * @throws LimitExceededException if there is no room
   */
  public static void requireMore(String tenant, Limit limit, long items, Present present) {
    if (limit.unfinishedItems().isPresent()) {
      requireItems(tenant, limit, present.unfinished().items(), items);
    }
  }

  private static void requireBatches(String tenant, Limit limit, long has) {
    int most = limit.liveBatches().orElse(Integer.MAX_VALUE);
    if (has >= most) {
      throw new LimitExceededException(
          "tenant %s has %d batches that have not ended, of at most %d: submit again once one has ended"
              .formatted(StoredText.quoted(tenant), has, most),
          Kind.LIVE_BATCHES,
          most,
          has,
          null);
    }
  }

  private static void requireItems(String tenant, Limit limit, long has, long more) {
    long most = limit.unfinishedItems().orElse(Long.MAX_VALUE);
    if (more > most - has) {
      throw new LimitExceededException(
          "tenant %s has %d items that have not ended, of at most %d, and there is no room for %d more: %s"
              .formatted(
                  StoredText.quoted(tenant),
                  has,
                  most,
                  more,
                  more > most ? "submit fewer at once" : "submit again once enough have ended"),
          Kind.UNFINISHED_ITEMS,
          most,
          has,
          null);
    }
  }

  private static void requireSubmits(String tenant, Limit.Rate rate, Present present) {
    Duration since = present.sinceSubmit(rate.most() - 1).orElse(rate.per());
    if (since.compareTo(rate.per()) < 0) {
      Duration retryAfter = rate.per().minus(since);
      throw new LimitExceededException(
          "tenant %s has submitted %d batches within %s, which is as many as it may: submit again in %s"
              .formatted(StoredText.quoted(tenant), rate.most(), rate.per(), retryAfter),
          Kind.SUBMITS,
          rate.most(),
          rate.most(),
          retryAfter);
    }
  }
}
