package org.batchengine.model;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which items of a batch to show, in index order. Immutable: each method returns a changed copy.
 * All conditions must hold.
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

  /** {@return the query that shows every item, 100 a page} */
  public static ItemQuery all() {
    return ALL;
  }

  /**
   * Returns the query that shows items in these states.
   *
   * @param states at least one
   * @return a query with 100 items a page
   */
  public static ItemQuery inState(ItemState... states) {
    return new ItemQuery(ALL.criteria.withSet("state", states));
  }

  /** Shows items whose latest error has this {@linkplain ItemError#fingerprint() fingerprint}. */
  public ItemQuery errorFingerprint(String fingerprint) {
    return new ItemQuery(criteria.withText("error_fingerprint", fingerprint));
  }

  /** Shows items whose latest error has this type: a class name or a code. */
  public ItemQuery errorType(String type) {
    return new ItemQuery(criteria.withText("error_type", type));
  }

  /**
   * Sets how many items a page has.
   *
   * @param most from 1 to 1,000; 100 unless set
   * @return a changed copy
   */
  public ItemQuery limit(int most) {
    return new ItemQuery(criteria.withNumber("limit", most, 1, MAX_LIMIT));
  }

  /**
   * Shows the page that begins at a cursor.
   *
   * @param cursor what {@link BatchPage#next()} gave
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

  /** {@return how many items a page has} */
  public int limit() {
    return criteria.number("limit");
  }

  /** {@return the cursor to begin at; empty for the first page} */
  public Optional<String> after() {
    return criteria.text("after");
  }

  /**
   * Returns what is asked, as {@link BatchPage#filter()} shows it: {@code limit} always; {@code
   * state} as a list of text, {@code error_fingerprint}, {@code error_type} and {@code after} as
   * text where they are set.
   *
   * @return an unmodifiable map
   */
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

  /** {@return what is asked} */
  @Override
  public String toString() {
    return "ItemQuery" + toMap();
  }
}
