package org.batchengine.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Selects the batches that a history shows, newest first. A batch must match all conditions.
 * Immutable: each method returns a changed copy.
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

  /** {@return a query for all batches, 50 per page} */
  public static HistoryQuery all() {
    return ALL;
  }

  /**
   * Shows only batches of these job types.
   *
   * @param names at least one; they replace earlier ones
   * @return a changed copy
   */
  public HistoryQuery type(String... names) {
    return new HistoryQuery(criteria.withTexts("type", names));
  }

  /**
   * Shows only batches in these states.
   *
   * @param states at least one; they replace earlier ones
   * @return a changed copy
   */
  public HistoryQuery state(BatchState... states) {
    return new HistoryQuery(criteria.withSet("state", states));
  }

  /** Shows only batches of this tenant. */
  public HistoryQuery tenant(String tenant) {
    return new HistoryQuery(criteria.withText("tenant", tenant));
  }

  /** Shows only batches of this user. */
  public HistoryQuery submittedBy(String owner) {
    return new HistoryQuery(criteria.withText("submitted_by", owner));
  }

  /**
   * Shows only batches whose name contains this text, ignoring case.
   *
   * @param part literal text: {@code %} and {@code _} are not wildcards
   * @return a changed copy
   */
  public HistoryQuery nameContains(String part) {
    return new HistoryQuery(criteria.withText("name_contains", part));
  }

  /** Shows only batches with this idempotency key: at most one per tenant. */
  public HistoryQuery idempotencyKey(String key) {
    return new HistoryQuery(criteria.withText("idempotency_key", key));
  }

  /** Shows only batches created at or after this instant, which must be in the years 1 to 9999. */
  public HistoryQuery createdAfter(Instant from) {
    return checked(criteria.withInstant("created_after", from));
  }

  /** Shows only batches created before this instant, which must be in the years 1 to 9999. */
  public HistoryQuery createdBefore(Instant to) {
    return checked(criteria.withInstant("created_before", to));
  }

  /**
   * Sets the size of a page.
   *
   * @param most the maximum number of batches, from 1 to 100; defaults to 50
   * @return a changed copy
   */
  public HistoryQuery limit(int most) {
    return new HistoryQuery(criteria.withNumber("limit", most, 1, MAX_LIMIT));
  }

  /**
   * Shows the page that starts at a cursor. Unlike an offset, a cursor costs the same on every
   * page, and new batches do not shift it.
   *
   * @param cursor from {@link BatchPage#next()}
   * @return a changed copy
   * @throws IllegalArgumentException if an offset is set
   */
  public HistoryQuery after(String cursor) {
    return checked(criteria.withText("after", cursor));
  }

  /**
   * Skips this many batches first.
   *
   * @param batches at least 0; defaults to 0
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
              + " cannot be combined with a cursor; the cursor already says where to start");
    }
    query
        .createdAfter()
        .ifPresent(from -> query.createdBefore().ifPresent(to -> refuseEmpty(from, to)));
    return query;
  }

  private static void refuseEmpty(Instant from, Instant to) {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException(
          "createdAfter " + from + " is not before createdBefore " + to + ", so nothing can match");
    }
  }

  /** {@return whether the batch matches every condition, on whichever page it would be} */
  public boolean matches(BatchJob job) {
    return (types().isEmpty() || types().contains(job.type()))
        && (states().isEmpty() || states().contains(job.state()))
        && tenant().stream().allMatch(job.tenant()::equals)
        && submittedBy().stream()
            .allMatch(owner -> job.submittedBy().filter(owner::equals).isPresent())
        && nameContains().stream()
            .allMatch(part -> job.name().filter(name -> contains(name, part)).isPresent())
        && idempotencyKey().stream()
            .allMatch(key -> job.idempotencyKey().filter(key::equals).isPresent())
        && createdAfter().stream().noneMatch(job.createdAt()::isBefore)
        && createdBefore().stream().allMatch(job.createdAt()::isBefore);
  }

  private static boolean contains(String name, String part) {
    return name.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
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

  /** {@return the earliest creation time to show} */
  public Optional<Instant> createdAfter() {
    return criteria.instant("created_after");
  }

  /** {@return the end of the creation times to show, exclusive} */
  public Optional<Instant> createdBefore() {
    return criteria.instant("created_before");
  }

  /** {@return the maximum number of batches on a page} */
  public int limit() {
    return criteria.number("limit");
  }

  /** {@return the cursor to start at; empty for the first page} */
  public Optional<String> after() {
    return criteria.text("after");
  }

  /** {@return the number of batches to skip first} */
  public int offset() {
    return criteria.number("offset");
  }

  /**
   * Returns the query as {@link BatchPage#filter()} shows it: always {@code limit} and {@code
   * offset}; {@code type} and {@code state} as lists of text, and {@code tenant}, {@code
   * submitted_by}, {@code name_contains}, {@code idempotency_key}, {@code created_after}, {@code
   * created_before} and {@code after} as text if set.
   *
   * @return an unmodifiable map
   */
  @JsonValue
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

  /** {@return the query as text} */
  @Override
  public String toString() {
    return "HistoryQuery" + toMap();
  }
}
