package org.batchengine.jdbc;

import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;

/**
 * The codec of a simple value in a release that calls the format by another name, and reads all.
 */
record ReadsAll<T>(String format, PayloadCodec<T> codec) implements PayloadCodec<T> {

  static <T> ReadsAll<T> of(Class<T> type, String format) {
    return new ReadsAll<>(format, PayloadCodecs.basic().codecFor(PayloadType.of(type)));
  }

  @Override
  public boolean reads(String format) {
    return true;
  }

  @Override
  public String encode(T payload) throws Exception {
    return codec.encode(payload);
  }

  @Override
  public T decode(String text) throws Exception {
    return codec.decode(text);
  }
}
