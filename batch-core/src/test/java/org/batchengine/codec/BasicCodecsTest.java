package org.batchengine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.PayloadException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BasicCodecsTest {
  private final PayloadCodecs codecs = PayloadCodecs.basic();

  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of("", ""),
        Arguments.of("Grüße\n\"quoted\" \uD83D\uDE00", "Grüße\n\"quoted\" \uD83D\uDE00"),
        Arguments.of('x', "x"),
        Arguments.of(true, "true"),
        Arguments.of(false, "false"),
        Arguments.of(Byte.MIN_VALUE, "-128"),
        Arguments.of(Short.MAX_VALUE, "32767"),
        Arguments.of(Integer.MIN_VALUE, "-2147483648"),
        Arguments.of(Long.MAX_VALUE, "9223372036854775807"),
        Arguments.of(0.1f, "0.1"),
        Arguments.of(Double.MIN_VALUE, "4.9E-324"),
        Arguments.of(Double.NaN, "NaN"),
        Arguments.of(-0.0, "-0.0"),
        Arguments.of(
            new BigInteger("123456789012345678901234567890"), "123456789012345678901234567890"),
        Arguments.of(new BigDecimal("1.10"), "1.10"),
        Arguments.of(
            UUID.fromString("0190163d-8694-739b-aea5-966c26f8ad91"),
            "0190163d-8694-739b-aea5-966c26f8ad91"),
        Arguments.of(
            Instant.parse("2026-11-21T10:00:00.123456789Z"), "2026-11-21T10:00:00.123456789Z"),
        Arguments.of(Duration.ofMillis(1_500), "PT1.5S"),
        Arguments.of(LocalDate.of(2026, 11, 21), "2026-11-21"),
        Arguments.of(LocalTime.of(10, 0), "10:00"),
        Arguments.of(LocalDateTime.of(2026, 11, 21, 10, 0), "2026-11-21T10:00"),
        Arguments.of(OffsetDateTime.parse("2026-11-21T10:00+01:00"), "2026-11-21T10:00+01:00"),
        Arguments.of(
            ZonedDateTime.parse("2026-11-21T10:00+01:00[Europe/Berlin]"),
            "2026-11-21T10:00+01:00[Europe/Berlin]"),
        Arguments.of(
            new BatchEnd(
                BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91"), 2, BatchState.CANCELLED),
            "0190163d-8694-739b-aea5-966c26f8ad91 2 CANCELLED"),
        Arguments.of(DayOfWeek.MONDAY, "MONDAY"));
  }

  @ParameterizedTest
  @MethodSource("values")
  void writeSimpleValues(Object value, String text) throws Exception {
    assertThat(codecOf(value).encode(value)).isEqualTo(text);
  }

  @ParameterizedTest
  @MethodSource("values")
  void readWhatTheyWrote(Object value, String text) throws Exception {
    assertThat(codecOf(value).decode(text)).isEqualTo(value);
  }

  @SuppressWarnings("unchecked")
  private PayloadCodec<Object> codecOf(Object value) {
    return (PayloadCodec<Object>) codecs.codecFor(PayloadType.of(value.getClass()));
  }

  @Test
  void callTheirFormatText() {
    assertThat(codecs.codecFor(PayloadType.of(String.class)).format()).isEqualTo("text");
    assertThat(codecs.codecFor(PayloadType.of(Integer.class)).format()).isEqualTo("text/Integer");
    assertThat(codecs.codecFor(PayloadType.of(DayOfWeek.class)).format()).isEqualTo("text/enum");
  }

  @Test
  void readNothingAsVoid() throws Exception {
    assertThat(codecs.codecFor(PayloadType.of(Void.class)).decode("")).isNull();
  }

  @Test
  void knowEnumsWhoseConstantsHaveBodies() throws Exception {
    PayloadCodec<Shape> codec = codecs.codecFor(PayloadType.of(Shape.class));
    assertThat(codec.decode(codec.encode(Shape.ROUND))).isEqualTo(Shape.ROUND);
  }

  @Test
  void knowPrimitives() throws Exception {
    assertThat(codecs.codecFor(PayloadType.of(int.class)).decode("5")).isEqualTo(5);
  }

  static Stream<Arguments> unreadable() {
    return Stream.of(
        Arguments.of(Integer.class, "secret"),
        Arguments.of(Boolean.class, "TRUE"),
        Arguments.of(Character.class, "secret"),
        Arguments.of(Instant.class, "secret"),
        Arguments.of(UUID.class, "secret"),
        Arguments.of(BigDecimal.class, "secret"),
        Arguments.of(BatchEnd.class, "secret"),
        Arguments.of(BatchEnd.class, "0190163d-8694-739b-aea5-966c26f8ad91 1 secret"),
        Arguments.of(TimeUnit.class, "secret"));
  }

  @ParameterizedTest
  @Tag("FAULT-S7")
  @MethodSource("unreadable")
  void refuseOtherTextWithoutQuotingIt(Class<?> type, String text) {
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> codecs.codecFor(PayloadType.of(type)).decode(text))
        .withMessageContaining(
            "text of %d characters is not a valid %s", text.length(), type.getName())
        .satisfies(
            e -> {
              assertThat(e.getMessage()).doesNotContain("secret");
              assertThat(e.getCause().getMessage()).doesNotContain("secret");
            });
  }

  @Test
  void nameTheDependencyForOtherTypes() {
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> codecs.codecFor(new PayloadType<List<String>>() {}))
        .withMessageContaining("java.util.List<java.lang.String>")
        .withMessageContaining("com.fasterxml.jackson.core:jackson-databind")
        .withMessageContaining("PayloadCodecs.standard()");
  }

  private enum Shape {
    ROUND {
      @Override
      public String toString() {
        return "not its name";
      }
    }
  }
}
