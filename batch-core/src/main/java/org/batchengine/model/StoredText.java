package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What every store can keep as text: no U+0000, which PostgreSQL refuses, and no surrogate without
 * its partner, which UTF-8 cannot carry. Lengths are those of {@link String#length()}, which is how
 * H2 counts; PostgreSQL counts code points and never comes to more.
 */
public final class StoredText {
  private static final char REPLACEMENT = '\uFFFD';
  private static final String CUT_MARK = "…";
  private static final int QUOTED_LENGTH = 100;

  private StoredText() {}

  /**
   * Says why a text cannot be stored. The answer names the character and its position, and nothing
   * else of the text, so that it may stand in an exception or a log.
   *
   * @param text any text
   * @return what is wrong, worded to follow "the text"; empty when it can be stored
   */
  public static Optional<String> problem(String text) {
    int position = firstProblem(requireNonNull(text, "text"));
    return position < 0
        ? Optional.empty()
        : Optional.of(describe(text.charAt(position)) + " at position " + position);
  }

  /**
   * Returns the text in a form that can be stored: U+FFFD in the place of each character that
   * cannot, and cut to a length. A text that was cut ends with an ellipsis and never with half a
   * surrogate pair.
   *
   * @param text any text
   * @param maxLength greatest {@link String#length()} of the answer, at least 1
   * @return the text itself when there is nothing to mend
   * @throws IllegalArgumentException if {@code maxLength} is below 1
   */
  public static String clean(String text, int maxLength) {
    String cut = cut(requireNonNull(text, "text"), maxLength);
    return firstProblem(cut) < 0 ? cut : replaceProblems(cut);
  }

  /**
   * Returns the text as error messages show it: in double quotes, on one line and cut to 100
   * characters.
   *
   * @param text any text but a payload
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
