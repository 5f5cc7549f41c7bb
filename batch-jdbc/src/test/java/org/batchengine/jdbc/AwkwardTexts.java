package org.batchengine.jdbc;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Texts that formats, encodings and escapes trip over. Each can be stored. */
final class AwkwardTexts {
  private AwkwardTexts() {}

  static Stream<String> awkward() {
    return Stream.of(
        "",
        " ",
        "\uD83D\uDE00 \uD834\uDD1E four bytes each",
        "\u05E9\u05DC\u05D5\u05DD \u202Eright to left\u202C",
        "\uFEFFbyte order mark",
        "\uFFFF\uFFFE no characters",
        "'single' \"double\" `back`",
        "tab\tnewline\nreturn\r\nform\f",
        "\\",
        "\\N",
        "\\.",
        "a\n\\.\nb",
        "\\\\N\\t\\n",
        "{\"json\":\"\\u0000 \\\"quoted\\\"\"}",
        "{curly,braces,NULL}",
        "NULL",
        "?, :name, ${x}, <now>, --, /* */; drop table batch_job",
        "100 %_ ../../etc/passwd",
        "e\u0301 is not \u00E9",
        "\u0001\u0008\u001B\u007F\u0085\u2028");
  }

  /** Up to so many code points of one kind or mixed, each of which can be stored. */
  static String random(Random random, int most) {
    int end = List.of(0x80, 0x100, 0x800, 0x10000, 0x110000).get(random.nextInt(5));
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(most); left > 0; left--) {
      int c =
          random.nextInt(8) == 0 ? "\\\t\n\r\"N.'".charAt(random.nextInt(8)) : random.nextInt(end);
      text.appendCodePoint(c == 0 || (c >= 0xD800 && c < 0xE000) ? 'x' : c);
    }
    return text.toString();
  }
}
