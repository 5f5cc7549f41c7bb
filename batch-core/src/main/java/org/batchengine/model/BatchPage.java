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
 * One page of a query's results, and the cursor of the next page.
 *
 * @param <T> type of the results
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
   * @param items the results on it
   * @param next the cursor of the next page; null on the last page
   * @param filter the query with its defaults, as from {@link HistoryQuery#toMap()} or {@link
   *     ItemQuery#toMap()}
   * @param <T> type of the results
   * @return the page, with copies of both collections
   */
  public static <T> BatchPage<T> of(
      List<? extends T> items, @Nullable String next, Map<String, ?> filter) {
    return new BatchPage<>(
        List.copyOf(items), next, Collections.unmodifiableMap(new LinkedHashMap<>(filter)));
  }

  /** {@return the results on this page, unmodifiable} */
  public List<T> items() {
    return items;
  }

  /**
   * {@return the cursor to pass to {@code after} for the next page, safe in a URL; empty on the
   * last page}
   */
  public Optional<String> next() {
    return Optional.ofNullable(next);
  }

  /** {@return whether the page has no results} */
  public boolean isEmpty() {
    return items.isEmpty();
  }

  /** {@return the query with its defaults, unmodifiable} */
  public Map<String, Object> filter() {
    return filter;
  }

  /**
   * Returns the page with each result replaced.
   *
   * @param mapper returns a result's replacement, never null
   * @param <R> type of the replacements
   * @return a page with the same cursor and filter
   */
  public <R> BatchPage<R> map(Function<? super T, ? extends R> mapper) {
    requireNonNull(mapper, "mapper");
    List<R> mapped = items.stream().<R>map(mapper).toList();
    return new BatchPage<>(List.copyOf(mapped), next, filter);
  }

  /**
   * Returns the page as a map that any JSON library can print: {@code items}, a list whose batches
   * and items are maps too; {@code next}, absent on the last page; {@code filter}, a map.
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

  /** {@return the page in short form, for logs} */
  @Override
  public String toString() {
    return "BatchPage[items=%d, next=%s, filter=%s]".formatted(items.size(), next, filter);
  }
}
