package org.batchengine.codec;

import java.util.function.Function;
import org.batchengine.model.PayloadException;
import org.jspecify.annotations.Nullable;

/** A codec for a simple value, made of two functions. */
record TextCodec<T>(
    String format,
    String typeName,
    Function<? super T, String> encoder,
    Function<? super String, ? extends @Nullable T> decoder)
    implements PayloadCodec<T> {

  @Override
  public String encode(T payload) {
    return encoder.apply(payload);
  }

  @Override
  public @Nullable T decode(String text) {
    try {
      return decoder.apply(text);
    } catch (RuntimeException e) {
      throw PayloadException.withoutText(
          "text of %d characters is not a valid %s".formatted(text.length(), typeName), e);
    }
  }
}
