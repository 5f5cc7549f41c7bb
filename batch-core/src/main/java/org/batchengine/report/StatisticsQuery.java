package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.batchengine.model.HistoryQuery;
import org.jspecify.annotations.Nullable;

/**
 * Selects the batches that statistics are about, by the same conditions as a history. A batch must
 * match all of them. Immutable: each method returns a changed copy.
 *
 * <pre>{@code
 * StatisticsQuery.all().type("annotate").createdAfter(monday).perDay(ZoneId.of("Europe/Berlin"))
 * }</pre>
 */
public final class StatisticsQuery {
  /** Every zone of today is off UTC by whole quarters of an hour. */
  private static final int QUARTER_SECONDS = 900;

  private static final StatisticsQuery ALL = new StatisticsQuery(HistoryQuery.all(), null, null);

  private final HistoryQuery filter;
  private final @Nullable ChronoUnit step;
  private final @Nullable ZoneId zone;

  private StatisticsQuery(HistoryQuery filter, @Nullable ChronoUnit step, @Nullable ZoneId zone) {
    this.filter = filter;
    this.step = step;
    this.zone = zone;
  }

  /** {@return a query about all batches, without a series} */
  public static StatisticsQuery all() {
    return ALL;
  }

  /**
   * Counts only batches of these job types.
   *
   * @param names at least one; they replace earlier ones
   * @return a changed copy
   */
  public StatisticsQuery type(String... names) {
    return with(filter.type(names));
  }

  /** Counts only batches of this tenant. */
  public StatisticsQuery tenant(String tenant) {
    return with(filter.tenant(tenant));
  }

  /** Counts only batches of this user. */
  public StatisticsQuery submittedBy(String owner) {
    return with(filter.submittedBy(owner));
  }

  /** Counts only batches created at or after this instant, which must be in the years 1 to 9999. */
  public StatisticsQuery createdAfter(Instant from) {
    return with(filter.createdAfter(from));
  }

  /** Counts only batches created before this instant, which must be in the years 1 to 9999. */
  public StatisticsQuery createdBefore(Instant to) {
    return with(filter.createdBefore(to));
  }

  private StatisticsQuery with(HistoryQuery changed) {
    return new StatisticsQuery(changed, step, zone);
  }

  /**
   * Adds a series with a step for each hour in which a batch was created. When the clocks go back,
   * the two hours of the same name are two steps.
   *
   * @param zone whose hours they are
   * @return a changed copy
   * @throws IllegalArgumentException if the zone is a fixed offset that is not a multiple of 15
   *     minutes
   */
  public StatisticsQuery perHour(ZoneId zone) {
    return new StatisticsQuery(filter, ChronoUnit.HOURS, checked(zone));
  }

  /**
   * Adds a series with a step for each day on which a batch was created.
   *
   * @param zone whose days they are
   * @return a changed copy
   * @throws IllegalArgumentException if the zone is a fixed offset that is not a multiple of 15
   *     minutes
   */
  public StatisticsQuery perDay(ZoneId zone) {
    return new StatisticsQuery(filter, ChronoUnit.DAYS, checked(zone));
  }

  private static ZoneId checked(ZoneId zone) {
    requireNonNull(zone, "zone");
    if (zone.getRules().isFixedOffset()) {
      ZoneOffset offset = zone.getRules().getOffset(Instant.EPOCH);
      if (offset.getTotalSeconds() % QUARTER_SECONDS != 0) {
        throw new IllegalArgumentException(
            "zone " + zone + " is not allowed: its offset must be a multiple of 15 minutes");
      }
    }
    return zone;
  }

  /** {@return the conditions; the page that they are for does not matter} */
  public HistoryQuery filter() {
    return filter;
  }

  /** {@return whether a series was asked for} */
  public boolean hasSeries() {
    return step != null;
  }

  /**
   * {@return when the step of the series begins that this instant is in; empty if there is no
   * series}
   */
  public Optional<Instant> stepOf(Instant createdAt) {
    requireNonNull(createdAt, "createdAt");
    if (step == null || zone == null) {
      return Optional.empty();
    }
    return Optional.of(
        step == ChronoUnit.DAYS
            ? createdAt.atZone(zone).toLocalDate().atStartOfDay(zone).toInstant()
            : createdAt.atZone(zone).truncatedTo(step).toInstant());
  }

  /**
   * Returns the query as {@link BatchStatistics#filter()} shows it: {@code type} as a list of text;
   * {@code tenant}, {@code submitted_by}, {@code created_after} and {@code created_before} as text
   * if set; {@code per}, which is {@code hour} or {@code day}, and {@code zone} if there is a
   * series.
   *
   * @return an unmodifiable map
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(filter.toMap());
    map.remove("limit");
    map.remove("offset");
    if (step != null && zone != null) {
      map.put("per", step == ChronoUnit.DAYS ? "day" : "hour");
      map.put("zone", zone.getId());
    }
    return Collections.unmodifiableMap(map);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StatisticsQuery query
        && filter.equals(query.filter)
        && step == query.step
        && Objects.equals(zone, query.zone);
  }

  @Override
  public int hashCode() {
    return Objects.hash(filter, step, zone);
  }

  /** {@return the query as text} */
  @Override
  public String toString() {
    return "StatisticsQuery" + toMap();
  }
}
