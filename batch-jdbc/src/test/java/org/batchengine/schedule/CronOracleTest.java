package org.batchengine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.scheduling.support.CronExpression;

/**
 * Six years of cron expressions, compared with Spring's. It has other rules for the days on which
 * the clocks change, and for a day and a weekday that are both given; and it stands still when they
 * change by half an hour.
 */
class CronOracleTest {
  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final int MOST = 100_000;
  private static final Instant TO = Instant.parse("2032-01-01T00:00:00Z");

  private static final List<String> EXPRESSIONS =
      List.of(
          "0 30 2 * * MON-FRI",
          "0 0 */3 1,15 * *",
          "15,45 10-50/20 8-18/5 * 2 *",
          "0 0 0 29 FEB *",
          "0 5/25 23 * JAN-MAR SUN",
          "59 59 23 31 * *",
          "0 0 12 ? * 0,6",
          "0 0 0 * * 7",
          "0 0 * 1-7 * *",
          "*/30 0 4 30 4,6,9,11 *",
          "0 */20 1-3 10 */5 *",
          "0 0 0 1 * ?");

  @ParameterizedTest
  @DisplayName("REQ-M15 cron expressions over six years")
  @ValueSource(
      strings = {
        "Europe/Berlin",
        "America/New_York",
        "Pacific/Auckland",
        "Africa/Casablanca",
        "Asia/Kolkata"
      })
  void areAsExpected(String id) {
    ZoneId zone = ZoneId.of(id);
    Set<LocalDate> changes = changes(zone);
    for (String expression : EXPRESSIONS) {
      List<Instant> ours = new ArrayList<>();
      Schedule schedule = Schedule.cron("it", expression, zone);
      for (Optional<Instant> next = schedule.next(FROM);
          next.isPresent() && next.get().isBefore(TO);
          next = schedule.next(next.get())) {
        ours.add(next.get());
        assertThat(ours).as("%s in %s", expression, zone).hasSizeLessThan(MOST);
      }
      List<Instant> theirs = new ArrayList<>();
      CronExpression oracle = CronExpression.parse(expression);
      for (ZonedDateTime next = oracle.next(FROM.atZone(zone));
          next != null && next.toInstant().isBefore(TO);
          next = oracle.next(next)) {
        theirs.add(next.toInstant());
        assertThat(theirs).as("Spring: %s in %s", expression, zone).hasSizeLessThan(MOST);
      }
      ours.removeIf(at -> changes.contains(LocalDate.ofInstant(at, zone)));
      theirs.removeIf(at -> changes.contains(LocalDate.ofInstant(at, zone)));

      assertThat(ours).as("%s in %s", expression, zone).isNotEmpty().isEqualTo(theirs);
    }
  }

  private static Set<LocalDate> changes(ZoneId zone) {
    Set<LocalDate> days = new HashSet<>();
    ZoneOffsetTransition change = zone.getRules().nextTransition(FROM);
    while (change != null && change.getInstant().isBefore(TO)) {
      days.add(change.getDateTimeBefore().toLocalDate());
      change = zone.getRules().nextTransition(change.getInstant());
    }
    return days;
  }
}
