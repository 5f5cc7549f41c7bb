package org.batchengine.codec;

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
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.batchengine.model.PayloadException;
import org.jspecify.annotations.Nullable;

/**
 * Checks before any payload exists that a mapper can write payloads of a type and read them back.
 * Follows the declared types from property to property, first as the mapper writes them, then as it
 * reads them, and stops where only a value can tell: at {@code Object}, and at types that the host
 * converts itself. Where Jackson would fail at each payload, this fails once, and says what to add.
 */
final class JsonTypeCheck {
  /** The module that types need, by what their names contain. */
  private static final Map<String, String> MODULES =
      Map.of(
          "java.time.", "com.fasterxml.jackson.datatype:jackson-datatype-jsr310",
          "java.util.Optional", "com.fasterxml.jackson.datatype:jackson-datatype-jdk8",
          "org.joda.time.", "com.fasterxml.jackson.datatype:jackson-datatype-joda",
          "com.google.common.", "com.fasterxml.jackson.datatype:jackson-datatype-guava",
          "io.vavr.", "io.vavr:vavr-jackson");

  private static final String UNSUPPORTED = "Jackson knows this type only with a module";
  private static final String KOTLIN = "com.fasterxml.jackson.module:jackson-module-kotlin";

  /** What an abstract type may stand for if its JSON is not an object. */
  private static final List<Class<?>> SIMPLE =
      List.of(String.class, Boolean.class, Integer.class, Double.class);

  private final SerializerProvider writing;
  private final DeserializationContext reading;
  private final ObjectMapper mapper;
  private final JavaType root;
  private final Set<JavaType> written = new HashSet<>();
  private final Set<JavaType> read = new HashSet<>();
  private final Set<JavaType> subtypes = new HashSet<>();

  private JsonTypeCheck(ObjectMapper mapper, JavaType root) {
    this.mapper = mapper;
    this.root = root;
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
    JsonTypeCheck check = new JsonTypeCheck(mapper, type);
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
      throw refused(
          "written as", path, type, e.getOriginalMessage(), module(e.getOriginalMessage()));
    }
    if (serializer instanceof UnsupportedTypeSerializer) {
      throw refused("written as", path, type, UNSUPPORTED, module(type));
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
      String reason = "Jackson finds no property in it: add getters, or make it a record";
      throw refused("written as", path, type, reason, "");
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
      throw refused(
          "read back from", path, type, e.getOriginalMessage(), module(e.getOriginalMessage()));
    }
    if (deserializer instanceof UnsupportedTypeDeserializer) {
      throw refused("read back from", path, type, UNSUPPORTED, module(type));
    }
    if (deserializer instanceof AbstractDeserializer) {
      refuseAbstract(path, type);
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
      throw refusedWithoutCreator(path, type);
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

  private void refuseAbstract(String path, JavaType type) {
    if (SIMPLE.stream().noneMatch(type.getRawClass()::isAssignableFrom)) {
      String kind = type.isInterface() ? "an interface" : "an abstract class";
      String reason =
          "it is "
              + kind
              + ", so nothing says which class to make: name a class, or annotate it with"
              + " @JsonTypeInfo(use = NAME) and @JsonSubTypes";
      throw refused("read back from", path, type, reason, module(type));
    }
  }

  private PayloadException refusedWithoutCreator(String path, JavaType type) {
    Class<?> named = type.getRawClass();
    boolean isInner = named.getEnclosingClass() != null && !Modifier.isStatic(named.getModifiers());
    if (isInner) {
      String reason = "it is an inner class, which needs its outer object: make it static";
      return refused("read back from", path, type, reason, "");
    }
    return isKotlin(named)
        ? refused(
            "read back from",
            path,
            type,
            "Jackson alone cannot call the constructor of a Kotlin class",
            KOTLIN)
        : refused(
            "read back from",
            path,
            type,
            "it has no constructor that Jackson can call: make it a record, add a constructor"
                + " without parameters, or annotate one with @JsonCreator and its parameters with"
                + " @JsonProperty",
            "");
  }

  private static boolean isKotlin(Class<?> named) {
    return Stream.of(named.getAnnotations())
        .anyMatch(annotation -> annotation.annotationType().getName().equals("kotlin.Metadata"));
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
                throw refused(
                    "read back from",
                    path,
                    type,
                    "its property "
                        + property.getName()
                        + " is written and cannot be read: annotate it with @JsonIgnore, or disable"
                        + " FAIL_ON_UNKNOWN_PROPERTIES",
                    "");
              }
            });
  }

  private PayloadException refused(
      String how, String path, JavaType type, String reason, String module) {
    String place = path.isEmpty() ? "" : " at " + path + ", of type " + type.toCanonical();
    String wayOut =
        module.isEmpty()
            ? ""
            : "; add the dependency "
                + module
                + ", and register its module if the mapper is your own";
    return new PayloadException(
        root.toCanonical() + " cannot be " + how + " JSON" + place + ": " + reason + wayOut);
  }

  private static String module(JavaType type) {
    return module(type.getRawClass().getName());
  }

  /** The module for what a text names: a class, or what Jackson says of one. */
  private static String module(String text) {
    return MODULES.entrySet().stream()
        .filter(known -> text.contains(known.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
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
