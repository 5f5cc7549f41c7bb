package org.batchengine.feed;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * Selects the events that an audit shows. An event must match all conditions. Immutable: each
 * method returns a changed copy.
 *
 * <pre>{@code
 * AuditQuery.all().actor("alice").kind(EventKind.CANCELLING, EventKind.DELETED).from(monday)
 * }</pre>
 */
public final class AuditQuery {
  private static final int MAX_LIMIT = 1_000;
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_TEXT = 200;
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");
  private static final AuditQuery ALL = new AuditQuery(Map.of("limit", DEFAULT_LIMIT));

  private final Map<String, Object> conditions;

  private AuditQuery(Map<String, Object> conditions) {
    this.conditions = conditions;
  }

  private AuditQuery with(String name, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(conditions);
    changed.put(name, requireNonNull(value, name));
    return new AuditQuery(changed);
  }

  private AuditQuery withText(String name, String text) {
    if (requireNonNull(text, name).isEmpty() || text.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          "%s has %d characters: 1 to %d are allowed".formatted(name, text.length(), MAX_TEXT));
    }
    return with(name, text);
  }

  private AuditQuery withInstant(String name, Instant instant) {
    if (requireNonNull(instant, name).isBefore(EARLIEST) || instant.isAfter(LATEST)) {
      throw new IllegalArgumentException(
          "%s %s is out of range: %s to %s".formatted(name, instant, EARLIEST, LATEST));
    }
    AuditQuery changed = with(name, instant);
    changed.from().ifPresent(from -> changed.to().ifPresent(to -> refuseEmpty(from, to)));
    return changed;
  }

  private static void refuseEmpty(Instant from, Instant to) {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException(
          "from " + from + " is not before to " + to + ", so nothing can match");
    }
  }

  /** {@return a query for all events, newest first, 100 per page} */
  public static AuditQuery all() {
    return ALL;
  }

  /** Shows only events of this batch, which may have been deleted. */
  public AuditQuery batch(BatchId id) {
    return with("batch_id", id);
  }

  /** Shows only events of batches of this tenant. */
  public AuditQuery tenant(String tenant) {
    return withText("tenant", tenant);
  }

  /** Shows only what this user did. */
  public AuditQuery actor(String user) {
    return withText("actor", user);
  }

  /**
   * Shows only events of these kinds.
   *
   * @param kinds at least one; they replace earlier ones
   * @return a changed copy
   */
  public AuditQuery kind(EventKind... kinds) {
    if (requireNonNull(kinds, "kinds").length == 0) {
      throw new IllegalArgumentException(
          "kind needs at least one value; leave it out to match all");
    }
    return with("kind", Collections.unmodifiableSet(new TreeSet<>(List.of(kinds))));
  }

  /** Shows only what happened at or after this instant, which must be in the years 1 to 9999. */
  public AuditQuery from(Instant instant) {
    return withInstant("from", instant);
  }

  /** Shows only what happened before this instant, which must be in the years 1 to 9999. */
  public AuditQuery to(Instant instant) {
    return withInstant("to", instant);
  }

  /** Shows the oldest events first; by default the newest come first. */
  public AuditQuery oldestFirst() {
    return with("oldest_first", true);
  }

  /**
   * Sets the size of a page.
   *
   * @param most the maximum number of events, from 1 to 1,000; defaults to 100
   * @return a changed copy
   */
  public AuditQuery limit(int most) {
    if (most < 1 || most > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "limit %d is out of range: 1 to %d".formatted(most, MAX_LIMIT));
    }
    return with("limit", most);
  }

  /**
   * Shows the page that starts at a cursor, which costs the same on every page.
   *
   * @param cursor from {@link org.batchengine.model.BatchPage#next()} of a page in the same order
   * @return a changed copy
   */
  public AuditQuery after(String cursor) {
    return withText("after", cursor);
  }

  /** {@return the batch to show; empty for all} */
  public Optional<BatchId> batch() {
    return Optional.ofNullable((BatchId) conditions.get("batch_id"));
  }

  /** {@return the tenant to show; empty for all} */
  public Optional<String> tenant() {
    return Optional.ofNullable((String) conditions.get("tenant"));
  }

  /** {@return the user to show; empty for all} */
  public Optional<String> actor() {
    return Optional.ofNullable((String) conditions.get("actor"));
  }

  /** {@return the kinds to show, unmodifiable; empty for all} */
  @SuppressWarnings("unchecked")
  public Set<EventKind> kinds() {
    return (Set<EventKind>) conditions.getOrDefault("kind", Set.of());
  }

  /** {@return the earliest time to show} */
  public Optional<Instant> from() {
    return Optional.ofNullable((Instant) conditions.get("from"));
  }

  /** {@return the end of the time to show, exclusive} */
  public Optional<Instant> to() {
    return Optional.ofNullable((Instant) conditions.get("to"));
  }

  /** {@return whether the oldest come first} */
  public boolean isOldestFirst() {
    return conditions.containsKey("oldest_first");
  }

  /** {@return the maximum number of events on a page} */
  public int limit() {
    return (Integer) requireNonNull(conditions.get("limit"));
  }

  /** {@return the cursor to start at; empty for the first page} */
  public Optional<String> after() {
    return Optional.ofNullable((String) conditions.get("after"));
  }

  /**
   * Returns the query as a page's filter shows it: {@code limit}; {@code kind} as a list of text;
   * {@code oldest_first} as {@code true}; {@code batch_id}, {@code tenant}, {@code actor}, {@code
   * from}, {@code to} and {@code after} as text, if set.
   *
   * @return an unmodifiable map
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    conditions.forEach((name, value) -> map.put(name, printable(value)));
    return Collections.unmodifiableMap(map);
  }

  private static Object printable(Object value) {
    if (value instanceof Set<?> members) {
      return members.stream().map(Object::toString).toList();
    }
    return value instanceof Number || value instanceof Boolean ? value : value.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AuditQuery query && conditions.equals(query.conditions);
  }

  @Override
  public int hashCode() {
    return conditions.hashCode();
  }

  /** {@return the query as text} */
  @Override
  public String toString() {
    return "AuditQuery" + toMap();
  }
}
