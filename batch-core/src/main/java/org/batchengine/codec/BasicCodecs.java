package org.batchengine.codec;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.PayloadException;

/** The codecs that need no other library. */
final class BasicCodecs implements PayloadCodecs {
  static final BasicCodecs INSTANCE = new BasicCodecs();

  private final Map<Type, PayloadCodec<?>> codecs = new HashMap<>();

  private BasicCodecs() {
    add(String.class, text -> text);
    add(Character.class, BasicCodecs::onlyCharacter);
    add(Boolean.class, BasicCodecs::strictBoolean);
    add(Byte.class, Byte::valueOf);
    add(Short.class, Short::valueOf);
    add(Integer.class, Integer::valueOf);
    add(Long.class, Long::valueOf);
    add(Float.class, Float::valueOf);
    add(Double.class, Double::valueOf);
    add(BigInteger.class, BigInteger::new);
    add(BigDecimal.class, BigDecimal::new);
    add(UUID.class, UUID::fromString);
    add(Instant.class, Instant::parse);
    add(Duration.class, Duration::parse);
    add(LocalDate.class, LocalDate::parse);
    add(LocalTime.class, LocalTime::parse);
    add(LocalDateTime.class, LocalDateTime::parse);
    add(OffsetDateTime.class, OffsetDateTime::parse);
    add(ZonedDateTime.class, ZonedDateTime::parse);
    add(BatchEnd.class, BatchEnd::parse);
    codecs.put(
        Void.class,
        new TextCodec<Void>("text/Void", "java.lang.Void", nothing -> "", text -> null));
  }

  private <T> void add(Class<T> type, Function<String, T> decoder) {
    // The cast catches a value that a host's unchecked cast let through.
    String format = type == String.class ? "text" : "text/" + type.getSimpleName();
    codecs.put(
        type,
        new TextCodec<>(format, type.getName(), value -> type.cast(value).toString(), decoder));
  }

  private static Character onlyCharacter(String text) {
    if (text.length() != 1) {
      throw new IllegalArgumentException("not one character");
    }
    return text.charAt(0);
  }

  private static Boolean strictBoolean(String text) {
    return switch (text) { // Boolean.valueOf reads any other text as false
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("neither true nor false");
    };
  }

  @Override
  public <T> PayloadCodec<T> codecFor(PayloadType<T> type) {
    return find(type)
        .orElseThrow(
            () ->
                new PayloadException(
                    "there is no built-in text form for "
                        + type
                        + ": add the dependency com.fasterxml.jackson.core:jackson-databind or"
                        + " tools.jackson.core:jackson-databind (in a module also: requires"
                        + " com.fasterxml.jackson.databind or tools.jackson.databind) and use"
                        + " PayloadCodecs.standard(), or pass JobType.of a PayloadCodec"));
  }

  @SuppressWarnings("unchecked") // the map's codecs are those of their keys
  <T> Optional<PayloadCodec<T>> find(PayloadType<T> type) {
    if (requireNonNull(type, "type").type() instanceof Class<?> named && named.isEnum()) {
      return Optional.of((PayloadCodec<T>) enumCodec(named));
    }
    return Optional.ofNullable((PayloadCodec<T>) codecs.get(type.type()));
  }

  private static PayloadCodec<?> enumCodec(Class<?> type) {
    Map<String, Enum<?>> constants = new HashMap<>();
    Stream.of(type.getEnumConstants())
        .map(Enum.class::cast)
        .forEach(c -> constants.put(c.name(), c));
    return new TextCodec<Enum<?>>(
        "text/enum", type.getName(), Enum::name, name -> named(constants, name));
  }

  private static Enum<?> named(Map<String, Enum<?>> constants, String name) {
    Enum<?> constant = constants.get(name);
    if (constant == null) {
      throw new IllegalArgumentException("no such constant");
    }
    return constant;
  }
}
