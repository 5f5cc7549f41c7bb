package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of what a query found, and where the next begins.
 *
 * @param <T> what is on it
 */
public final class BatchPage<T> implements Iterable<T> {
  private final List<T> items;
  private final @Nullable String next;
  private final Map<String, Object> filter;

  private BatchPage(List<T> items, @Nullable String next, Map<String, Object> filter) {
    this.items = items;
    this.next = next;
    this.filter = filter;
  }

  /**
   * Returns a page.
   *
   * @param items what is on it
   * @param next cursor of the next page; null on the last
   * @param filter what was asked, defaults included, as {@link HistoryQuery#toMap()} and {@link
   *     ItemQuery#toMap()} say it
   * @param <T> what is on it
   * @return the page, with copies of both collections
   */
  public static <T> BatchPage<T> of(
      List<? extends T> items, @Nullable String next, Map<String, ?> filter) {
    return new BatchPage<>(
        List.copyOf(items), next, Collections.unmodifiableMap(new LinkedHashMap<>(filter)));
  }

  /** {@return what is on the page, unmodifiable} */
  public List<T> items() {
    return items;
  }

  /**
   * {@return the cursor to give to {@code after} for the next page, safe in a URL; empty on the
   * last page}
   */
  public Optional<String> next() {
    return Optional.ofNullable(next);
  }

  /** {@return whether nothing is on the page} */
  public boolean isEmpty() {
    return items.isEmpty();
  }

  /** {@return what was asked, defaults included, unmodifiable} */
  public Map<String, Object> filter() {
    return filter;
  }

  /**
   * Returns the page with each item replaced.
   *
   * @param mapper gives an item's replacement, not null
   * @param <R> what is on the page then
   * @return a page with the same cursor and filter
   */
  public <R> BatchPage<R> map(Function<? super T, ? extends R> mapper) {
    requireNonNull(mapper, "mapper");
    List<R> mapped = items.stream().<R>map(mapper).toList();
    return new BatchPage<>(List.copyOf(mapped), next, filter);
  }

  /**
   * Returns the page as a map that any JSON library can print: {@code items}, a list in which
   * batches and items are maps themselves; {@code next}, absent on the last page; {@code filter}, a
   * map.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("items", items.stream().map(BatchPage::printable).toList());
    next().ifPresent(cursor -> map.put("next", cursor));
    map.put("filter", filter);
    return Collections.unmodifiableMap(map);
  }

  private static Object printable(Object item) {
    if (item instanceof BatchJob job) {
      return job.toMap();
    }
    return item instanceof BatchItem<?, ?> batchItem ? batchItem.toMap() : item;
  }

  /** {@return an iterator over {@link #items()}} */
  @Override
  public Iterator<T> iterator() {
    return items.iterator();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BatchPage<?> page
        && items.equals(page.items)
        && Objects.equals(next, page.next)
        && filter.equals(page.filter);
  }

  @Override
  public int hashCode() {
    return Objects.hash(items, next, filter);
  }

  /** {@return the page in short, for logs} */
  @Override
  public String toString() {
    return "BatchPage[items=%d, next=%s, filter=%s]".formatted(items.size(), next, filter);
  }
}
