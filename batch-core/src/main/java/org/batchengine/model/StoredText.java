package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Text that every store can keep: no U+0000, which PostgreSQL rejects, and no unpaired surrogate,
 * which UTF-8 cannot encode. Lengths are {@link String#length()}, as in H2; PostgreSQL counts code
 * points, which are never more.
 */
public final class StoredText {
  private static final char REPLACEMENT = '\uFFFD';
  private static final String CUT_MARK = "…";
  private static final int QUOTED_LENGTH = 100;

  private StoredText() {}

  /**
   * Returns why a text cannot be stored. The answer names the character and its position and
   * nothing else of the text, so it is safe in an exception or a log.
   *
   * @param text any text
   * @return what is wrong, worded to follow "the text"; empty if it can be stored
   */
  public static Optional<String> problem(String text) {
    int position = firstProblem(requireNonNull(text, "text"));
    return position < 0
        ? Optional.empty()
        : Optional.of(describe(text.charAt(position)) + " at position " + position);
  }

  /**
   * Returns the text in a form that can be stored: each character that cannot be stored is replaced
   * by U+FFFD, and the text is cut to a length. A cut text ends with an ellipsis, never with half a
   * surrogate pair.
   *
   * @param text any text
   * @param maxLength maximum {@link String#length()} of the result, at least 1
   * @return the text itself if there is nothing to change
   * @throws IllegalArgumentException if {@code maxLength} is below 1
   */
  public static String clean(String text, int maxLength) {
    String cut = cut(requireNonNull(text, "text"), maxLength);
    return firstProblem(cut) < 0 ? cut : replaceProblems(cut);
  }

  /**
   * Returns the text as shown in error messages: in double quotes, on one line, cut to 100
   * characters.
   *
   * @param text any text except a payload
   * @return the quoted text
   */
  public static String quoted(String text) {
    String clean = clean(text, QUOTED_LENGTH);
    StringBuilder line = new StringBuilder(clean.length() + 2).append('"');
    clean.chars().forEach(c -> line.append(Character.isISOControl(c) ? REPLACEMENT : (char) c));
    return line.append('"').toString();
  }

  private static int firstProblem(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return i;
      }
      if (Character.isSurrogate(c)) {
        if (!startsPair(text, i)) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  private static boolean startsPair(String text, int position) {
    return position + 1 < text.length()
        && Character.isSurrogatePair(text.charAt(position), text.charAt(position + 1));
  }

  private static String describe(char problem) {
    return problem == 0 ? "has U+0000" : "has the lone surrogate U+%04X".formatted((int) problem);
  }

  private static String cut(String text, int maxLength) {
    if (maxLength < 1) {
      throw new IllegalArgumentException("maxLength " + maxLength + " is out of range: at least 1");
    }
    if (text.length() <= maxLength) {
      return text;
    }
    int end = maxLength - CUT_MARK.length();
    boolean splitsPair = end > 0 && startsPair(text, end - 1);
    return text.substring(0, splitsPair ? end - 1 : end) + CUT_MARK;
  }

  private static String replaceProblems(String text) {
    return text.codePoints()
        .map(c -> c == 0 || isLoneSurrogate(c) ? REPLACEMENT : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isLoneSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
