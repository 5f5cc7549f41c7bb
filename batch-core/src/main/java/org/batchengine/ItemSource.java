package org.batchengine;

import java.util.Collection;
import java.util.Iterator;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the items of a request come from. Shared by the copies of a request. */
sealed interface ItemSource<I> {

  /**
   * Begins to read; the caller closes.
   *
   * @throws IllegalStateException if the source can be read only once and has been
   */
  Cursor<I> open();

  /** How many items there are, if that is known without reading them. */
  OptionalInt knownSize();

  /** Read anew by each submit. */
  record OfIterable<I>(Iterable<? extends I> items) implements ItemSource<I> {

    @Override
    public Cursor<I> open() {
      return new Cursor<>(items::iterator, () -> {});
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
    public Cursor<I> open() {
      if (opened.getAndSet(true)) {
        throw new IllegalStateException(
            "a request of a Stream can be submitted once; make a new one, or give an Iterable");
      }
      return new Cursor<>(items::iterator, items::close);
    }

    @Override
    public OptionalInt knownSize() {
      return OptionalInt.empty();
    }
  }

  /**
   * The items of a source that is being read, once and lazily: the host's iterator is made by the
   * first look, so that closing a cursor nobody has read runs no host code but the source's own
   * close.
   */
  final class Cursor<I> implements Iterator<I>, AutoCloseable {
    private final Supplier<? extends Iterator<? extends I>> start;
    private final Runnable onClose;
    private @Nullable Iterator<? extends I> items;

    Cursor(Supplier<? extends Iterator<? extends I>> start, Runnable onClose) {
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
}
