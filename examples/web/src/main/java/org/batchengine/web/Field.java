package org.batchengine.web;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.batchengine.model.Violation;
import org.jspecify.annotations.Nullable;

/**
 * A value that a request may have: its name, type and bounds. Errors, forms and the contract are
 * made of it. Optional unless {@link #required}. Immutable: each method returns a changed copy.
 */
public final class Field {
  private static final int LONGEST_TEXT = 10_000;

  /** The types of JSON. */
  enum Kind {
    TEXT("string"),
    WHOLE("integer"),
    DECIMAL("number"),
    FLAG("boolean"),
    OBJECT("object"),
    LIST("array"),
    ANY("");

    final String type;

    Kind(String type) {
      this.type = type;
    }
  }

  private final String name;
  private final Kind kind;
  private final Rules rules;

  private Field(String name, Kind kind, Rules rules) {
    this.name = requireNonNull(name, "name");
    this.kind = kind;
    this.rules = rules;
  }

  private static Field of(String name, Kind kind) {
    return new Field(name, kind, new Rules());
  }

  /** Returns a text of 1 to 10,000 characters; see {@link #between}. */
  public static Field text(String name) {
    return of(name, Kind.TEXT).between(1, LONGEST_TEXT);
  }

  /** Returns a whole number. */
  public static Field whole(String name) {
    return of(name, Kind.WHOLE).between(Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** Returns a number. */
  public static Field decimal(String name) {
    return of(name, Kind.DECIMAL);
  }

  /** Returns true or false. */
  public static Field flag(String name) {
    return of(name, Kind.FLAG);
  }

  /** Returns one of these texts. */
  public static Field choice(String name, String... values) {
    return text(name).with(rules -> rules.choices = List.of(values));
  }

  /** Returns an instant of ISO 8601 with its offset, such as {@code 2026-11-30T12:00:00Z}. */
  public static Field instant(String name) {
    return parsed(name, Map.of("type", "string", "format", "date-time"), Field::instant);
  }

  /** Returns a folder of this machine; give its root by {@link #below}. */
  public static Field folder(String name) {
    Path nowhere = Path.of("");
    return text(name).with(rules -> rules.root = nowhere);
  }

  static Field any(String name) {
    return of(name, Kind.ANY);
  }

  static Field object(String name, Field... fields) {
    return object(name, List.of(fields));
  }

  static Field object(String name, List<Field> fields) {
    return of(name, Kind.OBJECT).with(rules -> rules.fields = List.copyOf(fields));
  }

  static Field list(String name, Field element) {
    return of(name, Kind.LIST).with(rules -> rules.element = element);
  }

  /** A value that a function reads; what it throws as IllegalArgumentException is a violation. */
  static Field parsed(String name, Map<String, ?> schema, Function<JsonNode, ?> reader) {
    return of(name, Kind.ANY)
        .with(
            rules -> {
              rules.schema = schema;
              rules.reader = reader;
            });
  }

  /** Must be given. */
  public Field required() {
    return with(rules -> rules.required = true);
  }

  /** What it is for, for people. */
  public Field description(String description) {
    return with(rules -> rules.description = description);
  }

  /** The value if none is given. */
  public Field defaultsTo(Object value) {
    return with(rules -> rules.fallback = value);
  }

  /** The least and the greatest number; of a text or list, the number of characters or elements. */
  public Field between(long least, long most) {
    return with(
        rules -> {
          rules.least = BigDecimal.valueOf(least);
          rules.most = BigDecimal.valueOf(most);
        });
  }

  /** A text that this refuses, by an IllegalArgumentException, is a violation with its message. */
  public Field must(Consumer<String> check) {
    return with(rules -> rules.check = check);
  }

  /**
   * The folder must be this one or below it, with all links followed; others are refused.
   *
   * @param root an existing folder
   * @throws UncheckedIOException if the root does not exist
   */
  public Field below(Path root) {
    try {
      Path real = root.toRealPath();
      return with(rules -> rules.root = real);
    } catch (IOException e) {
      throw new UncheckedIOException("no such folder: " + root, e);
    }
  }

  Field named(String other) {
    return new Field(other, kind, rules);
  }

  /** Other members of the object are allowed too. */
  Field open() {
    return with(rules -> rules.open = true);
  }

  private Field with(Consumer<Rules> change) {
    Rules changed = new Rules(rules);
    change.accept(changed);
    return new Field(name, kind, changed);
  }

  String name() {
    return name;
  }

  boolean isRequired() {
    return rules.required;
  }

  boolean isList() {
    return kind == Kind.LIST;
  }

  /** A value of a query, as JSON. */
  JsonNode parse(String text) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    Kind as = kind == Kind.LIST && rules.element != null ? rules.element.kind : kind;
    try {
      return switch (as) {
        case WHOLE -> json.numberNode(Long.parseLong(text));
        case DECIMAL -> json.numberNode(new BigDecimal(text));
        case FLAG ->
            text.equals("true") || text.equals("false")
                ? json.booleanNode(text.equals("true"))
                : json.textNode(text);
        case TEXT, OBJECT, LIST, ANY -> json.textNode(text);
      };
    } catch (NumberFormatException e) {
      return json.textNode(text);
    }
  }

  /**
   * Checks a value.
   *
   * @param path where it is, without its name
   * @param violations gets whatever is wrong
   * @return the value; null if there is none, or it is wrong
   */
  @Nullable Object read(@Nullable JsonNode value, String path, List<Violation> violations) {
    String here = path.isEmpty() || name.isEmpty() ? path + name : path + "." + name;
    return new FieldReader(kind, rules, here, violations).read(value);
  }

  private static Instant instant(JsonNode value) {
    try {
      return OffsetDateTime.parse(value.asText()).toInstant();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("is no instant such as 2026-11-30T12:00:00Z", e);
    }
  }

  /** As a JSON schema. */
  Map<String, Object> schema() {
    Map<String, Object> map = new LinkedHashMap<>(rules.schema);
    if (!kind.type.isEmpty()) {
      map.put("type", kind.type);
    }
    put(map, "description", rules.description);
    put(map, "default", rules.fallback);
    if (!rules.choices.isEmpty()) {
      map.put("enum", rules.choices);
    }
    switch (kind) {
      case TEXT -> putBounds(map, "minLength", "maxLength");
      case WHOLE, DECIMAL -> putBounds(map, "minimum", "maximum");
      case LIST -> putBounds(map, "minItems", "maxItems");
      case FLAG, OBJECT, ANY -> {}
    }
    if (rules.element != null) {
      map.put("items", rules.element.schema());
    }
    if (kind == Kind.OBJECT) {
      Map<String, Object> properties = new LinkedHashMap<>();
      rules.fields.forEach(field -> properties.put(field.name, field.schema()));
      map.put("properties", properties);
      map.put(
          "required", rules.fields.stream().filter(Field::isRequired).map(Field::name).toList());
      map.put("additionalProperties", rules.open);
    }
    return map;
  }

  private void putBounds(Map<String, Object> map, String least, String most) {
    put(map, least, rules.least);
    put(map, most, rules.most);
  }

  private static void put(Map<String, Object> map, String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, value);
    }
  }

  /** {@return the name} */
  @Override
  public String toString() {
    return "Field[" + name + "]";
  }

  /** Only {@link #with} changes them, before a field holds them. */
  static final class Rules {
    boolean required;
    boolean open;
    @Nullable String description;
    @Nullable Object fallback;
    @Nullable BigDecimal least;
    @Nullable BigDecimal most;
    @Nullable Path root;
    @Nullable Field element;
    @Nullable Function<JsonNode, ?> reader;
    @Nullable Consumer<String> check;
    List<String> choices = List.of();
    List<Field> fields = List.of();
    Map<String, ?> schema = Map.of();

    Rules() {}

    Rules(Rules other) {
      required = other.required;
      open = other.open;
      description = other.description;
      fallback = other.fallback;
      least = other.least;
      most = other.most;
      root = other.root;
      element = other.element;
      reader = other.reader;
      check = other.check;
      choices = other.choices;
      fields = other.fields;
      schema = other.schema;
    }
  }
}
