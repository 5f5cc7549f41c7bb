package org.batchengine.codec;

import org.jspecify.annotations.Nullable;

/**
 * Writes payloads of one type as text and reads them back. Must be safe for many threads.
 *
 * @param <T> type of the payloads
 */
public interface PayloadCodec<T> {

  /**
   * {@return a short name of the text's form, such as {@code "json"}; kept with each batch, so that
   * readers can tell; 1 to 100 characters, not blank}
   */
  String format();

  /**
   * Writes a payload as text. Null is never asked to be written.
   *
   * @param payload what to write
   * @return text without U+0000 and without lone surrogates
   * @throws Exception if it cannot be written; fails the item
   */
  String encode(T payload) throws Exception;

  /**
   * Reads a payload.
   *
   * @param text what {@link #encode} gave, perhaps in an earlier version of the program
   * @return the payload; null if the text stands for null
   * @throws Exception if it cannot be read; fails the item
   */
  @Nullable T decode(String text) throws Exception;
}
