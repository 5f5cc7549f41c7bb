package org.batchengine.codec;

/**
 * Finds the codec of a payload type. Must be safe for many threads.
 *
 * <p>Own codecs for some types and the standard for the rest:
 *
 * <pre>{@code
 * class OurCodecs implements PayloadCodecs {
 *   private final PayloadCodecs rest = PayloadCodecs.standard();
 *   public <T> PayloadCodec<T> codecFor(PayloadType<T> type) { ... return rest.codecFor(type); }
 * }
 * }</pre>
 */
public interface PayloadCodecs {

  /**
   * Returns the codec of a type.
   *
   * @param type type of the payloads
   * @param <T> type of the payloads
   * @return the codec
   * @throws org.batchengine.model.PayloadException if there is none for this type; says what to add
   */
  <T> PayloadCodec<T> codecFor(PayloadType<T> type);

  /**
   * Returns the codecs that need no library. Their format is {@code "text"}; they know {@code
   * String}, the wrappers of primitives, {@code BigInteger}, {@code BigDecimal}, {@code UUID},
   * enums by name, {@code Void}, and of {@code java.time} {@code Instant}, {@code Duration}, {@code
   * LocalDate}, {@code LocalTime}, {@code LocalDateTime}, {@code OffsetDateTime} and {@code
   * ZonedDateTime} in their ISO-8601 form.
   *
   * @return codecs for simple values
   */
  static PayloadCodecs basic() {
    return BasicCodecs.INSTANCE;
  }

  /**
   * Returns the codecs that an engine uses unless it is given others: {@link #basic()}, and for all
   * other types JSON, format {@code "json"}, if Jackson is there. Unknown fields are ignored, so
   * that nodes of two versions can work side by side; times are ISO-8601 text; Jackson modules on
   * the class path are used.
   *
   * @return codecs for all types that Jackson can handle, or for simple values alone
   */
  static PayloadCodecs standard() {
    return StandardCodecs.INSTANCE;
  }
}
