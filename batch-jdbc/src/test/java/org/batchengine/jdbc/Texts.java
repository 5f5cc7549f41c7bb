package org.batchengine.jdbc;

import java.util.stream.Stream;

/** Texts that formats, encodings and escapes trip over. Each can be stored. */
final class Texts {
  private Texts() {}

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
        "e\u0301 is not \u00E9",
        "\u0001\u0008\u001B\u007F\u0085\u2028");
  }
}
