package org.batchengine.codec;

import static org.batchengine.codec.JsonTypeRefusal.READ;
import static org.batchengine.codec.JsonTypeRefusal.WRITTEN;
import static org.batchengine.codec.JsonTypeRefusal.join;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.AbstractDeserializer;
import com.fasterxml.jackson.databind.deser.BeanDeserializer;
import com.fasterxml.jackson.databind.deser.BeanDeserializerBase;
import com.fasterxml.jackson.databind.deser.DefaultDeserializationContext;
import com.fasterxml.jackson.databind.deser.SettableBeanProperty;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.deser.impl.UnsupportedTypeDeserializer;
import com.fasterxml.jackson.databind.deser.std.ContainerDeserializerBase;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.ser.ContainerSerializer;
import com.fasterxml.jackson.databind.ser.PropertyWriter;
import com.fasterxml.jackson.databind.ser.impl.UnknownSerializer;
import com.fasterxml.jackson.databind.ser.impl.UnsupportedTypeSerializer;
import com.fasterxml.jackson.databind.ser.std.BeanSerializerBase;
import com.fasterxml.jackson.databind.util.IgnorePropertiesUtil;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.batchengine.model.PayloadException;
import org.jspecify.annotations.Nullable;

/**
 * Checks before any payload exists that a mapper can write payloads of a type and read them back.
 * Follows the declared types from property to property, first as the mapper writes them, then as it
 * reads them, and stops where only a value can tell: at {@code Object}, and at types that the host
 * converts itself. Where Jackson would fail at each payload, this fails once, and says what to add.
 */
final class JacksonTypeCheck {
  /** The module that types need, by what their names contain. */
  private static final Map<String, String> MODULES =
      Map.of(
          "java.time.", "com.fasterxml.jackson.datatype:jackson-datatype-jsr310",
          "java.util.Optional", "com.fasterxml.jackson.datatype:jackson-datatype-jdk8",
          "org.joda.time.", "com.fasterxml.jackson.datatype:jackson-datatype-joda",
          "com.google.common.", "com.fasterxml.jackson.datatype:jackson-datatype-guava",
          "io.vavr.", "io.vavr:vavr-jackson");

  private static final String KOTLIN = "com.fasterxml.jackson.module:jackson-module-kotlin";

  private final SerializerProvider writing;
  private final DeserializationContext reading;
  private final ObjectMapper mapper;
  private final JsonTypeRefusal refusal;
  private final Set<JavaType> written = new HashSet<>();
  private final Set<JavaType> read = new HashSet<>();
  private final Set<JavaType> subtypes = new HashSet<>();

  private JacksonTypeCheck(ObjectMapper mapper, JavaType root) {
    this.mapper = mapper;
    refusal = new JsonTypeRefusal(root.toCanonical(), MODULES, KOTLIN);
    writing = mapper.getSerializerProviderInstance();
    reading =
        ((DefaultDeserializationContext) mapper.getDeserializationContext())
            .createDummyInstance(mapper.getDeserializationConfig());
  }

  /**
   * Refuses a type.
   *
   * @throws PayloadException if payloads cannot be written or cannot be read back; names the type,
   *     the reason and what to add
   */
  static void check(ObjectMapper mapper, JavaType type) {
    JacksonTypeCheck check = new JacksonTypeCheck(mapper, type);
    check.write("", type, null, null);
    check.read("", type, null, null);
  }

  private void write(
      String path, JavaType type, @Nullable BeanProperty at, @Nullable JsonSerializer<?> own) {
    if (type.isJavaLangObject()) {
      return;
    }
    JsonSerializer<?> serializer;
    try {
      serializer = own == null ? writing.findValueSerializer(type, at) : own;
    } catch (JsonMappingException e) {
      throw refusal.told(WRITTEN, part(path, type), e.getOriginalMessage());
    }
    if (serializer instanceof UnsupportedTypeSerializer) {
      throw refusal.unsupported(WRITTEN, part(path, type));
    }
    if (serializer instanceof UnknownSerializer) {
      refuseEmpty(path, type);
    } else if (serializer instanceof BeanSerializerBase bean && written.add(type)) {
      bean.properties().forEachRemaining(property -> writeProperty(path, property));
    } else if (serializer instanceof ContainerSerializer<?> container && written.add(type)) {
      write(path + "[]", type.getContentType(), at, container.getContentSerializer());
    } else if (type.isReferenceType() && written.add(type)) {
      write(path, type.getContentType(), at, null);
    }
  }

  private void writeProperty(String path, PropertyWriter property) {
    if (property instanceof BeanPropertyWriter writer) {
      JsonSerializer<?> own = writer.hasSerializer() ? writer.getSerializer() : null;
      write(join(path, writer.getName()), writer.getType(), writer, own);
    }
  }

  /** The class of a value decides, unless it is that of the type. */
  private void refuseEmpty(String path, JavaType type) {
    if (type.isConcrete() && writing.isEnabled(SerializationFeature.FAIL_ON_EMPTY_BEANS)) {
      throw refusal.empty(part(path, type));
    }
  }

