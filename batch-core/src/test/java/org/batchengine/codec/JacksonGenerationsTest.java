package org.batchengine.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Stream;
import kotlin.Pair;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nodes with Jackson 2 and nodes with Jackson 3 work on the same batch. */
class JacksonGenerationsTest {
  private static final PayloadCodecs JACKSON_2 = JacksonCodecs.standard();
  private static final PayloadCodecs JACKSON_3 = Jackson3Codecs.standard();

  enum Colour {
    RED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  record Times(
      Instant at,
      Duration took,
      LocalDate day,
      LocalTime hour,
      LocalDateTime local,
      OffsetDateTime offset,
      ZonedDateTime zoned,
      Period every,
      YearMonth month,
      DayOfWeek weekday,
      Map<LocalDate, Instant> byDay) {}

  record Optionals(Optional<String> some, Optional<String> none, OptionalInt number) {}

  @SuppressWarnings("JavaUtilDate")
  record Mixed(
      String zebra,
      @JsonProperty("shade") Colour colour,
      List<Integer> apples,
      BigDecimal amount,
      double ratio,
      UUID id,
      BatchId batch,
      RetryPolicy retry,
      Date at,
      String none) {}

  /** With a getter only, and in no alphabetical order. */
  public static class Bean {
    public String zulu = "z";
    public String alpha = "a";
    private final List<String> lines = new java.util.ArrayList<>();

    public List<String> getLines() {
      return lines;
    }
  }

  record Grown(String name, int count, boolean isNew) {}

  @SuppressWarnings("JavaUtilDate")
  static Stream<Object> payloads() {
    Instant at = Instant.parse("2026-11-21T10:00:00.123456Z");
    LocalDate day = LocalDate.of(2026, 11, 21);
    ZonedDateTime zoned = at.atZone(ZoneId.of("Europe/Berlin"));
    Bean bean = new Bean();
    bean.getLines().add("one");
    return Stream.of(
        new Times(
            at,
            Duration.ofMillis(1500),
            day,
            LocalTime.of(10, 0),
            day.atTime(10, 0, 1),
            zoned.toOffsetDateTime(),
            zoned,
            Period.ofDays(3),
            YearMonth.of(2026, 11),
            DayOfWeek.MONDAY,
            Map.of(day, at)),
        new Optionals(Optional.of("a"), Optional.empty(), OptionalInt.of(3)),
        new Mixed(
            "z",
            Colour.RED,
            List.of(1, 2),
            new BigDecimal("1.10"),
            0.1,
            UUID.fromString("0190163d-8694-739b-aea5-966c26f8ad91"),
            BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91"),
            RetryPolicy.none(),
            new Date(0),
            null),
        bean,
        new Pair<>("a", 1),
        Map.of("n", new BigDecimal("12345678901234567.890")));
  }

  @ParameterizedTest
  @MethodSource("payloads")
  void writeTheSameAndReadEachOther(Object payload) throws Exception {
    PayloadCodec<Object> two = codec(JACKSON_2, payload);
    PayloadCodec<Object> three = codec(JACKSON_3, payload);
    String text = two.encode(payload);

    assertThat(three.encode(payload)).isEqualTo(text);
    assertThat(three.encode(three.decode(text))).isEqualTo(text);
    assertThat(two.encode(two.decode(text))).isEqualTo(text);
    assertThat(three.decode(text)).usingRecursiveComparison().isEqualTo(two.decode(text));
  }

  @ParameterizedTest
  @MethodSource
  void readWhatIsMissingAlike(PayloadCodecs codecs) throws Exception {
    PayloadCodec<Grown> codec = codecs.codecFor(PayloadType.of(Grown.class));
    assertThat(codec.decode("{\"name\":\"a\"}")).isEqualTo(new Grown("a", 0, false));
    assertThat(codec.decode("{\"count\":null,\"later\":1}")).isEqualTo(new Grown(null, 0, false));
  }

  static Stream<PayloadCodecs> readWhatIsMissingAlike() {
    return Stream.of(JACKSON_2, JACKSON_3);
  }

  @SuppressWarnings("unchecked")
  private static PayloadCodec<Object> codec(PayloadCodecs codecs, Object payload) {
    Class<?> type = payload instanceof Map ? Map.class : payload.getClass();
    return (PayloadCodec<Object>) codecs.codecFor(PayloadType.of(type));
  }
}
