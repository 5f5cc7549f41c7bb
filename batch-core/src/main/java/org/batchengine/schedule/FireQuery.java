package org.batchengine.schedule;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Selects fires of a schedule, the latest first. Immutable: each method returns a changed copy.
 *
 * @param states the states to show, unmodifiable; empty for all
 * @param limit the maximum number of fires on a page
 * @param after the cursor to start at; empty for the first page
 */
public record FireQuery(Set<FireState> states, int limit, Optional<String> after) {
  private static final int MOST = 1_000;
  private static final int DEFAULT = 100;

  /** Copies the states. */
  public FireQuery {
    states = Collections.unmodifiableSet(new TreeSet<>(states));
    requireNonNull(after, "after");
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException(
          "limit %d is out of range: 1 to %d".formatted(limit, MOST));
    }
  }

  /** {@return a query for all fires, 100 per page} */
  public static FireQuery all() {
    return new FireQuery(Set.of(), DEFAULT, Optional.empty());
  }

  /**
   * Shows only fires in these states.
   *
   * @param states at least one; they replace earlier ones
   * @return a changed copy
   */
  public FireQuery state(FireState... states) {
    if (requireNonNull(states, "states").length == 0) {
      throw new IllegalArgumentException(
          "state needs at least one value; leave it out to match all");
    }
    return new FireQuery(new TreeSet<>(List.of(states)), limit, after);
  }

  /**
   * Sets the size of a page.
   *
   * @param most the maximum number of fires, from 1 to 1,000; defaults to 100
   * @return a changed copy
   */
  public FireQuery limit(int most) {
    return new FireQuery(states, most, after);
  }

  /**
   * Shows the page that starts at a cursor.
   *
   * @param cursor from {@link org.batchengine.model.BatchPage#next()} of a page
   * @return a changed copy
   */
  public FireQuery after(@Nullable String cursor) {
    return new FireQuery(states, limit, Optional.ofNullable(cursor));
  }

  /**
   * Returns the query as a page's filter shows it: {@code limit}; {@code state} as a list of text
   * and {@code after}, if set.
   *
   * @return an unmodifiable map
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("limit", limit);
    if (!states.isEmpty()) {
      map.put("state", List.copyOf(states).stream().map(FireState::name).toList());
    }
    after.ifPresent(cursor -> map.put("after", cursor));
    return Collections.unmodifiableMap(map);
  }
}
