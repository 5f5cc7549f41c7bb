package org.batchengine.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Selects the items of a batch to show, in index order. An item must match all conditions.
 * Immutable: each method returns a changed copy.
 *
 * <pre>{@code
 * ItemQuery.inState(ItemState.FAILED).errorType("java.io.IOException").limit(1000)
 * }</pre>
 */
public final class ItemQuery {
  private static final int MAX_LIMIT = 1_000;
  private static final int DEFAULT_LIMIT = 100;
  private static final ItemQuery ALL =
      new ItemQuery(Criteria.none().withNumber("limit", DEFAULT_LIMIT, 1, MAX_LIMIT));

  private final Criteria criteria;

  private ItemQuery(Criteria criteria) {
    this.criteria = criteria;
  }

  /** {@return a query for all items, 100 per page} */
  public static ItemQuery all() {
    return ALL;
  }

  /**
   * Returns a query for items in these states.
   *
   * @param states at least one
   * @return a query with 100 items per page
   */
  public static ItemQuery inState(ItemState... states) {
    return new ItemQuery(ALL.criteria.withSet("state", states));
  }

  /**
   * Shows only items whose latest error has this {@linkplain ItemError#fingerprint() fingerprint}.
   */
  public ItemQuery errorFingerprint(String fingerprint) {
    return new ItemQuery(criteria.withText("error_fingerprint", fingerprint));
  }

  /** Shows only items whose latest error has this type, a class name or code. */
  public ItemQuery errorType(String type) {
    return new ItemQuery(criteria.withText("error_type", type));
  }

  /**
   * Shows only items that were settled at or after this instant, which must be in the years 1 to
   * 9999. A slow transaction may still add items with earlier times than those already shown.
   */
  public ItemQuery settledAfter(Instant from) {
    return new ItemQuery(criteria.withInstant("settled_after", from));
  }

  /**
   * Sets the size of a page.
   *
   * @param most the maximum number of items, from 1 to 1,000; defaults to 100
   * @return a changed copy
   */
  public ItemQuery limit(int most) {
    return new ItemQuery(criteria.withNumber("limit", most, 1, MAX_LIMIT));
  }

  /**
   * Shows the page that starts at a cursor.
   *
   * @param cursor from {@link BatchPage#next()}
   * @return a changed copy
   */
  public ItemQuery after(String cursor) {
    return new ItemQuery(criteria.withText("after", cursor));
  }

  /** {@return the states to show, unmodifiable; empty for all} */
  public Set<ItemState> states() {
    return criteria.set("state", ItemState.class);
  }

  /** {@return the fingerprint to show; empty for all} */
  public Optional<String> errorFingerprint() {
    return criteria.text("error_fingerprint");
  }

  /** {@return the error type to show; empty for all} */
  public Optional<String> errorType() {
    return criteria.text("error_type");
  }

  /** {@return the earliest time of settling to show} */
  public Optional<Instant> settledAfter() {
    return criteria.instant("settled_after");
  }

  /** {@return the maximum number of items on a page} */
  public int limit() {
    return criteria.number("limit");
  }

  /** {@return the cursor to start at; empty for the first page} */
  public Optional<String> after() {
    return criteria.text("after");
  }

  /**
   * Returns the query as {@link BatchPage#filter()} shows it: always {@code limit}; {@code state}
   * as a list of text, and {@code error_fingerprint}, {@code error_type}, {@code settled_after} and
   * {@code after} as text if set.
   *
   * @return an unmodifiable map
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return criteria.toMap();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ItemQuery query && criteria.equals(query.criteria);
  }

  @Override
  public int hashCode() {
    return criteria.hashCode();
  }

  /** {@return the query as text} */
  @Override
  public String toString() {
    return "ItemQuery" + toMap();
  }
}
