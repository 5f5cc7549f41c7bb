package org.batchengine;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/**
 * Writes a batch's metadata as JSON. Values of a map may be text, numbers, booleans, null, and maps
 * and collections of these. The exception for any other value names its path and type, never its
 * content.
 */
final class MetadataJson {
  private static final int DEEPEST = 50;
  private static final Set<Class<?>> NUMBERS =
      Set.of(
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          BigInteger.class,
          BigDecimal.class);

  private final StringBuilder json = new StringBuilder();
  private final int most;

  private MetadataJson(int most) {
    this.most = most;
  }

  /**
   * {@return the map as JSON of at most {@code most} characters}
   *
   * @throws IllegalArgumentException if it is longer, or contains a value that JSON cannot express
   */
  static String write(Map<?, ?> metadata, int most) {
    var writer = new MetadataJson(most);
    writer.object("metadata", metadata, 1);
    return writer.json.toString();
  }

  /**
   * {@return a record or a bean as a JSON object, as the codecs write it}
   *
   * @throws IllegalArgumentException if what they write is no JSON object
   */
  static String write(Object values, PayloadCodecs codecs) {
    @SuppressWarnings("unchecked") // the class of the value itself
    var codec = (PayloadCodec<Object>) codecs.codecFor(PayloadType.of(values.getClass()));
    String json;
    try {
      json = codec.encode(values);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalArgumentException("metadata " + typeOf(values) + " was not encoded", e);
    }
    if (!isObject(json)) {
      throw refused(
          "metadata",
          typeOf(values)
              + " becomes no JSON object: pass a record, a bean or a map, or JSON text to"
              + " metadataJson");
    }
    return json;
  }

  /** Whether a text may be a JSON object. */
  static boolean isObject(String json) {
    var trimmed = json.strip();
    return trimmed.length() >= 2 && trimmed.startsWith("{") && trimmed.endsWith("}");
  }

  private void object(String path, Map<?, ?> members, int depth) {
    var separator = "{";
    for (var member : members.entrySet()) {
      if (!(member.getKey() instanceof String key)) {
        throw refused(path, "has a key that is " + typeOf(member.getKey()) + ", not a String");
      }
      json.append(separator);
      text(path, key);
      json.append(':');
      value(path + "." + StoredText.quoted(key), member.getValue(), depth);
      separator = ",";
    }
    json.append(members.isEmpty() ? "{}" : "}");
  }

  private void array(String path, Collection<?> elements, int depth) {
    var separator = "[";
    var index = 0;
    for (var element : elements) {
      json.append(separator);
      value(path + "[" + index++ + "]", element, depth);
      separator = ",";
    }
    json.append(elements.isEmpty() ? "[]" : "]");
  }

  private void value(String path, @Nullable Object value, int depth) {
    // Also stops a map that contains itself, however wide it is.
    if (depth > DEEPEST) {
      throw refused(path, "is nested deeper than " + DEEPEST + " levels");
    }
    if (json.length() > most) {
      throw refused("metadata", "is too long: at most " + most + " characters of JSON are allowed");
    }
    if (value == null || value instanceof Boolean) {
      json.append(value);
    } else if (value instanceof String text) {
      text(path, text);
    } else if (NUMBERS.contains(value.getClass())) {
      number(path, value);
    } else if (value instanceof Map<?, ?> members) {
      object(path, members, depth + 1);
    } else if (value instanceof Collection<?> elements) {
      array(path, elements, depth + 1);
    } else {
      throw refused(
          path,
          "is "
              + typeOf(value)
              + "; use text, numbers, booleans, null, or maps and collections of these");
    }
  }

  private void number(String path, Object value) {
    var text = value.toString();
    if (text.equals("NaN") || text.endsWith("Infinity")) {
      throw refused(path, "is " + text + ", which JSON cannot express");
    }
    json.append(text);
  }

  private void text(String path, String text) {
    StoredText.problem(text)
        .ifPresent(
            problem -> {
              throw refused(path, problem + ", which cannot be stored");
            });
    json.append('"');
    text.chars().forEach(c -> character((char) c));
    json.append('"');
  }

  private void character(char c) {
    if (c == '"' || c == '\\') {
      json.append('\\').append(c);
    } else if (Character.isISOControl(c)) {
      json.append("\\u%04x".formatted((int) c));
    } else {
      json.append(c);
    }
  }

  private static IllegalArgumentException refused(String path, String problem) {
    return new IllegalArgumentException(path + " " + problem);
  }

  private static String typeOf(@Nullable Object value) {
    return value == null ? "null" : "of type " + value.getClass().getName();
  }
}
