package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.function.Supplier;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ReaderName;
import org.jspecify.annotations.Nullable;

/** Reads the feed. */
final class EngineFeed implements BatchFeed {
  private static final int MOST_EVENTS = 1_000;

  private final Supplier<BatchStore> store;
  private final @Nullable String tenant;

  /**
   * On a store that refuses once its engine is closed.
   *
   * @param tenant the only tenant whose events are seen; null: all tenants
   */
  EngineFeed(Supplier<BatchStore> store, @Nullable String tenant) {
    this.store = store;
    this.tenant = tenant;
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
