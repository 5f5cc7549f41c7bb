package org.batchengine.store;

import java.time.Duration;
import java.util.OptionalLong;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchPage;
import org.jspecify.annotations.Nullable;

/**
 * Reads what happened to batches, in the order of positions. An event has none when it is
 * committed: whoever reads gives positions to those without, one reader at a time, and each sees
 * what was committed before it began. So there are no gaps, and whoever has read up to a position
 * has missed nothing, however late a transaction commits. Every rule of {@link BatchStore} holds.
 */
public interface FeedStore {
  /** How many events are given their positions in one transaction. */
  int NUMBERED_AT_ONCE = 10_000;

  /**
   * Up to {@code limit} events after a position.
   *
   * @param tenant the only tenant whose events are meant; null: all tenants
   * @throws IllegalArgumentException if the position is beyond the last one
   */
  FeedPage read(long position, int limit, @Nullable String tenant);

  /** The last position, of all tenants; 0 if nothing has happened yet. */
  long end();

  /** The position that the reader has stored; empty if it has stored none. */
  OptionalLong position(ReaderName reader);

  /**
   * Stores the last position that an event was given, unless the reader has stored one: it begins
   * with the events that have none yet. Gives no positions.
   */
  void begin(ReaderName reader);

  /**
   * Moves a reader's position, if it is where its caller believes; from 0, if it has stored none.
   *
   * @return whether it was
   */
  boolean advance(ReaderName reader, long from, long to);

  /**
   * The same for the engine's own threads, which wait for no lock for long: it throws {@link
   * org.batchengine.model.RowsLockedException} then.
   */
  FeedStore brief();

  /** A page of events. */
  BatchPage<FeedEvent> audit(AuditQuery query);

  /**
   * Takes a user's name out of up to {@code most} events.
   *
   * @param tenant the only tenant whose events are meant; null: all tenants
   * @return the number of events
   */
  int forget(String actor, @Nullable String tenant, int most);

  /**
   * Removes the first {@code most} events, as far as they are older than this, up to the completion
   * of a batch that another one waits for: once that batch is gone, the event says how it ended.
   * Events that nobody has read are given their positions first.
   *
   * @return whether to continue
   */
  boolean removeEvents(Duration olderThan, int most);
}
