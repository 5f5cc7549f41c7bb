package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.lease.Payloads;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchPage;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/**
 * Failed items, each with the input that it is to run again with; see {@link Batches#retryFailed(
 * org.batchengine.model.BatchId, CorrectedInputs, String)}.
 *
 * <pre>{@code
 * batches.retryFailed(
 *     id, CorrectedInputs.of(ANNOTATE).keyed("INV-7", new Invoice("7")), "its number was wrong");
 * batches.retryFailed(
 *     id,
 *     CorrectedInputs.mapping(
 *         ANNOTATE, FailedItems.all(), invoice -> new Invoice(invoice.number().strip())),
 *     "blanks");
 * }</pre>
 *
 * <p>Items that are not FAILED, or not any more, keep their input and are left as they are.
 * Immutable.
 *
 * @param <I> what the job type takes
 */
public final class CorrectedInputs<I> {
  private static final int MOST = 10_000;
  private static final int PAGE = 1_000;

  /** How long a function may take for a page, but for one item: the store waits for a minute. */
  private static final Duration LONGEST_PAGE = Duration.ofSeconds(15);

  private final JobType<I, ?> type;
  private final Map<Object, I> named;
  private final @Nullable Mapping<I> mapping;

  private record Mapping<I>(FailedItems which, UnaryOperator<I> correct) {}

  private CorrectedInputs(JobType<I, ?> type, Map<Object, I> named, @Nullable Mapping<I> mapping) {
    this.type = requireNonNull(type, "type");
    this.named = named;
    this.mapping = mapping;
  }

  /** Returns inputs of a batch of this type, which are still to be named. */
  public static <I> CorrectedInputs<I> of(JobType<I, ?> type) {
    return new CorrectedInputs<>(type, Map.of(), null);
  }

  /**
   * Returns the inputs that the function makes of the latest ones of all these items. It is called
   * page by page, up to a thousand items each, while those of earlier pages may run already: if it
   * throws, these stay reopened. However long it takes for all, it is one run of the batch, unless
   * it takes over half a minute for one item.
   *
   * @param correct called on the caller's thread, outside of any transaction
   */
  public static <I> CorrectedInputs<I> mapping(
      JobType<I, ?> type, FailedItems which, UnaryOperator<I> correct) {
    return new CorrectedInputs<>(
        type,
        Map.of(),
        new Mapping<>(requireNonNull(which, "which"), requireNonNull(correct, "correct")));
  }

  /**
   * Returns these and the input of the item with this key.
   *
   * @throws IllegalArgumentException if the key is not valid or was named before, there are more
   *     than 10,000, or these come from a function
   */
  public CorrectedInputs<I> keyed(String key, I input) {
    return with(Arguments.text("key", key, 200), input);
  }

  /**
   * Returns these and the input of the item at this index, from 0.
   *
   * @throws IllegalArgumentException if the index is negative or was named before, there are more
   *     than 10,000, or these come from a function
   */
  public CorrectedInputs<I> at(int index, I input) {
    if (index < 0) {
      throw new IllegalArgumentException("index " + index + " is out of range: at least 0");
    }
    return with(index, input);
  }

  private CorrectedInputs<I> with(Object item, I input) {
    requireNonNull(input, "input");
    if (mapping != null) {
      throw new IllegalArgumentException(
          "these inputs come from a function: name items in CorrectedInputs.of(type)");
    }
    Map<Object, I> more = new LinkedHashMap<>(named);
    if (more.put(item, input) != null) {
      throw new IllegalArgumentException("item " + item + " is named twice");
    }
    if (more.size() > MOST) {
      throw new IllegalArgumentException(
          "more than %,d items are named: use CorrectedInputs.mapping".formatted(MOST));
    }
    return new CorrectedInputs<>(type, Collections.unmodifiableMap(more), null);
  }

  JobType<I, ?> type() {
    return type;
  }

  /** The inputs as texts by index, checked as at a submit. */
  Iterator<SortedMap<Integer, String>> pages(EngineConfig config, BatchHeader batch) {
    PayloadCodec<I> codec = type.inputCodec(config.codecs());
    if (!codec.format().equals(batch.inputFormat())) {
      throw new IllegalArgumentException(
          "batch %s has inputs of the format %s, and %s writes %s: correct them where the type is as it was"
              .formatted(batch.id(), batch.inputFormat(), type, codec.format()));
    }
    Mapping<I> by = mapping;
    return by == null
        ? pages(texts(config, batch, codec))
        : new Mapped<>(config, batch, type, codec, by);
  }

