package org.batchengine.codec;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Codecs that write JSON with Jackson 2. Simple values keep the text form of {@link
 * PayloadCodecs#basic()}, so they stay readable if you change from {@link PayloadCodecs#standard()}
 * to your own mapper or back.
 *
 * <p>Types of {@code java.time} need the module {@code jackson-datatype-jsr310}, {@code Optional}
 * needs {@code jackson-datatype-jdk8}, and Kotlin classes need {@code jackson-module-kotlin}.
 */
public final class JacksonCodecs implements PayloadCodecs {
  private final ObjectMapper mapper;

  private JacksonCodecs(ObjectMapper mapper) {
    this.mapper = requireNonNull(mapper, "mapper");
    refuseDefaultTyping();
  }

  /**
   * Returns codecs that use the host's mapper. How it reads numbers is up to the host: to keep
   * their value where no type is declared, enable {@code USE_BIG_DECIMAL_FOR_FLOATS}.
   *
   * @param mapper the mapper; a codec uses its configuration at the time the codec is requested
   * @return codecs for all types that the mapper can handle
   * @throws IllegalArgumentException if the mapper has default typing, which would let stored text
   *     choose the classes to instantiate
   */
  @SuppressWarnings("exports") // a caller that has a mapper requires its module
  public static PayloadCodecs of(ObjectMapper mapper) {
    return new JacksonCodecs(mapper);
  }

  static PayloadCodecs standard() {
    return standard(MapperBuilder.findModules(JacksonCodecs.class.getClassLoader()));
  }

  static PayloadCodecs standard(List<Module> modules) {
    return new JacksonCodecs(
        JsonMapper.builder()
            .addModules(modules)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .enable(SerializationFeature.WRITE_DATES_WITH_ZONE_ID)
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
    refuseDefaultTyping(); // a mapper can be changed until it is first used
    JavaType javaType = mapper.constructType(type.type());
    JacksonTypeCheck.check(mapper, javaType);
    return new JsonCodec<>(type, mapper.writerFor(javaType), mapper.readerFor(javaType));
  }

  private void refuseDefaultTyping() {
    JavaType any = mapper.constructType(Object.class);
    if (mapper.getSerializationConfig().getDefaultTyper(any) != null
        || mapper.getDeserializationConfig().getDefaultTyper(any) != null) {
      throw new IllegalArgumentException(
          "the mapper has default typing, which would let stored text choose the classes to"
              + " instantiate; use a mapper without it, and annotate polymorphic payloads with"
              + " @JsonTypeInfo(use = NAME)");
    }
  }

  private record JsonCodec<T>(PayloadType<T> type, ObjectWriter writer, ObjectReader reader)
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
        SerializationConfig config = writer.getConfig();
        String path = path(e, owner -> config.introspect(config.constructType(owner)));
        throw JsonFailure.written(type, path, reason(e), e);
      }
    }

    @Override
    public @Nullable T decode(String text) {
      try {
        return reader.readValue(text);
      } catch (JacksonException e) {
        DeserializationConfig config = reader.getConfig();
        String path = path(e, owner -> config.introspect(config.constructType(owner)));
        throw JsonFailure.read(type, path, expected(e), position(e), reason(e), e);
      }
    }

    private static String path(JacksonException e, Function<Class<?>, BeanDescription> look) {
      if (!(e instanceof JsonMappingException mapping)) {
        return "";
      }
      return JsonFailure.path(
          mapping.getPath().stream()
              .map(s -> new JsonFailure.Step(s.getFrom(), s.getFieldName(), s.getIndex()))
              .toList(),
          (owner, name) ->
              look.apply(owner).findProperties().stream()
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
      JsonLocation at = e.getLocation();
      return at == null ? "" : JsonFailure.position(at.getLineNr(), at.getColumnNr());
    }
  }
}
