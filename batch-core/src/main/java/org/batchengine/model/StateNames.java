package org.batchengine.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The names and aliases of an enum's states. */
final class StateNames<S extends Enum<S>> {
  private final String kind;
  private final Map<String, S> byName = new LinkedHashMap<>();

  StateNames(String kind, S[] states, Function<S, List<String>> aliases) {
    this.kind = kind;
    for (S state : states) {
      add(state.name(), state);
      aliases.apply(state).forEach(alias -> add(alias, state));
    }
  }

  private void add(String name, S state) {
    S taken = byName.putIfAbsent(normal(name), state);
    if (taken != null) {
      throw new IllegalStateException(name + " is a name of both " + taken + " and " + state);
    }
  }

  S parse(String name) {
    S state = byName.get(normal(name));
    if (state == null) {
      throw new IllegalArgumentException(
          "unknown "
              + kind
              + " state "
              + StoredText.quoted(name)
              + "; use one of "
              + String.join(", ", byName.keySet()));
    }
    return state;
  }

  private static String normal(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
  }
}
