package org.batchengine;

import org.batchengine.feed.FeedPage;

/**
 * What happens to batches, on all nodes, to be read in order and from anywhere. Each event has a
 * position, which it is given after its commit: whoever has read up to a position has missed
 * nothing. Progress and failed items are no events.
 *
 * <pre>{@code
 * FeedPage page = batches.feed().read(position, 100);   // of a client that was away
 * page.events().forEach(this::show);
 * position = page.position();
 * }</pre>
 *
 * <p>Of a {@link Batches#forTenant view} it has the events of that tenant only. Events are kept for
 * {@link BatchEngine.Builder#eventRetention}, also when their batch is deleted. Nothing is written
 * while nobody reads; the engine itself reads once a batch has types to {@linkplain
 * BatchRequest#notify(JobType...) notify}. Thread-safe; every method blocks on the store.
 */
public interface BatchFeed {

  /**
   * {@return the first events after a position, in order; without events if there are none}
   *
   * @param position where to go on: {@link FeedPage#position()} of the last page, {@link #end()},
   *     or 0 for everything that is kept
   * @param limit the maximum number of events, from 1 to 1,000
   * @throws IllegalArgumentException if the position is negative or was not given yet, or the limit
   *     is out of range
   */
  FeedPage read(long position, int limit);

  /** {@return the position of the last event; what is read from there on is still to come} */
  long end();

  /**
   * Returns a reader whose position the store keeps. It begins with the first event that is kept.
   *
   * @param name 1 to 100 characters, not blank; names that begin with {@code batchengine/} are
   *     reserved; in the view of a tenant, names are the tenant's own
   * @return a reader that goes on where readers of this name have come to
   * @throws IllegalArgumentException if the name is blank, too long or reserved
   */
  FeedReader reader(String name);
}
