package org.batchengine;

import java.util.Iterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the items of a source once, lazily. The first call creates the host's iterator, so closing
 * an unread cursor runs no host code except the source's own close.
 */
final class ItemCursor<I> implements Iterator<I>, AutoCloseable {
  private final Supplier<? extends Iterator<? extends I>> start;
  private final Runnable onClose;
  private @Nullable Iterator<? extends I> items;

  ItemCursor(Supplier<? extends Iterator<? extends I>> start, Runnable onClose) {
    this.start = start;
    this.onClose = onClose;
  }

  @Override
  public boolean hasNext() {
    return items().hasNext();
  }

  @Override
  public I next() {
    return items().next();
  }

  @Override
  public void close() {
    onClose.run();
  }

  private Iterator<? extends I> items() {
    if (items == null) {
      items = start.get();
    }
    return items;
  }
}
