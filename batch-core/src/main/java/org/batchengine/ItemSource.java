package org.batchengine;

import java.util.Collection;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** The source of a request's items, shared by all copies of the request. */
sealed interface ItemSource<I> {

  /**
   * Starts to read; the caller must close the cursor.
   *
   * @throws IllegalStateException if the source can be read only once and was read before
   */
  ItemCursor<I> open();

  /** The number of items, if known without reading them. */
  OptionalInt knownSize();

  /** Each submit reads it afresh. */
  record OfIterable<I>(Iterable<? extends I> items) implements ItemSource<I> {

    @Override
    public ItemCursor<I> open() {
      return new ItemCursor<>(items::iterator, () -> {});
    }

    @Override
    public OptionalInt knownSize() {
      return items instanceof Collection<?> collection
          ? OptionalInt.of(collection.size())
          : OptionalInt.empty();
    }
  }

  /** The first submit reads and closes it. */
  record OfStream<I>(Stream<? extends I> items, AtomicBoolean opened) implements ItemSource<I> {

    @Override
    public ItemCursor<I> open() {
      if (opened.getAndSet(true)) {
        throw new IllegalStateException(
            "a request with a Stream can be submitted only once; make a new request, or use an Iterable");
      }
      return new ItemCursor<>(items::iterator, items::close);
    }

    @Override
    public OptionalInt knownSize() {
      return OptionalInt.empty();
    }
  }
}
