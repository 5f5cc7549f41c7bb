package org.batchengine;

import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.HistoryQuery;

/**
 * What happens to batches, on all nodes, to be read in order and from anywhere. Each event has a
 * position, which it is given after its commit: whoever has read up to a position has missed
 * nothing. Progress and failed items are no events; a {@linkplain #subscribe subscription} has them
 * too.
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

  /**
   * Tells a listener of a batch: first how it is now, then everything that happens to it on any
   * node.
   *
   * @param batch the batch to hear of
   * @param listener called as {@link BatchListener#on} says
   * @return the subscription, which lasts until it is closed
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @see #subscribe(HistoryQuery, BatchListener)
   */
  Subscription subscribe(BatchId batch, BatchListener listener);

  /**
   * Tells a listener of all batches that match, now and later: first how each is now, on the first
   * page of the query, then everything that happens on any node, within about a second.
   *
   * <ul>
   *   <li>The batches as they are come as {@link BatchEvent.Progressed}, or as {@link
   *       BatchEvent.Ended} if they have ended; the newest last.
   *   <li>What happened comes in the order of the feed. The batch is as it was when the event was
   *       read, which may be later than the event.
   *   <li>Progress comes once a second for each batch that has moved, of the newest live ones up to
   *       the {@linkplain HistoryQuery#limit() limit} of the query.
   *   <li>Failed items come once each, from the time of the subscription on. Looking for them takes
   *       at most a twentieth of the time, so they may be late while very many fail; they come
   *       before the end of their batch.
   * </ul>
   *
   * <p>What happens while the store cannot be reached comes afterwards. After a restart, subscribe
   * again, or read from the position where you were.
   *
   * @param query which batches, of this view's tenant; no states, offset or cursor
   * @param listener called as {@link BatchListener#on} says; it may hear of a change twice
   * @return the subscription, which lasts until it is closed
   * @throws IllegalArgumentException if the query has states, an offset or a cursor
   */
  Subscription subscribe(HistoryQuery query, BatchListener listener);

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

  /** A listener that is told of batches until this is closed. Thread-safe. */
  interface Subscription extends AutoCloseable {

    /** Ends it; a call that has begun may still run. Closing twice does nothing. */
    @Override
    void close();
  }
}
