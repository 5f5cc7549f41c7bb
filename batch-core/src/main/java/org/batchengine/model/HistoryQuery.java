package org.batchengine.model;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which batches a history shows, newest first. Immutable: each method returns a changed copy. All
 * conditions must hold.
 *
 * <pre>{@code
 * HistoryQuery.all().type("annotate").state(BatchState.FAILED).createdAfter(monday).limit(20)
 * }</pre>
 */
public final class HistoryQuery {
  private static final int MAX_LIMIT = 100;
  private static final int DEFAULT_LIMIT = 50;
  private static final HistoryQuery ALL =
      new HistoryQuery(
          Criteria.none()
              .withNumber("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
              .withNumber("offset", 0, 0, Integer.MAX_VALUE));

  private final Criteria criteria;

  private HistoryQuery(Criteria criteria) {
    this.criteria = criteria;
  }

  /** {@return the query that shows every batch, 50 a page} */
  public static HistoryQuery all() {
    return ALL;
  }

  /**
   * Shows batches of these job types only.
   *
   * @param names at least one; they replace those given before
   * @return a changed copy
   */
  public HistoryQuery type(String... names) {
    return new HistoryQuery(criteria.withTexts("type", names));
  }

  /**
   * Shows batches in these states only.
   *
   * @param states at least one; they replace those given before
   * @return a changed copy
   */
  public HistoryQuery state(BatchState... states) {
    return new HistoryQuery(criteria.withSet("state", states));
  }

  /** Shows batches of this tenant only. */
  public HistoryQuery tenant(String tenant) {
    return new HistoryQuery(criteria.withText("tenant", tenant));
  }

  /** Shows batches of this user only. */
  public HistoryQuery submittedBy(String owner) {
    return new HistoryQuery(criteria.withText("submitted_by", owner));
  }

  /**
   * Shows batches with this text in their name, in any case.
   *
   * @param part taken as it stands: {@code %} and {@code _} mean themselves
   * @return a changed copy
   */
  public HistoryQuery nameContains(String part) {
    return new HistoryQuery(criteria.withText("name_contains", part));
  }

  /** Shows the batch with this idempotency key only: one a tenant. */
  public HistoryQuery idempotencyKey(String key) {
    return new HistoryQuery(criteria.withText("idempotency_key", key));
  }

  /** Shows batches that were created at this instant, of the years 1 to 9999, or after it. */
  public HistoryQuery createdAfter(Instant from) {
    return checked(criteria.withInstant("created_after", from));
  }

  /** Shows batches that were created before this instant, of the years 1 to 9999. */
  public HistoryQuery createdBefore(Instant to) {
    return checked(criteria.withInstant("created_before", to));
  }

  /**
   * Sets how many batches a page has.
   *
   * @param most from 1 to 100; 50 unless set
   * @return a changed copy
   */
  public HistoryQuery limit(int most) {
    return new HistoryQuery(criteria.withNumber("limit", most, 1, MAX_LIMIT));
  }

  /**
   * Shows the page that begins at a cursor. Unlike an offset it costs the same on every page, and
   * new batches do not shift it.
   *
   * @param cursor what {@link BatchPage#next()} gave
   * @return a changed copy
   * @throws IllegalArgumentException if an offset is set
   */
  public HistoryQuery after(String cursor) {
    return checked(criteria.withText("after", cursor));
  }

  /**
   * Passes over so many batches first.
   *
   * @param batches at least 0; 0 unless set
   * @return a changed copy
   * @throws IllegalArgumentException if a cursor is set
   */
  public HistoryQuery offset(int batches) {
    return checked(criteria.withNumber("offset", batches, 0, Integer.MAX_VALUE));
  }

  private static HistoryQuery checked(Criteria criteria) {
    HistoryQuery query = new HistoryQuery(criteria);
    if (query.after().isPresent() && query.offset() > 0) {
      throw new IllegalArgumentException(
          "offset "
              + query.offset()
              + " and a cursor exclude each other; a cursor says where to begin");
    }
    query
        .createdAfter()
        .ifPresent(from -> query.createdBefore().ifPresent(to -> refuseEmpty(from, to)));
    return query;
  }

  private static void refuseEmpty(Instant from, Instant to) {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException(
          "createdAfter " + from + " is not before createdBefore " + to + ": nothing can be found");
    }
  }

  /** {@return the job types to show, unmodifiable; empty for all} */
  public Set<String> types() {
    return criteria.set("type", String.class);
  }

  /** {@return the states to show, unmodifiable; empty for all} */
  public Set<BatchState> states() {
    return criteria.set("state", BatchState.class);
  }

  /** {@return the tenant to show; empty for all} */
  public Optional<String> tenant() {
    return criteria.text("tenant");
  }

  /** {@return the user to show; empty for all} */
  public Optional<String> submittedBy() {
    return criteria.text("submitted_by");
  }

  /** {@return the text that names must contain; empty for all} */
  public Optional<String> nameContains() {
    return criteria.text("name_contains");
  }

  /** {@return the idempotency key to show; empty for all} */
  public Optional<String> idempotencyKey() {
    return criteria.text("idempotency_key");
  }

  /** {@return the earliest creation to show} */
  public Optional<Instant> createdAfter() {
    return criteria.instant("created_after");
  }

  /** {@return the end of the creations to show, itself not shown} */
  public Optional<Instant> createdBefore() {
    return criteria.instant("created_before");
  }

  /** {@return how many batches a page has} */
  public int limit() {
    return criteria.number("limit");
  }

  /** {@return the cursor to begin at; empty for the first page} */
  public Optional<String> after() {
    return criteria.text("after");
  }

  /** {@return how many batches to pass over first} */
  public int offset() {
    return criteria.number("offset");
  }

  /**
   * Returns what is asked, as {@link BatchPage#filter()} shows it: {@code limit} and {@code offset}
   * always; {@code type} and {@code state} as lists of text, {@code tenant}, {@code submitted_by},
   * {@code name_contains}, {@code idempotency_key}, {@code created_after}, {@code created_before}
   * and {@code after} as text where they are set.
   *
   * @return an unmodifiable map
   */
  public Map<String, Object> toMap() {
    return criteria.toMap();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HistoryQuery query && criteria.equals(query.criteria);
  }

  @Override
  public int hashCode() {
    return criteria.hashCode();
  }

  /** {@return what is asked} */
  @Override
  public String toString() {
    return "HistoryQuery" + toMap();
  }
}
