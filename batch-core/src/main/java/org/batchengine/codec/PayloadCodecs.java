package org.batchengine.codec;

/**
 * Finds the codec for a payload type. Must be thread-safe.
 *
 * <p>To use your own codecs for some types and the standard ones for the rest:
 *
 * <pre>{@code
 * class OurCodecs implements PayloadCodecs {
 *   private final PayloadCodecs rest = PayloadCodecs.standard();
 *   public <T> PayloadCodec<T> codecFor(PayloadType<T> type) {
 *     return rest.codecFor(type); // or one of ours
 *   }
 * }
 * }</pre>
 */
public interface PayloadCodecs {

  /**
   * Returns the codec for a type.
   *
   * @param type type of the payloads
   * @param <T> type of the payloads
   * @return the codec
   * @throws org.batchengine.model.PayloadException if there is none, or payloads of the type could
   *     be written and not read back, or the reverse; the message says what to add
   */
  <T> PayloadCodec<T> codecFor(PayloadType<T> type);

  /**
   * Returns the codecs that need no other library. They support {@code String}, the wrappers of
   * primitives, {@code BigInteger}, {@code BigDecimal}, {@code UUID}, enums by name, {@code Void},
   * and the {@code java.time} types {@code Instant}, {@code Duration}, {@code LocalDate}, {@code
   * LocalTime}, {@code LocalDateTime}, {@code OffsetDateTime} and {@code ZonedDateTime} in ISO-8601
   * form; and {@link org.batchengine.model.BatchEnd}.
   *
   * <p>The format of a {@code String} is {@code "text"}, of an enum {@code "text/enum"}, and of the
   * others {@code "text/"} with the simple name of the class, such as {@code "text/Integer"}. So a
   * batch of numbers is not read as one of text.
   *
   * @return codecs for simple values
   */
  static PayloadCodecs basic() {
    return BasicCodecs.INSTANCE;
  }

  /**
   * Returns the codecs that an engine uses by default: {@link #basic()}, plus JSON for all other
   * types (format {@code "json"}) if Jackson is present: Jackson 2, or else Jackson 3. Both read
   * and write the same JSON. Unknown fields are ignored, so that nodes with different versions can
   * work side by side. Times are ISO-8601 text. Numbers keep their value: where no type is
   * declared, as in {@code Map<String, Object>}, fractions are {@code BigDecimal}. Jackson modules
   * on the class path are used.
   *
   * <p>A type that JSON cannot express in both directions has no codec: an interface or abstract
   * class, a class that Jackson cannot make, one of Kotlin without its Jackson module, or, with
   * Jackson 2, one of {@code java.time} without its module. The exception says which part of the
   * type it is, why, and what to add.
   *
   * @return codecs for all types that Jackson can handle, or only for simple values
   */
  static PayloadCodecs standard() {
    return StandardCodecs.INSTANCE;
  }
}
