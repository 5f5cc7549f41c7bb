package org.batchengine.store.rules;

/** Lengths of texts in UTF-8, counted without encoding them. */
public final class Utf8 {
  private static final int MOST_BYTES_A_CHAR = 3;

  private Utf8() {}

  /** {@return the number of bytes of the text; half of a surrogate pair counts as two} */
  public static long length(String text) {
    long bytes = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return bytes;
  }

  /** Whether the text has more bytes than {@code most}. Most texts need no counting to tell. */
  public static boolean exceeds(String text, int most) {
    return text.length() > most / MOST_BYTES_A_CHAR && length(text) > most;
  }
}
