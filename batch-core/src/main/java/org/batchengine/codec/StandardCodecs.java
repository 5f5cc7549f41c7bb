package org.batchengine.codec;

/**
 * The codecs of {@link PayloadCodecs#standard()}. Looks for Jackson on first use, but loads it only
 * when a type needs it, because its hundreds of classes take time to load.
 */
final class StandardCodecs implements PayloadCodecs {
  static final PayloadCodecs INSTANCE = hasJackson() ? new StandardCodecs() : BasicCodecs.INSTANCE;

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

  @Override
  public <T> PayloadCodec<T> codecFor(PayloadType<T> type) {
    return BasicCodecs.INSTANCE.find(type).orElseGet(() -> Json.CODECS.codecFor(type));
  }

  private static final class Json {
    static final PayloadCodecs CODECS = JacksonCodecs.standard();
  }
}
