package org.batchengine.schedule;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Optional;
import java.util.OptionalInt;
import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/**
 * The instants of a cron expression in a time zone.
 *
 * <p>On the days on which the clocks change there are two ways. If the hour is {@code *} or steps
 * through the day, an instant counts if its time of day does: no hour stands still, and one that
 * comes twice counts twice. Fixed hours are times of day: one that the clocks leave out is at the
 * end of the gap, and one that comes twice is at the first.
 */
final class Cron {
  /** There are eight years from one leap day to the next around 2100. */
  private static final int MOST_YEARS = 9;

  private static final int LAST_YEAR = 9999;

  private final CronField seconds;
  private final CronField minutes;
  private final CronField hours;
  private final CronField days;
  private final CronField months;
  private final CronField weekdays;
  private final ZoneRules rules;

  /**
   * Reads an expression.
   *
   * @throws IllegalArgumentException if it is none, or never comes
   */
  Cron(String expression, ZoneId zone) {
    String[] fields = expression.strip().split("\\s+", -1);
    if (fields.length != 5 && fields.length != 6) {
      throw new IllegalArgumentException(
          "cron %s has %d fields: minute, hour, day, month and weekday are needed, with a second before them or not"
              .formatted(StoredText.quoted(expression), expression.isBlank() ? 0 : fields.length));
    }
    int at = fields.length - 5;
    try {
      seconds = CronField.Kind.SECOND.parse(at == 0 ? "0" : fields[0]);
      minutes = CronField.Kind.MINUTE.parse(fields[at]);
      hours = CronField.Kind.HOUR.parse(fields[at + 1]);
      days = CronField.Kind.DAY.parse(fields[at + 2]);
      months = CronField.Kind.MONTH.parse(fields[at + 3]);
      weekdays = CronField.Kind.WEEKDAY.parse(fields[at + 4]);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "cron %s: %s".formatted(StoredText.quoted(expression), e.getMessage()), e);
    }
    rules = zone.getRules();
    if (neverComes()) {
      throw new IllegalArgumentException(
          "cron %s never comes: no month that it names has such a day"
              .formatted(StoredText.quoted(expression)));
    }
  }

  private boolean neverComes() {
    return days.isGiven()
        && !weekdays.isGiven()
        && months.values().stream().allMatch(month -> days.first() > Month.of(month).maxLength());
  }

  /** The first instant after this one. */
  Optional<Instant> after(Instant instant) {
    Instant from = instant.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
    return Optional.ofNullable(hours.isEvery() ? byInstants(from) : byTimesOfDay(instant));
  }

  private @Nullable Instant byInstants(Instant from) {
    Instant cursor = from;
    while (true) {
      ZoneOffset offset = rules.getOffset(cursor);
      ZoneOffsetTransition change = rules.nextTransition(cursor);
      LocalDateTime next = next(LocalDateTime.ofInstant(cursor, offset));
      if (next != null
          && (change == null || next.toInstant(offset).isBefore(change.getInstant()))) {
        return next.toInstant(offset);
      }
      if (change == null || change.getInstant().atOffset(ZoneOffset.UTC).getYear() > LAST_YEAR) {
        return null;
      }
      cursor = change.getInstant();
    }
  }

  private @Nullable Instant byTimesOfDay(Instant after) {
    LocalDateTime from = LocalDateTime.ofInstant(after, rules.getOffset(after));
    LocalDateTime next = next(from.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1));
    while (next != null && !instantOf(next).isAfter(after)) {
      next = next(next.plusSeconds(1));
    }
    return next == null ? null : instantOf(next);
  }

  private Instant instantOf(LocalDateTime time) {
    ZoneOffsetTransition change = rules.getTransition(time);
    if (change != null && change.isGap()) {
      return change.getInstant();
    }
    return time.toInstant(change == null ? rules.getOffset(time) : change.getOffsetBefore());
  }

  /** The first time from this one on; null if there is none for years. */
  private @Nullable LocalDateTime next(LocalDateTime from) {
    LocalDate date = from.toLocalDate();
    OptionalInt second = timeFrom(from.toLocalTime().toSecondOfDay());
    if (second.isEmpty() || !has(date)) {
      date = nextDate(date.plusDays(1));
      second = timeFrom(0);
    }
    return date == null ? null : date.atTime(LocalTime.ofSecondOfDay(second.orElseThrow()));
  }

  private @Nullable LocalDate nextDate(LocalDate from) {
    int lastYear = Math.min(from.getYear() + MOST_YEARS, LAST_YEAR);
    LocalDate date = from;
    while (!has(date)) {
      date =
          months.has(date.getMonthValue())
              ? date.plusDays(1)
              : date.withDayOfMonth(1).plusMonths(1);
      if (date.getYear() > lastYear) {
        return null;
      }
    }
    return date;
  }

  /** Day and weekday: if both are given, one of them is enough. */
  private boolean has(LocalDate date) {
    boolean isDay = days.has(date.getDayOfMonth());
    boolean isWeekday = weekdays.has(date.getDayOfWeek().getValue() % 7);
    boolean isEither = days.isGiven() && weekdays.isGiven();
    return months.has(date.getMonthValue()) && (isEither ? isDay || isWeekday : isDay && isWeekday);
  }

  /** The first second of a day from this one on. */
  private OptionalInt timeFrom(int secondOfDay) {
    int hour = secondOfDay / 3600;
    int minute = secondOfDay / 60 % 60;
    int second = seconds.from(secondOfDay % 60);
    if (second < 0) {
      minute++;
    }
    int minuteOfDay = minutes.from(minute);
    if (minuteOfDay < 0) {
      hour++;
    }
    int hourOfDay = hours.from(hour);
    if (hourOfDay < 0) {
      return OptionalInt.empty();
    }
    if (hourOfDay > secondOfDay / 3600) {
      return OptionalInt.of(hourOfDay * 3600 + minutes.first() * 60 + seconds.first());
    }
    if (minuteOfDay > secondOfDay / 60 % 60) {
      return OptionalInt.of(hourOfDay * 3600 + minuteOfDay * 60 + seconds.first());
    }
    return OptionalInt.of(hourOfDay * 3600 + minuteOfDay * 60 + second);
  }
}
