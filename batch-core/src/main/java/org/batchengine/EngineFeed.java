package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.batchengine.engine.feed.Subscriber;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ReaderName;
import org.jspecify.annotations.Nullable;

/** Reads the feed. */
final class EngineFeed implements BatchFeed {
  private static final int MOST_EVENTS = 1_000;

  private final Supplier<BatchStore> store;
  private final EngineParts parts;
  private final @Nullable String tenant;

  /**
   * On a store that refuses once its engine is closed.
   *
   * @param parts tell subscribers
   * @param tenant the only tenant whose events are seen; null: all tenants
   */
  EngineFeed(Supplier<BatchStore> store, EngineParts parts, @Nullable String tenant) {
    this.store = store;
    this.parts = parts;
    this.tenant = tenant;
  }

  @Override
  public Subscription subscribe(BatchId batch, BatchListener listener) {
    requireNonNull(batch, "batch");
    requireNonNull(listener, "listener");
    if (store.get().reading().header(batch, tenant).isEmpty()) {
      throw new BatchNotFoundException(batch);
    }
    return subscribed(listener, told -> Subscriber.of(batch, tenant, told));
  }

  @Override
  public Subscription subscribe(HistoryQuery query, BatchListener listener) {
    requireNonNull(query, "query");
    requireNonNull(listener, "listener");
    if (!query.states().isEmpty() || query.offset() > 0 || query.after().isPresent()) {
      throw new IllegalArgumentException(
          "query "
              + query.toMap()
              + " cannot be subscribed to: a subscription follows batches through all states, so leave out state, offset and after");
    }
    query.tenant().ifPresent(named -> Arguments.ownTenant(named, tenant));
    var unused = store.get();
    HistoryQuery own = tenant == null ? query : query.tenant(tenant);
    return subscribed(listener, told -> Subscriber.of(own, told));
  }

  private Subscription subscribed(
      BatchListener listener, Function<Consumer<BatchEvent>, Subscriber> subscriber) {
    Listeners listeners = new Listeners(List.of(listener), parts.lanes);
    Subscriber added = subscriber.apply(listeners);
    parts.subscriptions.add(added);
    return () -> {
      parts.subscriptions.remove(added);
      listeners.close();
    };
  }

  @Override
  public FeedPage read(long position, int limit) {
    Arguments.between("position", position, 0L, Long.MAX_VALUE);
    Arguments.between("limit", limit, 1, MOST_EVENTS);
    return store.get().feed().read(position, limit, tenant);
  }

  @Override
  public long end() {
    return store.get().feed().end();
  }

  @Override
  public FeedReader reader(String name) {
    Arguments.text("name", name, 100);
    if (name.startsWith(ReaderName.RESERVED)) {
      throw new IllegalArgumentException(
          "name %s is reserved: names that begin with %s are for the engine's own readers"
              .formatted(StoredText.quoted(name), ReaderName.RESERVED));
    }
    return new Reader(ReaderName.of(tenant, name));
  }

  private final class Reader implements FeedReader {
    private final ReaderName name;

    Reader(ReaderName name) {
      this.name = name;
    }

    @Override
    public FeedPage next(int limit) {
      Arguments.between("limit", limit, 1, MOST_EVENTS);
      return read(store.get().feed().position(name).orElse(0), limit);
    }

    @Override
    public boolean advance(FeedPage page) {
      requireNonNull(page, "page");
      return store.get().feed().advance(name, page.from(), page.position());
    }
  }
}
