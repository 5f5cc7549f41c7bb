package org.batchengine.codec;

/**
 * Holds the codecs of {@link PayloadCodecs#standard()}, and looks for Jackson when they are first
 * asked for.
 */
final class StandardCodecs {
  static final PayloadCodecs INSTANCE =
      hasJackson() ? JacksonCodecs.standard() : BasicCodecs.INSTANCE;

  private StandardCodecs() {}

  private static boolean hasJackson() {
    try {
      Class.forName(
          "com.fasterxml.jackson.databind.ObjectMapper",
          false,
          StandardCodecs.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError missing) {
      return false;
    }
  }
}
