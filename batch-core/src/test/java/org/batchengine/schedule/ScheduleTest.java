package org.batchengine.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When schedules fire. */
class ScheduleTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  private static Schedule cron(String expression) {
    return Schedule.cron("it", expression, ZoneOffset.UTC);
  }

  private static List<Instant> next(Schedule schedule, Instant after, int most) {
    return Stream.iterate(
            schedule.next(after), Optional::isPresent, last -> schedule.next(last.orElseThrow()))
        .limit(most)
        .map(Optional::orElseThrow)
        .toList();
  }

  @Nested
  class Cron {

    @ParameterizedTest
    @DisplayName("REQ-M15 an expression has five fields, or six with seconds")
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            * * * * *             | 2026-11-01T12:01:00Z 2026-11-01T12:02:00Z
            */20 * * * * *        | 2026-11-01T12:00:20Z 2026-11-01T12:00:40Z
            30 2 * * *            | 2026-11-02T02:30:00Z 2026-11-03T02:30:00Z
            0,30 6-7 * * MON-FRI  | 2026-11-02T06:00:00Z 2026-11-02T06:30:00Z 2026-11-02T07:00:00Z
            5/25 9 * * *          | 2026-11-02T09:05:00Z 2026-11-02T09:30:00Z 2026-11-02T09:55:00Z
            0 0 1 jan ?           | 2027-01-01T00:00:00Z 2028-01-01T00:00:00Z
            0 0 29 2 *            | 2028-02-29T00:00:00Z 2032-02-29T00:00:00Z
            0 0 31 * *            | 2026-12-31T00:00:00Z 2027-01-31T00:00:00Z 2027-03-31T00:00:00Z
            0 0 * * SUN           | 2026-11-08T00:00:00Z
            0 0 * * 7             | 2026-11-08T00:00:00Z
            0 0 * * FRI-SUN       | 2026-11-06T00:00:00Z 2026-11-07T00:00:00Z 2026-11-08T00:00:00Z
            0 0 13 * FRI          | 2026-11-06T00:00:00Z 2026-11-13T00:00:00Z 2026-11-20T00:00:00Z
            0 0 13 11 FRI         | 2026-11-06T00:00:00Z 2026-11-13T00:00:00Z
            59 59 23 31 12 *      | 2026-12-31T23:59:59Z
            """)
    void firesAt(String expression, String instants) {
      List<Instant> expected = Arrays.stream(instants.split(" ")).map(Instant::parse).toList();

      assertThat(next(cron(expression), NOON, expected.size())).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            * * * *           | "* * * *" has 4 fields
            0 0 0 1 1 * 2026  | has 7 fields
            60 * * * *        | the minute "60" is out of range: 0 to 59
            * 24 * * *        | the hour "24" is out of range: 0 to 23
            * * 0 * *         | the day "0" is out of range: 1 to 31
            * * * 13 *        | the month "13" is out of range: 1 to 12
            * * * * 8         | the weekday "8" is out of range: 0 to 7
            * * * FOO *       | the month "FOO" is neither a number nor a name
            * * L * *         | the day "L" is no number
            * * * * FRI-MON   | the weekday "FRI-MON" ends before it begins
            */0 * * * *       | the minute "*/0" has a step below 1
            1-2-3 * * * *     | the minute "1-2-3" is none of a value, a range and a step
            1,,2 * * * *      | the minute "" is no number
            ? * * * *         | the minute "?" is no number
            -1 * * * *        | the minute "-1" is no number
            0 0 30 2 *        | "0 0 30 2 *" never comes
            0 0 31 4,JUN *    | never comes
            """)
    void isRefused(String expression, String message) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> cron(expression))
          .withMessageContaining("cron \"")
          .withMessageContaining(message);
    }

    /** In Berlin the clocks go from 2 to 3 on 28 March 2027, and from 3 to 2 on 31 October. */
    @ParameterizedTest
    @DisplayName(
        "REQ-M15 on the days of change, hours by instants do not stand still, and fixed ones fire once")
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            0 * * * *      | 2027-03-28T00:30:00Z | 2027-03-28T03:00+02:00 2027-03-28T04:00+02:00
            */30 * * * *   | 2027-03-28T00:30:00Z | 2027-03-28T03:00+02:00 2027-03-28T03:30+02:00
            0 */2 * * *    | 2027-03-27T23:30:00Z | 2027-03-28T04:00+02:00 2027-03-28T06:00+02:00
            30 2 * * *     | 2027-03-27T12:00:00Z | 2027-03-28T03:00+02:00 2027-03-29T02:30+02:00
            0,30 2 * * *   | 2027-03-27T12:00:00Z | 2027-03-28T03:00+02:00 2027-03-29T02:00+02:00
            0 2,3 * * *    | 2027-03-27T12:00:00Z | 2027-03-28T03:00+02:00 2027-03-29T02:00+02:00
            30 1,3 * * *   | 2027-03-27T12:00:00Z | 2027-03-28T01:30+01:00 2027-03-28T03:30+02:00
            0 * * * *      | 2027-10-30T23:30:00Z | 2027-10-31T02:00+02:00 2027-10-31T02:00+01:00 2027-10-31T03:00+01:00
            0 */2 * * *    | 2027-10-30T22:30:00Z | 2027-10-31T02:00+02:00 2027-10-31T02:00+01:00 2027-10-31T04:00+01:00
            30 2 * * *     | 2027-10-30T12:00:00Z | 2027-10-31T02:30+02:00 2027-11-01T02:30+01:00
            0,30 2 * * *   | 2027-10-31T00:10:00Z | 2027-10-31T02:30+02:00 2027-11-01T02:00+01:00
            0,30 2 * * *   | 2027-10-31T01:10:00Z | 2027-11-01T02:00+01:00 2027-11-01T02:30+01:00
            0 3 * * *      | 2027-10-30T12:00:00Z | 2027-10-31T03:00+01:00 2027-11-01T03:00+01:00
            """)
    void onDaysOfChange(String expression, Instant after, String times) {
      List<Instant> expected =
          Arrays.stream(times.split(" "))
              .map(text -> ZonedDateTime.parse(text).toInstant())
              .toList();

      assertThat(next(Schedule.cron("it", expression, BERLIN), after, expected.size()))
          .isEqualTo(expected);
    }

    @Test
    void inAZoneThatMovesByHalfAnHour() {
      ZoneId lordHowe = ZoneId.of("Australia/Lord_Howe");
      Instant change = ZonedDateTime.parse("2026-10-04T02:30+11:00").toInstant();

      assertThat(next(Schedule.cron("it", "15 2 * * *", lordHowe), change.minusSeconds(3600), 1))
          .containsExactly(change);
    }
  }

  @Nested
  class Intervals {
    private final Schedule hourly = Schedule.every("it", Duration.ofHours(1));

    @Test
    @DisplayName("REQ-M15 count from an instant")
    void countFromAnInstant() {
      Schedule schedule = hourly.from(NOON.plusSeconds(90));

      assertThat(next(schedule, NOON, 2))
          .containsExactly(NOON.plusSeconds(90), NOON.plusSeconds(3690));
      assertThat(schedule.next(NOON.plusSeconds(90))).contains(NOON.plusSeconds(3690));
      assertThat(schedule.next(NOON.plusSeconds(89))).contains(NOON.plusSeconds(90));
    }

    @Test
    void end() {
      Schedule schedule = hourly.from(NOON).until(NOON.plusSeconds(3600));

      assertThat(next(schedule, Instant.EPOCH, 5)).containsExactly(NOON);
    }
  }

  @Test
  void ofACronExpressionIsBoundToo() {
    Schedule schedule = cron("0 * * * *").from(NOON).until(NOON.plusSeconds(7200));

    assertThat(next(schedule, Instant.EPOCH, 5)).containsExactly(NOON, NOON.plusSeconds(3600));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a\u0000"})
  void refusesNames(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Schedule.every(name, Duration.ofHours(1)))
        .withMessageContaining("name \"");
  }

  @Test
  void refusesWhatIsOutOfRange() {
    Schedule hourly = Schedule.every("it", Duration.ofHours(1));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Schedule.every("it", Duration.ofMillis(999)))
        .withMessageContaining("PT0.999S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hourly.from(NOON).until(NOON))
        .withMessageContaining(NOON.toString());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hourly.tenant("x".repeat(101)))
        .withMessageContaining("too long");
  }
}
