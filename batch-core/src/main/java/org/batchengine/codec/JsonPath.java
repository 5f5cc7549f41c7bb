package org.batchengine.codec;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import java.util.List;

/**
 * Where in a payload an exception of Jackson happened. Only names that a class declares are told:
 * the keys of maps, and fields that only the text has, are part of the payload.
 */
final class JsonPath {
  private static final String HIDDEN = "?";

  private JsonPath() {}

  /** {@return a part of a sentence such as " at lines[2].count"; empty at the top} */
  static String of(JacksonException e, MapperConfig<?> config) {
    if (!(e instanceof JsonMappingException mapping)) {
      return "";
    }
    StringBuilder path = new StringBuilder();
    for (Reference step : mapping.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex() < 0 ? HIDDEN : step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(name(step, config));
      }
    }
    return path.isEmpty() ? "" : " at " + path;
  }

  private static String name(Reference step, MapperConfig<?> config) {
    Object from = step.getFrom();
    if (from == null) {
      return HIDDEN;
    }
    Class<?> owner = from instanceof Class<?> named ? named : from.getClass();
    boolean isDeclared =
        properties(config.constructType(owner), config).stream()
            .anyMatch(property -> property.getName().equals(step.getFieldName()));
    return isDeclared ? step.getFieldName() : HIDDEN;
  }

  private static List<BeanPropertyDefinition> properties(JavaType owner, MapperConfig<?> config) {
    if (owner.isContainerType()) {
      return List.of();
    }
    if (config instanceof SerializationConfig writing) {
      return writing.introspect(owner).findProperties();
    }
    return ((DeserializationConfig) config).introspect(owner).findProperties();
  }
}
