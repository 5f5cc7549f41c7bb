package org.batchengine.codec;

import java.util.List;
import java.util.function.BiPredicate;
import org.batchengine.model.PayloadException;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a payload that cannot be written or read, with either generation of Jackson. Only
 * names that a class declares are told: the keys of maps, and fields that only the text has, are
 * part of the payload.
 */
final class JsonFailure {
  private static final String HIDDEN = "?";

  /** A step from a value into it: by a name, or by an index if the name is null. */
  record Step(@Nullable Object from, @Nullable String name, int index) {}

  private JsonFailure() {}

  /**
   * {@return a part of a sentence such as " at lines[2].count"; empty at the top}
   *
   * @param declares whether a class declares a property of a name
   */
  static String path(List<Step> steps, BiPredicate<Class<?>, String> declares) {
    StringBuilder path = new StringBuilder();
    for (Step step : steps) {
      if (step.name() == null) {
        path.append('[').append(step.index() < 0 ? HIDDEN : step.index()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(shown(step.from(), step.name(), declares));
      }
    }
    return path.isEmpty() ? "" : " at " + path;
  }

  private static String shown(
      @Nullable Object from, String name, BiPredicate<Class<?>, String> declares) {
    if (from == null) {
      return HIDDEN;
    }
    Class<?> owner = from instanceof Class<?> named ? named : from.getClass();
    return declares.test(owner, name) ? name : HIDDEN;
  }

  /** For a payload that cannot be written. */
  static PayloadException written(PayloadType<?> type, String path, String reason, Exception e) {
    return PayloadException.withoutText(
        type + " cannot be written as JSON" + path + reason(reason), e);
  }

  /**
   * For a text that cannot be read.
   *
   * @param position of the mistake in the text; empty if it is not known
   */
  static PayloadException read(
      PayloadType<?> type,
      String path,
      @Nullable Class<?> expected,
      String position,
      String reason,
      Exception e) {
    String wanted = expected == null ? "" : ", where " + expected.getTypeName() + " is expected";
    return PayloadException.withoutText(
        "JSON does not fit " + type + path + wanted + position + reason(reason), e);
  }

  static String position(int line, int column) {
    return ", at line %d, column %d".formatted(line, column);
  }

  private static String reason(String reason) {
    return reason.isEmpty() ? "" : " (" + reason + ")";
  }
}
