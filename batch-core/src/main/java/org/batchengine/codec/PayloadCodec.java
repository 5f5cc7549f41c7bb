package org.batchengine.codec;

import org.jspecify.annotations.Nullable;

/**
 * Writes payloads of one type as text and reads them back. Must be thread-safe.
 *
 * @param <T> type of the payloads
 */
public interface PayloadCodec<T> {

  /**
   * {@return a short name of the text's format, such as {@code "json"}; stored with each batch so
   * that a reader of another format is told so; 1 to 100 characters, not blank}
   */
  String format();

  /**
   * Returns whether this codec reads texts of a format. By default only of its own: change that if
   * a new release writes another format and still reads the earlier one.
   *
   * @param format as stored with a batch
   * @return whether {@link #decode} may be called with a text of that format
   */
  default boolean reads(String format) {
    return format.equals(format());
  }

  /**
   * Writes a payload as text. Never called with null.
   *
   * @param payload the payload
   * @return text without U+0000 and without unpaired surrogates
   * @throws Exception if it cannot be written; the item fails
   */
  String encode(T payload) throws Exception;

  /**
   * Reads a payload.
   *
   * @param text from {@link #encode}, perhaps in an earlier version of the program
   * @return the payload; null if the text represents null
   * @throws Exception if it cannot be read; the item fails
   */
  @Nullable T decode(String text) throws Exception;
}
