package org.batchengine;

import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.batchengine.store.Fill;
import org.jspecify.annotations.Nullable;

/** The source of a request's items, shared by all copies of the request. */
sealed interface ItemSource<I> {

  /**
   * Starts to read; the caller must close the cursor.
   *
   * @throws IllegalStateException if the source can be read only once and was read before
   */
  Cursor<I> open();

  /** The number of items, if known without reading them. */
  OptionalInt knownSize();

  /** Each submit reads it afresh. */
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

  /** The first submit reads and closes it. */
  record OfStream<I>(Stream<? extends I> items, AtomicBoolean opened) implements ItemSource<I> {

    @Override
    public Cursor<I> open() {
      if (opened.getAndSet(true)) {
        throw new IllegalStateException(
            "a request with a Stream can be submitted only once; make a new request, or use an Iterable");
      }
      return new Cursor<>(items::iterator, items::close);
    }

    @Override
    public OptionalInt knownSize() {
      return OptionalInt.empty();
    }
  }

  /** Like a stream, of items that bring their keys. */
  record OfImported<I>(Stream<ImportedItem<I>> items, AtomicBoolean opened)
      implements ItemSource<I> {

    @Override
    public Cursor<I> open() {
      Cursor<ImportedItem<I>> cursor = new OfStream<>(items, opened).open();
      return new Cursor<>(() -> new KeyedIterator<>(cursor), cursor::close);
    }

    @Override
    public OptionalInt knownSize() {
      return OptionalInt.empty();
    }
  }

  /** Items of another batch, which the store copies: nothing is read here. */
  record OfBatch<I>(IntFunction<Fill> fill) implements ItemSource<I> {

    @Override
    public Cursor<I> open() {
      return new Cursor<>(Collections::emptyIterator, () -> {});
    }

    @Override
    public OptionalInt knownSize() {
      return OptionalInt.empty();
    }
  }

  /** Inputs of items that bring their keys. */
  final class KeyedIterator<I> implements Iterator<I> {
    private final Iterator<ImportedItem<I>> items;
    private @Nullable String key;

    private KeyedIterator(Iterator<ImportedItem<I>> items) {
      this.items = items;
    }

    @Override
    public boolean hasNext() {
      return items.hasNext();
    }

    @Override
    public I next() {
      ImportedItem<I> item = items.next();
      key = item.key().orElse(null);
      return item.input();
    }
  }

  /**
   * Reads the items of a source once, lazily. The first call creates the host's iterator, so
   * closing an unread cursor runs no host code except the source's own close.
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

    /** The key that the item read last has brought, if any. */
    @Nullable String key() {
      return items instanceof KeyedIterator<?> keyed ? keyed.key : null;
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
