package org.batchengine.codec;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Codecs that write JSON with Jackson 3. See {@link JacksonCodecs}, which is for Jackson 2.
 *
 * <p>Types of {@code java.time} and {@code Optional} need no module. Kotlin classes need {@code
 * tools.jackson.module:jackson-module-kotlin}.
 */
public final class Jackson3Codecs implements PayloadCodecs {
  private final ObjectMapper mapper;

  private Jackson3Codecs(ObjectMapper mapper) {
    this.mapper = requireNonNull(mapper, "mapper");
    refuseDefaultTyping();
  }

  /**
   * Returns codecs that use the host's mapper. How it reads numbers is up to the host: to keep
   * their value where no type is declared, enable {@code USE_BIG_DECIMAL_FOR_FLOATS}.
   *
   * @param mapper the mapper
   * @return codecs for all types that the mapper can handle
   * @throws IllegalArgumentException if the mapper has default typing, which would let stored text
   *     choose the classes to instantiate
   */
  @SuppressWarnings("exports") // a caller that has a mapper requires its module
  public static PayloadCodecs of(ObjectMapper mapper) {
    return new Jackson3Codecs(mapper);
  }

  static PayloadCodecs standard() {
    return standard(MapperBuilder.findModules(Jackson3Codecs.class.getClassLoader()));
  }

  /** Reads and writes what {@link JacksonCodecs#standard} does. */
  static PayloadCodecs standard(List<JacksonModule> modules) {
    return new Jackson3Codecs(
        JsonMapper.builderWithJackson2Defaults()
            .addModules(modules)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build());
  }

  @Override
  public <T> PayloadCodec<T> codecFor(PayloadType<T> type) {
    return BasicCodecs.INSTANCE.find(type).orElseGet(() -> json(type));
  }

  private <T> PayloadCodec<T> json(PayloadType<T> type) {
    JavaType javaType = mapper.constructType(type.type());
    Jackson3TypeCheck.check(mapper, javaType);
    return new JsonCodec<>(type, mapper, mapper.writerFor(javaType), mapper.readerFor(javaType));
  }

  private void refuseDefaultTyping() {
    JavaType any = mapper.constructType(Object.class);
    if (mapper.serializationConfig().getDefaultTyper(any) != null
        || mapper.deserializationConfig().getDefaultTyper(any) != null) {
      throw new IllegalArgumentException(
          "the mapper has default typing, which would let stored text choose the classes to"
              + " instantiate; use a mapper without it, and annotate polymorphic payloads with"
              + " @JsonTypeInfo(use = NAME)");
    }
  }

  private record JsonCodec<T>(
      PayloadType<T> type, ObjectMapper mapper, ObjectWriter writer, ObjectReader reader)
      implements PayloadCodec<T> {

    @Override
    public String format() {
      return "json";
    }

    @Override
    public String encode(T payload) {
      try {
        return writer.writeValueAsString(payload);
      } catch (JacksonException e) {
        String path = path(e, mapper._serializationContext());
        throw JsonFailure.written(type, path, reason(e), e);
      }
    }

    @Override
    public @Nullable T decode(String text) {
      try {
        return reader.readValue(text);
      } catch (JacksonException e) {
        String path = path(e, mapper._deserializationContext());
        throw JsonFailure.read(type, path, expected(e), position(e), reason(e), e);
      }
    }

    private static String path(JacksonException e, DatabindContext context) {
      return JsonFailure.path(
          e.getPath().stream()
              .map(s -> new JsonFailure.Step(s.from(), s.getPropertyName(), s.getIndex()))
              .toList(),
          (owner, name) ->
              context
                  .introspectBeanDescription(context.constructType(owner))
                  .findProperties()
                  .stream()
                  .anyMatch(property -> property.getName().equals(name)));
    }

    /** Returns what is wrong with the type; empty if the value is what is wrong. */
    private static String reason(JacksonException e) {
      return e instanceof InvalidDefinitionException ? e.getOriginalMessage() : "";
    }

    private static @Nullable Class<?> expected(JacksonException e) {
      return e instanceof MismatchedInputException m ? m.getTargetType() : null;
    }

    private static String position(JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      return at == null ? "" : JsonFailure.position(at.getLineNr(), at.getColumnNr());
    }
  }
}
