package org.batchengine;

import org.batchengine.feed.FeedPage;

/**
 * Reads the feed from a position that the store keeps by the reader's name. Each event is read at
 * least once: again if the process dies before it has advanced, or if several read at a time.
 *
 * <pre>{@code
 * FeedPage page = reader.next(100);
 * page.events().forEach(this::send);
 * reader.advance(page);
 * }</pre>
 *
 * <p>Thread-safe; every method blocks on the store.
 */
public interface FeedReader {

  /**
   * {@return the first events after the stored position; changes nothing}
   *
   * @param limit the maximum number of events, from 1 to 1,000
   * @throws IllegalArgumentException if the limit is out of range
   */
  FeedPage next(int limit);

  /**
   * Stores that everything on the page was seen, unless another reader of this name has moved the
   * position since the page was read.
   *
   * @param page from {@link #next}
   * @return whether it was stored; if not, another has taken these events
   */
  boolean advance(FeedPage page);
}
