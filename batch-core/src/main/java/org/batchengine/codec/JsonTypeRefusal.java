package org.batchengine.codec;

import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.batchengine.model.PayloadException;

/**
 * What is said of a type that JSON cannot express in both directions, with either generation of
 * Jackson: where in the payload's type it is, why, and what to add.
 */
final class JsonTypeRefusal {
  static final String WRITTEN = "written as";
  static final String READ = "read back from";

  private static final String UNSUPPORTED = "Jackson knows this type only with a module";

  /** What an abstract type may stand for if its JSON is not an object. */
  private static final List<Class<?>> SIMPLE =
      List.of(String.class, Boolean.class, Integer.class, Double.class);

  private final String root;
  private final Map<String, String> modules;
  private final String kotlin;

  /** A part of the payload's type. */
  record Part(String path, String type, Class<?> raw) {}

  /**
   * Makes one for a payload type.
   *
   * @param modules the module that types need, by what their names contain
   * @param kotlin the module that Kotlin classes need
   */
  JsonTypeRefusal(String root, Map<String, String> modules, String kotlin) {
    this.root = root;
    this.modules = modules;
    this.kotlin = kotlin;
  }

  PayloadException unsupported(String how, Part part) {
    return of(how, part, UNSUPPORTED, module(part.raw().getName()));
  }

  /** For what Jackson says, which may name a class that needs a module. */
  PayloadException told(String how, Part part, String message) {
    return of(how, part, message, module(message));
  }

  PayloadException empty(Part part) {
    String reason = "Jackson finds no property in it: add getters, or make it a record";
    return of(WRITTEN, part, reason, "");
  }

  /** Whether nothing says which class to make of a JSON for an abstract type. */
  static boolean isOpen(Class<?> raw) {
    return SIMPLE.stream().noneMatch(raw::isAssignableFrom);
  }

  PayloadException open(Part part) {
    String kind = part.raw().isInterface() ? "an interface" : "an abstract class";
    String reason =
        "it is "
            + kind
            + ", so nothing says which class to make: name a class, or annotate it with"
            + " @JsonTypeInfo(use = NAME) and @JsonSubTypes";
    return of(READ, part, reason, module(part.raw().getName()));
  }

  PayloadException withoutCreator(Part part) {
    Class<?> raw = part.raw();
    if (raw.getEnclosingClass() != null && !Modifier.isStatic(raw.getModifiers())) {
      String reason = "it is an inner class, which needs its outer object: make it static";
      return of(READ, part, reason, "");
    }
    if (isKotlin(raw)) {
      String reason = "Jackson alone cannot call the constructor of a Kotlin class";
      return of(READ, part, reason, kotlin);
    }
    String reason =
        "it has no constructor that Jackson can call: make it a record, add a constructor"
            + " without parameters, or annotate one with @JsonCreator and its parameters with"
            + " @JsonProperty";
    return of(READ, part, reason, "");
  }

  private static boolean isKotlin(Class<?> named) {
    return Stream.of(named.getAnnotations())
        .anyMatch(annotation -> annotation.annotationType().getName().equals("kotlin.Metadata"));
  }

  PayloadException unreadable(Part part, String property) {
    String reason =
        "its property "
            + property
            + " is written and cannot be read: annotate it with @JsonIgnore, or disable"
            + " FAIL_ON_UNKNOWN_PROPERTIES";
    return of(READ, part, reason, "");
  }

  private PayloadException of(String how, Part part, String reason, String module) {
    String place = part.path().isEmpty() ? "" : " at " + part.path() + ", of type " + part.type();
    String wayOut =
        module.isEmpty()
            ? ""
            : "; add the dependency "
                + module
                + ", and register its module if the mapper is your own";
    return new PayloadException(
        root + " cannot be " + how + " JSON" + place + ": " + reason + wayOut);
  }

  /** The module for what a text names: a class, or what Jackson says of one. */
  private String module(String text) {
    return modules.entrySet().stream()
        .filter(known -> text.contains(known.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }

  static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
