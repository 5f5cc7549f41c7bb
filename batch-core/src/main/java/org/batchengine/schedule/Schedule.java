package org.batchengine.schedule;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/**
 * When batches are to be submitted: by a cron expression in a time zone, or every so often.
 *
 * <pre>{@code
 * Schedule.cron("nightly", "30 2 * * MON-FRI", ZoneId.of("Europe/Berlin")).onMissed(Schedule.Missed.ALL)
 * Schedule.every("poll", Duration.ofMinutes(5)).onOverlap(Schedule.Overlap.ALLOW)
 * }</pre>
 *
 * <p>Immutable: each method returns a changed copy, and throws {@link IllegalArgumentException} at
 * once if a value is not allowed. Texts are not blank.
 */
public final class Schedule {
  private static final int MOST_NAME = 100;
  private static final int MOST_EXPRESSION = 200;
  private static final int MOST_ZONE = 60;
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(3650);
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final String name;
  private final Settings settings;
  private final @Nullable Cron cron;

  /** What to do about fires that no engine was there for, or that a pause held up. */
  public enum Missed {
    /** They are noted as MISSED. */
    SKIP,
    /** The latest of all that are due fires, for all of them; the others are noted as MISSED. */
    ONE,
    /** Each fires, at most the latest 1,000. */
    ALL
  }

  /** What to do about a fire while the batch of the last one has not ended. */
  public enum Overlap {
    /** It is noted as SKIPPED. */
    SKIP,
    /** It waits for the end. At most ten wait; those beyond are SKIPPED. */
    QUEUE,
    /** It is submitted all the same. */
    ALLOW
  }

  private Schedule(String name, Settings settings) {
    this.name = name;
    this.settings = settings;
    this.cron =
        settings.expression == null || settings.zone == null
            ? null
            : new Cron(settings.expression, settings.zone);
  }

  /**
   * Returns a schedule by a cron expression.
   *
   * <p>Its five fields are minute, hour, day, month and weekday; a sixth before them is the second.
   * Each has values, ranges and steps, separated by commas ({@code 0,30}, {@code MON-FRI}, {@code
   * 5-55/10}, <code>*&#47;15</code>), or is {@code *}. Months and weekdays may be named in English
   * by three letters; Sunday is 0 and 7. If day and weekday are both given, either is enough.
   *
   * <p>When the clocks change: an hour field that is {@code *}, or a step through all hours, goes
   * by instants, so no hour stands still. Other hours are times of day: one that does not exist
   * fires at the end of the gap, and one that comes twice at the first.
   *
   * @param name at most 100 characters; unique in its tenant
   * @param expression at most 200 characters; refused if it never comes, such as February 30
   */
  public static Schedule cron(String name, String expression, ZoneId zone) {
    var settings = new Settings();
    settings.expression = text("cron", expression, MOST_EXPRESSION).strip();
    text("zone", requireNonNull(zone, "zone").getId(), MOST_ZONE);
    settings.zone = zone;
    return new Schedule(text("name", name, MOST_NAME), settings);
  }

