package org.batchengine.store.rules;

import java.util.List;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;

/**
 * How far the feed reaches.
 *
 * @param first the position of the first event that is kept, or is still to come
 * @param last the position of the last event; 0 if there was none yet
 */
public record FeedCut(long first, long last) {

  /** Rejects a position that no event has had yet: it comes from another store, or a later one. */
  public void requireReached(long position) {
    if (position > last) {
      throw new IllegalArgumentException(
          "position %d is beyond the last one, %d: begin again at 0 or at end(), if the store was restored from a backup"
              .formatted(position, last));
    }
  }

  /** The page of what was found after a position. */
  public FeedPage page(long position, List<FeedEvent> found, int limit) {
    long next = found.size() < limit ? last : found.get(found.size() - 1).position();
    return new FeedPage(found, position, next, position + 1 < first);
  }
}