  private void read(
      String path, JavaType type, @Nullable BeanProperty at, @Nullable JsonDeserializer<?> own) {
    if (type.isJavaLangObject()) {
      return;
    }
    JsonDeserializer<?> deserializer;
    try {
      if (isPolymorphic(type)) {
        readSubtypes(path, type);
        return;
      }
      deserializer = own == null ? reading.findContextualValueDeserializer(type, at) : own;
    } catch (JsonMappingException e) {
      throw refusal.told(READ, part(path, type), e.getOriginalMessage());
    }
    if (deserializer instanceof UnsupportedTypeDeserializer) {
      throw refusal.unsupported(READ, part(path, type));
    }
    if (deserializer instanceof AbstractDeserializer) {
      if (JsonTypeRefusal.isOpen(type.getRawClass())) {
        throw refusal.open(part(path, type));
      }
    } else if (deserializer instanceof BeanDeserializerBase bean && read.add(type)) {
      readBean(path, type, bean);
    } else if (deserializer instanceof ContainerDeserializerBase<?> container && read.add(type)) {
      readContent(path + "[]", type, at, container.getContentDeserializer());
    } else if (type.isReferenceType() && read.add(type)) {
      readContent(path, type, at, null);
    }
  }

  private void readContent(
      String path, JavaType type, @Nullable BeanProperty at, @Nullable JsonDeserializer<?> own) {
    if (type.getContentType() != null && (at == null || !namesClass(at))) {
      read(path, type.getContentType(), at, own);
    }
  }

  private void readBean(String path, JavaType type, BeanDeserializerBase bean) {
    JsonSerializer<?> serializer = serializer(type);
    ValueInstantiator maker = bean.getValueInstantiator();
    boolean canMake =
        serializer instanceof BeanSerializerBase
            ? canMakeFromObject(maker)
            : maker.canInstantiate();
    if (!canMake) {
      throw refusal.withoutCreator(part(path, type));
    }
    if (serializer instanceof BeanSerializerBase
        && !subtypes.contains(type)
        && reading.isEnabled(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)) {
      refuseUnknown(path, type, serializer, bean);
    }
    bean.properties().forEachRemaining(property -> readProperty(path, property));
    bean.creatorProperties().forEachRemaining(property -> readProperty(path, property));
  }

  private @Nullable JsonSerializer<?> serializer(JavaType type) {
    try {
      return writing.findValueSerializer(type);
    } catch (JsonMappingException e) {
      return null; // refused where it is written, if it is
    }
  }

  private void readProperty(String path, SettableBeanProperty property) {
    if (!namesClass(property)) {
      JsonDeserializer<?> own =
          property.hasValueDeserializer() ? property.getValueDeserializer() : null;
      read(join(path, property.getName()), property.getType(), property, own);
    }
  }

  private static boolean canMakeFromObject(ValueInstantiator maker) {
    return maker.canCreateUsingDefault()
        || maker.canCreateFromObjectWith()
        || maker.canCreateUsingDelegate()
        || maker.canCreateUsingArrayDelegate();
  }

  /** Each payload names its class: of those that are known, each must do. */
  private void readSubtypes(String path, JavaType type) throws JsonMappingException {
    Collection<NamedType> named =
        mapper
            .getSubtypeResolver()
            .collectAndResolveSubtypesByTypeId(
                reading.getConfig(),
                reading.getConfig().introspectClassAnnotations(type).getClassInfo());
    for (NamedType each : named) {
      JavaType subtype = reading.constructType(each.getType());
      if (subtype.isConcrete() && subtypes.add(subtype)) {
        write(path, subtype, null, null);
        read(path, subtype, null, null);
      }
    }
  }

  private boolean isPolymorphic(JavaType type) throws JsonMappingException {
    return !type.isConcrete()
        && reading.getFactory().findTypeDeserializer(reading.getConfig(), type) != null;
  }

  private static boolean namesClass(BeanProperty property) {
    return property.getAnnotation(JsonTypeInfo.class) != null;
  }

  /** What is written beyond what can be read, if the mapper does not ignore it. */
  private void refuseUnknown(
      String path, JavaType type, JsonSerializer<?> serializer, BeanDeserializerBase bean) {
    Known known = new Known(bean);
    serializer
        .properties()
        .forEachRemaining(
            property -> {
              boolean isUnwrapped =
                  property instanceof BeanPropertyWriter writer && writer.isUnwrapping();
              if (!isUnwrapped && !known.takes(property.getName())) {
                throw refusal.unreadable(part(path, type), property.getName());
              }
            });
  }

  private static JsonTypeRefusal.Part part(String path, JavaType type) {
    return new JsonTypeRefusal.Part(path, type.toCanonical(), type.getRawClass());
  }

  /** A look into a deserializer: the properties that it takes, whatever it does with them. */
  private static final class Known extends BeanDeserializer {
    private static final long serialVersionUID = 1L;

    Known(BeanDeserializerBase of) {
      super(of);
    }

    boolean takes(String name) {
      return findProperty(name) != null
          || _anySetter != null
          || _ignoreAllUnknown
          || _externalTypeIdHandler != null
          || _unwrappedPropertyHandler != null
          || (_objectIdReader != null && _objectIdReader.propertyName.getSimpleName().equals(name))
          || IgnorePropertiesUtil.shouldIgnore(name, _ignorableProps, _includableProps);
    }
  }
}