  /**
   * Returns a schedule that fires at regular intervals, however long its batches run. They count
   * from {@link #from}; if that is not set, from when the schedule is first stored.
   *
   * @param name at most 100 characters; unique in its tenant
   * @param interval 1 second to 3,650 days, in whole microseconds
   */
  public static Schedule every(String name, Duration interval) {
    requireNonNull(interval, "interval");
    if (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "interval %s is out of range: %s to %s".formatted(interval, SHORTEST, LONGEST));
    }
    var settings = new Settings();
    settings.interval = interval.truncatedTo(ChronoUnit.MICROS);
    return new Schedule(text("name", name, MOST_NAME), settings);
  }

  /** What to do about fires that are over a minute late. Defaults to {@link Missed#ONE}. */
  public Schedule onMissed(Missed policy) {
    requireNonNull(policy, "policy");
    return with(changed -> changed.missed = policy);
  }

  /**
   * What to do while the batch of the last fire has not ended. Defaults to {@link Overlap#SKIP}.
   */
  public Schedule onOverlap(Overlap policy) {
    requireNonNull(policy, "policy");
    return with(changed -> changed.overlap = policy);
  }

  /**
   * The tenant of the schedule and its batches, at most 100 characters. Defaults to that of the
   * view that stores it, or else to {@code "default"}.
   */
  public Schedule tenant(String tenant) {
    text("tenant", tenant, MOST_NAME);
    return with(changed -> changed.tenant = tenant);
  }

  /**
   * The template whose batch is submitted, of the same tenant; at most 100 characters. Without one,
   * code makes the request: see {@code BatchEngine.Builder.schedule}.
   */
  public Schedule template(String name) {
    text("template", name, MOST_NAME);
    return with(changed -> changed.template = name);
  }

  /** Nothing fires before this instant, in the years 1 to 9999, to the microsecond. */
  public Schedule from(Instant instant) {
    Instant from = instant("from", instant);
    return with(changed -> changed.from = from);
  }

  /** Nothing fires at or after this instant, in the years 1 to 9999, to the microsecond. */
  public Schedule until(Instant instant) {
    Instant until = instant("until", instant);
    return with(changed -> changed.until = until);
  }

  private static Instant instant(String what, Instant value) {
    if (requireNonNull(value, what).isBefore(EARLIEST) || value.isAfter(LATEST)) {
      throw new IllegalArgumentException(
          "%s %s is out of range: %s to %s".formatted(what, value, EARLIEST, LATEST));
    }
    return value.truncatedTo(ChronoUnit.MICROS);
  }

  private static String text(String what, String value, int most) {
    requireNonNull(value, what);
    if (value.isBlank() || value.length() > most || StoredText.problem(value).isPresent()) {
      throw new IllegalArgumentException(
          "%s %s %s: 1 to %d characters are allowed"
              .formatted(
                  what,
                  StoredText.quoted(value),
                  StoredText.problem(value).orElse(value.isBlank() ? "is blank" : "is too long"),
                  most));
    }
    return value;
  }

  private Schedule with(Consumer<Settings> change) {
    Settings changed = new Settings(settings);
    change.accept(changed);
    if (changed.from != null && changed.until != null && !changed.from.isBefore(changed.until)) {
      throw new IllegalArgumentException(
          "from %s is not before until %s, so nothing fires"
              .formatted(changed.from, changed.until));
    }
    return new Schedule(name, changed);
  }

  /** {@return the first instant after this one at which it fires; empty if there is none} */
  public Optional<Instant> next(Instant after) {
    Instant from = settings.from;
    Instant start =
        from != null && after.isBefore(from) ? from.minusNanos(1) : requireNonNull(after, "after");
    Optional<Instant> next = cron != null ? cron.after(start) : step(start);
    return next.filter(instant -> settings.until == null || instant.isBefore(settings.until));
  }

  private Optional<Instant> step(Instant after) {
    Duration interval = requireNonNull(settings.interval);
    Instant from = settings.from == null ? after : settings.from;
    if (after.isBefore(from)) {
      return Optional.of(from);
    }
    long steps = Duration.between(from, after).dividedBy(interval) + 1;
    Instant next = from.plus(interval.multipliedBy(steps));
    return next.isAfter(LATEST) ? Optional.empty() : Optional.of(next);
  }

  /** {@return its name} */
  public String name() {
    return name;
  }

  /** {@return the cron expression; empty if it fires at intervals} */
  public Optional<String> expression() {
    return Optional.ofNullable(settings.expression);
  }

  /** {@return the time zone of the cron expression; empty if it fires at intervals} */
  public Optional<ZoneId> zone() {
    return Optional.ofNullable(settings.zone);
  }

  /** {@return the interval; empty if it has a cron expression} */
  public Optional<Duration> interval() {
    return Optional.ofNullable(settings.interval);
  }

  /** {@return what to do about fires that are late} */
  public Missed missed() {
    return settings.missed;
  }

  /** {@return what to do while the last batch has not ended} */
  public Overlap overlap() {
    return settings.overlap;
  }

  /** {@return its tenant; empty if none was named} */
  public Optional<String> tenant() {
    return Optional.ofNullable(settings.tenant);
  }

  /** {@return the template whose batch is submitted; empty if code makes the request} */
  public Optional<String> template() {
    return Optional.ofNullable(settings.template);
  }

  /** {@return before when nothing fires} */
  public Optional<Instant> from() {
    return Optional.ofNullable(settings.from);
  }

  /** {@return from when on nothing fires} */
  public Optional<Instant> until() {
    return Optional.ofNullable(settings.until);
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code name}; {@code cron}
   * and {@code zone}, or {@code every_seconds}; {@code on_missed}, {@code on_overlap}; and {@code
   * tenant}, {@code template}, {@code from}, {@code until} if they are set, as text.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", name);
    put(map, "cron", settings.expression);
    put(map, "zone", settings.zone);
    interval().ifPresent(each -> map.put("every_seconds", each.toNanos() / 1e9));
    map.put("on_missed", settings.missed.name());
    map.put("on_overlap", settings.overlap.name());
    put(map, "tenant", settings.tenant);
    put(map, "template", settings.template);
    put(map, "from", settings.from);
    put(map, "until", settings.until);
    return Collections.unmodifiableMap(map);
  }

  private static void put(Map<String, Object> map, String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, value.toString());
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Schedule schedule && toMap().equals(schedule.toMap());
  }

  @Override
  public int hashCode() {
    return toMap().hashCode();
  }

  /** {@return the schedule as text} */
  @Override
  public String toString() {
    return "Schedule" + toMap();
  }

  /** Only {@link #with} changes them, before a schedule holds them. */
  private static final class Settings {
    @Nullable String expression;
    @Nullable ZoneId zone;
    @Nullable Duration interval;
    Missed missed = Missed.ONE;
    Overlap overlap = Overlap.SKIP;
    @Nullable String tenant;
    @Nullable String template;
    @Nullable Instant from;
    @Nullable Instant until;

    Settings() {}

    Settings(Settings other) {
      expression = other.expression;
      zone = other.zone;
      interval = other.interval;
      missed = other.missed;
      overlap = other.overlap;
      tenant = other.tenant;
      template = other.template;
      from = other.from;
      until = other.until;
    }
  }
}
