package org.batchengine;

import java.util.Collection;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** Where the items of a request come from. Shared by the copies of a request. */
sealed interface ItemSource<I> {

  /**
   * Begins to read; the caller closes.
   *
   * @throws IllegalStateException if the source can be read only once and has been
   */
  ItemCursor<I> open();

  /** How many items there are, if that is known without reading them. */
  OptionalInt knownSize();

  /** Read anew by each submit. */
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

  /** Read by the first submit, which closes it. */
  record OfStream<I>(Stream<? extends I> items, AtomicBoolean opened) implements ItemSource<I> {

    @Override
    public ItemCursor<I> open() {
      if (opened.getAndSet(true)) {
        throw new IllegalStateException(
            "a request of a Stream can be submitted once; make a new one, or give an Iterable");
      }
      return new ItemCursor<>(items::iterator, items::close);
    }

    @Override
    public OptionalInt knownSize() {
      return OptionalInt.empty();
    }
  }
}
