package org.batchengine.web;

import java.util.Locale;

/** Names of states and the like, as they are written: in lower case. */
final class Names {
  private Names() {}

  static String of(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
