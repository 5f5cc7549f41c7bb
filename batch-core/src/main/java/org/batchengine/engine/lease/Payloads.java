package org.batchengine.engine.lease;

import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.PayloadException;
import org.jspecify.annotations.Nullable;

/** Calls the host's codecs. What they throw becomes a {@link PayloadException} without payload. */
public final class Payloads {

  private static final String UNREADABLE =
      "this node cannot read the input, which another release may have written; it went back for"
          + " other nodes first, and is now retried by policy";

  private Payloads() {}

  /**
   * Decodes a stored text, if the codec reads its format: most texts could be read as something
   * else, and the processor would get wrong data.
   *
   * @param storedAs the format in which the text was stored
   */
  public static <T> @Nullable T decode(
      PayloadCodec<T> codec, @Nullable String text, String storedAs) {
    try {
      if (!codec.reads(storedAs)) {
        throw new PayloadException(
            "it was stored as %s, and the type of its job reads %s here; a job type of one name must have the same payloads everywhere: use another name for other payloads"
                .formatted(storedAs, codec.format()));
      }
      return codec.decode(text == null ? "" : text);
    } catch (Exception | StackOverflowError | LinkageError e) {
      String by = e instanceof PayloadException ? "" : " by " + codec.getClass().getName();
      throw PayloadException.unreadable("the payload cannot be decoded" + by, e);
    }
  }

  /** Decodes the input of an item. */
  public static <I> I input(PayloadCodec<I> codec, WorkItem item) {
    I input;
    try {
      input = decode(codec, item.input(), item.batch().header().inputFormat());
    } catch (PayloadException e) {
      throw PayloadException.unreadable(UNREADABLE, e);
    }
    if (input == null) {
      throw PayloadException.unreadable(
          UNREADABLE, new PayloadException("the input decodes to null"));
    }
    return input;
  }

  /** Encodes an input or an output. */
  public static <T> String encode(PayloadCodec<T> codec, T payload) {
    try {
      return codec.encode(payload);
    } catch (Exception | StackOverflowError e) {
      String type = payload.getClass().getName();
      throw PayloadException.withoutText(
          "a payload of type " + type + " cannot be encoded as " + codec.format(), e);
    }
  }

  /** Checks the quality of an item. */
  public static double quality(double score) {
    if (!(score >= 0 && score <= 1)) {
      throw new IllegalArgumentException("quality: " + score + " is not between 0 and 1");
    }
    return score;
  }
}
