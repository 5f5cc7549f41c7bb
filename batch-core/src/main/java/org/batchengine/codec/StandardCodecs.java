package org.batchengine.codec;

import java.util.function.Supplier;

/**
 * The codecs of {@link PayloadCodecs#standard()}. Looks for Jackson on first use, for Jackson 2
 * first, but loads it only when a type needs it, because its hundreds of classes take time to load.
 */
final class StandardCodecs implements PayloadCodecs {
  static final PayloadCodecs INSTANCE = find();

  private final Supplier<PayloadCodecs> json;

  private StandardCodecs(Supplier<PayloadCodecs> json) {
    this.json = json;
  }

  private static PayloadCodecs find() {
    if (isThere("com.fasterxml.jackson.databind.ObjectMapper")) {
      return new StandardCodecs(() -> Json.CODECS);
    }
    return isThere("tools.jackson.databind.ObjectMapper")
        ? new StandardCodecs(() -> Json3.CODECS)
        : BasicCodecs.INSTANCE;
  }

  private static boolean isThere(String name) {
    try {
      Class.forName(name, false, StandardCodecs.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError missing) {
      return false;
    }
  }

  @Override
  public <T> PayloadCodec<T> codecFor(PayloadType<T> type) {
    return BasicCodecs.INSTANCE.find(type).orElseGet(() -> json.get().codecFor(type));
  }

  private static final class Json {
    static final PayloadCodecs CODECS = JacksonCodecs.standard();
  }

  private static final class Json3 {
    static final PayloadCodecs CODECS = Jackson3Codecs.standard();
  }
}