  private SortedMap<Integer, String> texts(
      EngineConfig config, BatchHeader batch, PayloadCodec<I> codec) {
    List<String> keys = new ArrayList<>();
    named
        .keySet()
        .forEach(item -> keys.addAll(item instanceof String key ? Set.of(key) : Set.of()));
    Map<String, Integer> indexes = config.store().settling().indexes(batch.number(), keys);
    SortedMap<Integer, String> texts = new TreeMap<>();
    InvalidItems invalid = new InvalidItems();
    named.forEach(
        (item, input) -> {
          Integer index = item instanceof Integer at ? at : indexes.get(item);
          if (index == null || index >= batch.total()) {
            throw new IllegalArgumentException(
                "batch %s has no item %s"
                    .formatted(
                        batch.id(),
                        item instanceof String key
                            ? "with the key " + StoredText.quoted(key)
                            : item + "; it has " + batch.total() + " items"));
          }
          String text = RequestPages.text(codec, config.maxPayload(), index, input, true);
          invalid.add(index, item instanceof String key ? key : null, type.violations(input));
          if (texts.put(index, text) != null) {
            throw new IllegalArgumentException(
                "item " + index + " is named twice, by its index and by its key");
          }
        });
    invalid.refuse();
    return texts;
  }

  private static Iterator<SortedMap<Integer, String>> pages(SortedMap<Integer, String> all) {
    List<SortedMap<Integer, String>> pages = new ArrayList<>();
    SortedMap<Integer, String> page = new TreeMap<>();
    for (Map.Entry<Integer, String> each : all.entrySet()) {
      if (page.size() == PAGE) {
        pages.add(page);
        page = new TreeMap<>();
      }
      page.put(each.getKey(), each.getValue());
    }
    if (!page.isEmpty()) {
      pages.add(page);
    }
    return pages.iterator();
  }

  /** What a function makes of failed items, page by page. */
  private static final class Mapped<I> implements Iterator<SortedMap<Integer, String>> {
    private final EngineConfig config;
    private final BatchStore store;
    private final BatchHeader batch;
    private final JobType<I, ?> type;
    private final PayloadCodec<I> codec;
    private final Mapping<I> by;
    private Optional<ItemQuery> next = Optional.of(ItemQuery.inState(ItemState.FAILED).limit(PAGE));
    private final Deque<BatchItem<String, String>> found = new ArrayDeque<>();
    private SortedMap<Integer, String> page = new TreeMap<>();

    Mapped(
        EngineConfig config,
        BatchHeader batch,
        JobType<I, ?> type,
        PayloadCodec<I> codec,
        Mapping<I> by) {
      this.config = config;
      store = config.store();
      this.batch = batch;
      this.type = type;
      this.codec = codec;
      this.by = by;
    }

    @Override
    public boolean hasNext() {
      while (page.isEmpty() && (!found.isEmpty() || next.isPresent())) {
        if (found.isEmpty()) {
          ItemQuery query = next.orElseThrow();
          BatchPage<BatchItem<String, String>> read = store.reading().items(batch, query);
          next = read.next().map(query::after);
          read.items().stream().filter(this::isMeant).forEach(found::add);
        }
        InvalidItems invalid = new InvalidItems();
        Instant until = config.clock().instant().plus(LONGEST_PAGE);
        while (!found.isEmpty() && (page.isEmpty() || config.clock().instant().isBefore(until))) {
          add(found.remove(), invalid);
        }
        invalid.refuse();
      }
      return !page.isEmpty();
    }

    @Override
    public SortedMap<Integer, String> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      SortedMap<Integer, String> taken = page;
      page = new TreeMap<>();
      return taken;
    }

    private boolean isMeant(BatchItem<String, String> item) {
      FailedItems which = by.which;
      return names(which.indexes(), item.index())
          && names(which.keys(), item.key().orElse(null))
          && names(which.types(), item.error().map(ItemError::type).orElse(null))
          && names(which.fingerprints(), item.error().map(ItemError::fingerprint).orElse(null));
    }

    private static <T> boolean names(Set<T> named, @Nullable T value) {
      return named.isEmpty() || (value != null && named.contains(value));
    }

    private void add(BatchItem<String, String> item, InvalidItems invalid) {
      I latest =
          Objects.requireNonNull(
              Payloads.decode(codec, item.input(), batch.inputFormat()), "the latest input");
      I corrected = by.correct.apply(latest);
      page.put(
          item.index(),
          RequestPages.text(codec, config.maxPayload(), item.index(), corrected, page.isEmpty()));
      invalid.add(item.index(), item.key().orElse(null), type.violations(corrected));
    }
  }

  /** {@return how many items are named, or which are mapped} */
  @Override
  public String toString() {
    return "CorrectedInputs[%s, %s]"
        .formatted(type.name(), mapping == null ? named.size() + " items" : mapping.which);
  }
}
