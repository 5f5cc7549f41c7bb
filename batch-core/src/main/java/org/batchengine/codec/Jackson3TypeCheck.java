package org.batchengine.codec;

import static org.batchengine.codec.JsonTypeRefusal.READ;
import static org.batchengine.codec.JsonTypeRefusal.WRITTEN;
import static org.batchengine.codec.JsonTypeRefusal.join;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.batchengine.model.PayloadException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.deser.AbstractDeserializer;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.bean.BeanDeserializer;
import tools.jackson.databind.deser.bean.BeanDeserializerBase;
import tools.jackson.databind.deser.impl.UnsupportedTypeDeserializer;
import tools.jackson.databind.deser.std.ContainerDeserializerBase;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.PropertyWriter;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.ser.impl.UnknownSerializer;
import tools.jackson.databind.ser.impl.UnsupportedTypeSerializer;
import tools.jackson.databind.ser.std.StdContainerSerializer;
import tools.jackson.databind.util.IgnorePropertiesUtil;

/**
 * What {@link JacksonTypeCheck} is for Jackson 3, whose types have other names. It has {@code
 * java.time} and {@code Optional} built in.
 */
final class Jackson3TypeCheck {
  /** The module that types need, by what their names contain. */
  private static final Map<String, String> MODULES =
      Map.of(
          "org.joda.time.", "tools.jackson.datatype:jackson-datatype-joda",
          "com.google.common.", "tools.jackson.datatype:jackson-datatype-guava");

  private static final String KOTLIN = "tools.jackson.module:jackson-module-kotlin";

  private final SerializationContext writing;
  private final DeserializationContext reading;
  private final ObjectMapper mapper;
  private final JsonTypeRefusal refusal;
  private final Set<JavaType> written = new HashSet<>();
  private final Set<JavaType> read = new HashSet<>();
  private final Set<JavaType> subtypes = new HashSet<>();

  private Jackson3TypeCheck(ObjectMapper mapper, JavaType root) {
    this.mapper = mapper;
    refusal = new JsonTypeRefusal(root.toCanonical(), MODULES, KOTLIN);
    writing = mapper._serializationContext();
    reading = mapper._deserializationContext();
  }

  /**
   * Refuses a type.
   *
   * @throws PayloadException if payloads cannot be written or cannot be read back; names the type,
   *     the reason and what to add
   */
  static void check(ObjectMapper mapper, JavaType type) {
    Jackson3TypeCheck check = new Jackson3TypeCheck(mapper, type);
    check.write("", type, null, null);
    check.read("", type, null, null);
  }

  private void write(
      String path, JavaType type, @Nullable BeanProperty at, @Nullable ValueSerializer<?> own) {
    if (type.isJavaLangObject()) {
      return;
    }
    ValueSerializer<?> serializer;
    try {
      serializer = own == null ? writing.findContentValueSerializer(type, at) : own;
    } catch (JacksonException e) {
      throw refusal.told(WRITTEN, part(path, type), e.getOriginalMessage());
    }
    if (serializer instanceof UnsupportedTypeSerializer) {
      throw refusal.unsupported(WRITTEN, part(path, type));
    }
    if (serializer instanceof UnknownSerializer) {
      refuseEmpty(path, type);
    } else if (serializer instanceof BeanSerializerBase bean && written.add(type)) {
      bean.properties().forEachRemaining(property -> writeProperty(path, property));
    } else if (serializer instanceof StdContainerSerializer<?> container && written.add(type)) {
      write(path + "[]", type.getContentType(), at, container.getContentSerializer());
    } else if (type.isReferenceType() && written.add(type)) {
      write(path, type.getContentType(), at, null);
    }
  }

  private void writeProperty(String path, PropertyWriter property) {
    if (property instanceof BeanPropertyWriter writer) {
      ValueSerializer<?> own = writer.hasSerializer() ? writer.getSerializer() : null;
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
      String path, JavaType type, @Nullable BeanProperty at, @Nullable ValueDeserializer<?> own) {
    if (type.isJavaLangObject()) {
      return;
    }
    ValueDeserializer<?> deserializer;
    try {
      if (isPolymorphic(type)) {
        readSubtypes(path, type);
        return;
      }
      deserializer = own == null ? reading.findContextualValueDeserializer(type, at) : own;
    } catch (JacksonException e) {
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
      String path, JavaType type, @Nullable BeanProperty at, @Nullable ValueDeserializer<?> own) {
    if (type.getContentType() != null && (at == null || !namesClass(at))) {
      read(path, type.getContentType(), at, own);
    }
  }

  private void readBean(String path, JavaType type, BeanDeserializerBase bean) {
    ValueSerializer<?> serializer = serializer(type);
    ValueInstantiator maker = bean.getValueInstantiator();
    boolean canMake =
        serializer instanceof BeanSerializerBase
            ? canMakeFromObject(maker)
            : maker.canInstantiate();
    if (!canMake) {
      throw refusal.withoutCreator(part(path, type));
    }
    if (serializer instanceof BeanSerializerBase
        && bean instanceof BeanDeserializer whole // a builder's cannot be looked into
        && !subtypes.contains(type)
        && reading.isEnabled(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)) {
      refuseUnknown(path, type, serializer, whole);
    }
    bean.properties().forEachRemaining(property -> readProperty(path, property));
    bean.creatorProperties().forEachRemaining(property -> readProperty(path, property));
  }

  private @Nullable ValueSerializer<?> serializer(JavaType type) {
    try {
      return writing.findValueSerializer(type);
    } catch (JacksonException e) {
      return null; // refused where it is written, if it is
    }
  }

  private void readProperty(String path, SettableBeanProperty property) {
    if (!namesClass(property)) {
      ValueDeserializer<?> own =
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
  private void readSubtypes(String path, JavaType type) {
    DeserializationConfig config = mapper.deserializationConfig();
    Collection<NamedType> named =
        config
            .getSubtypeResolver()
            .collectAndResolveSubtypesByTypeId(
                config, config.classIntrospectorInstance().introspectClassAnnotations(type));
    for (NamedType each : named) {
      JavaType subtype = reading.constructType(each.getType());
      if (subtype.isConcrete() && subtypes.add(subtype)) {
        write(path, subtype, null, null);
        read(path, subtype, null, null);
      }
    }
  }

  private boolean isPolymorphic(JavaType type) {
    return !type.isConcrete() && reading.findTypeDeserializer(type) != null;
  }

  private static boolean namesClass(BeanProperty property) {
    return property.getAnnotation(JsonTypeInfo.class) != null;
  }

  /** What is written beyond what can be read, if the mapper does not ignore it. */
  private void refuseUnknown(
      String path, JavaType type, ValueSerializer<?> serializer, BeanDeserializer bean) {
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

    Known(BeanDeserializer of) {
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
