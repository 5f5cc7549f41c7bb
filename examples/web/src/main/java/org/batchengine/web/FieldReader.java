package org.batchengine.web;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.StoredText;
import org.batchengine.model.Violation;
import org.jspecify.annotations.Nullable;

/** Checks a value by the rules of a field, and says whatever is wrong with it. */
final class FieldReader {
  private final Field.Kind kind;
  private final Field.Rules rules;
  private final String here;
  private final List<Violation> violations;

  FieldReader(Field.Kind kind, Field.Rules rules, String here, List<Violation> violations) {
    this.kind = kind;
    this.rules = rules;
    this.here = here;
    this.violations = violations;
  }

  @Nullable Object read(@Nullable JsonNode value) {
    if (value == null || value.isNull() || value.isMissingNode()) {
      if (rules.required) {
        violations.add(new Violation(here, "is required", "required"));
      }
      return rules.fallback;
    }
    return switch (kind) {
      case TEXT -> value.isTextual() ? text(value.textValue()) : not(value);
      case WHOLE ->
          value.isIntegralNumber() && value.canConvertToLong() ? number(value) : not(value);
      case DECIMAL -> value.isNumber() ? number(value) : not(value);
      case FLAG -> value.isBoolean() ? (Object) value.booleanValue() : not(value);
      case OBJECT -> value.isObject() ? members(value) : not(value);
      case LIST -> value.isArray() ? elements(value) : not(value);
      case ANY -> any(value);
    };
  }

  private @Nullable Object not(JsonNode value) {
    String was = value.getNodeType().name().toLowerCase(Locale.ROOT);
    violations.add(
        new Violation(here, "must be of type " + kind.type + ", was " + was, "invalid_type"));
    return null;
  }

  private @Nullable Object text(String text) {
    if (!isWithin(BigDecimal.valueOf(text.length()), " characters")) {
      return null;
    }
    Optional<String> problem =
        rules.least != null && rules.least.signum() > 0 && text.isBlank()
            ? Optional.of("is blank")
            : StoredText.problem(text);
    if (problem.isPresent()) {
      violations.add(new Violation(here, problem.get(), "invalid_value"));
      return null;
    }
    if (!rules.choices.isEmpty() && !rules.choices.contains(text)) {
      violations.add(
          new Violation(
              here, "must be one of " + String.join(", ", rules.choices), "invalid_value"));
      return null;
    }
    if (rules.check != null) {
      try {
        rules.check.accept(text);
      } catch (IllegalArgumentException e) {
        violations.add(new Violation(here, String.valueOf(e.getMessage()), "invalid_value"));
        return null;
      }
    }
    return rules.root == null ? text : folder(text, rules.root);
  }

  private @Nullable Object folder(String text, Path root) {
    try {
      Path real = root.resolve(text).toRealPath();
      if (!root.toString().isEmpty() && real.startsWith(root)) {
        return real;
      }
    } catch (IOException | IllegalArgumentException e) {
      // said below: what is outside tells nothing of what is there
    }
    violations.add(new Violation(here, "is no folder that may be used", "invalid_value"));
    return null;
  }

  private @Nullable Object number(JsonNode value) {
    if (!isWithin(value.decimalValue(), "")) {
      return null;
    }
    return kind == Field.Kind.WHOLE ? (Object) value.longValue() : (Object) value.doubleValue();
  }

  private boolean isWithin(BigDecimal number, String unit) {
    boolean tooSmall = rules.least != null && number.compareTo(rules.least) < 0;
    boolean tooBig = rules.most != null && number.compareTo(rules.most) > 0;
    if (tooSmall || tooBig) {
      violations.add(
          new Violation(
              here,
              "must be %s to %s%s, was %s".formatted(rules.least, rules.most, unit, number),
              tooSmall ? "too_small" : "too_big"));
    }
    return !tooSmall && !tooBig;
  }

  private Values members(JsonNode object) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Field field : rules.fields) {
      Object value = field.read(object.get(field.name()), here, violations);
      if (value != null) {
        values.put(field.name(), value);
      }
    }
    object
        .fieldNames()
        .forEachRemaining(
            member -> {
              if (rules.fields.stream().anyMatch(field -> field.name().equals(member))) {
                return;
              }
              if (rules.open) {
                values.put(member, requireNonNull(object.get(member)));
              } else {
                violations.add(unknown(member));
              }
            });
    return new Values(values);
  }

  private Violation unknown(String member) {
    String shown = member.length() > 100 ? member.substring(0, 100) : member;
    List<String> known = rules.fields.stream().map(Field::name).toList();
    return new Violation(
        here.isEmpty() ? shown : here + "." + shown,
        known.isEmpty()
            ? "is unknown; there are none"
            : "is unknown; there are " + String.join(", ", known),
        "unrecognized_key");
  }

  private @Nullable Object elements(JsonNode array) {
    if (!isWithin(BigDecimal.valueOf(array.size()), " elements")) {
      return null;
    }
    Field element = requireNonNull(rules.element);
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      Object value = element.read(array.get(i), here + "." + i, violations);
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }

  private @Nullable Object any(JsonNode value) {
    try {
      return rules.reader == null ? value : rules.reader.apply(value);
    } catch (IllegalArgumentException e) {
      violations.add(new Violation(here, String.valueOf(e.getMessage()), "invalid_value"));
      return null;
    }
  }
}
