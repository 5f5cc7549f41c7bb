package org.batchengine.examples.benchmarks;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/** What one trial has measured, in the order of measuring. */
final class Figures {
  @JsonProperty String tuning = "";
  @JsonProperty final Map<String, Double> values = new LinkedHashMap<>();

  Figures put(String name, Number value) {
    values.put(name, value.doubleValue());
    return this;
  }

  /** Drops the figures of the first round in its JVM, or of the last, by their prefix. */
  void drop(String prefix) {
    values
        .keySet()
        .removeIf(name -> name.startsWith(TrialMain.WARM) == prefix.equals(TrialMain.WARM));
  }

  /** Leaves it out of what is reported, and returns it. */
  double take(String name) {
    double value = get(name);
    values.remove(name);
    return value;
  }

  double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no figure \"" + name + "\" in " + values.keySet());
    }
    return value;
  }

  String toJson() {
    try {
      return new ObjectMapper().writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Figures of(String json) throws JsonProcessingException {
    return new ObjectMapper().readValue(json, Figures.class);
  }
}
