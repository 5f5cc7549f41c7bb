package org.batchengine.report;

/**
 * The format of an exported file. Immutable.
 *
 * <pre>{@code
 * batches.reports().export(id, ExportFormat.csv(), out);                                 // for people
 * batches.reports().export(id, ExportFormat.csv().separator(';').byteOrderMark(), out);  // for Excel
 * batches.reports().export(id, ExportFormat.csv().raw(), out);                           // for programs
 * }</pre>
 */
public sealed interface ExportFormat {

  /** {@return CSV for spreadsheets: commas, decimal points, no byte order mark, formula guard} */
  static Csv csv() {
    return new Csv(',', false, false, false);
  }

  /** {@return one flat JSON object a line; payloads are text, as stored} */
  static JsonLines jsonLines() {
    return new JsonLines();
  }

  /** {@return an Excel workbook; needs {@code org.dhatim:fastexcel}} */
  static Xlsx xlsx() {
    return new Xlsx();
  }

  /**
   * CSV as in RFC 4180, in UTF-8, with a header. Lines end with CR LF. An absent value is an empty
   * cell, an empty text is {@code ""}.
   *
   * @param separator what is between cells
   * @param isRaw whether texts are written unchanged; by default one that a spreadsheet would take
   *     for a formula, because it begins with {@code =}, {@code +}, {@code -}, {@code @}, a tab or
   *     a return, gets a leading {@code '}
   * @param hasByteOrderMark whether the file begins with a byte order mark, by which Excel knows
   *     UTF-8
   * @param hasDecimalComma whether numbers have a decimal comma
   */
  record Csv(char separator, boolean isRaw, boolean hasByteOrderMark, boolean hasDecimalComma)
      implements ExportFormat {
    private static final String SEPARATORS = ",;\t|";

    /** Rejects other separators, and a comma that separates cells and decimals alike. */
    public Csv {
      if (SEPARATORS.indexOf(separator) < 0) {
        throw new IllegalArgumentException(
            "separator U+%04X is not allowed: use a comma, semicolon, tab or |"
                .formatted((int) separator));
      }
      if (hasDecimalComma && separator == ',') {
        throw new IllegalArgumentException(
            "a comma cannot separate both cells and decimals: call separator(';') first");
      }
    }

    /** {@return the same for programs: no text is changed} */
    public Csv raw() {
      return new Csv(separator, true, hasByteOrderMark, hasDecimalComma);
    }

    /**
     * Returns the same with another separator.
     *
     * @param separator a comma, semicolon, tab or {@code |}
     * @throws IllegalArgumentException if it is another character
     */
    public Csv separator(char separator) {
      return new Csv(separator, isRaw, hasByteOrderMark, hasDecimalComma);
    }

    /** {@return the same with a byte order mark, by which Excel knows UTF-8} */
    public Csv byteOrderMark() {
      return new Csv(separator, isRaw, true, hasDecimalComma);
    }

    /**
     * Returns the same with decimal commas, for spreadsheets of countries that write 0,25.
     *
     * @throws IllegalArgumentException if the separator is a comma
     */
    public Csv decimalComma() {
      return new Csv(separator, isRaw, hasByteOrderMark, true);
    }
  }

  /** JSON Lines in UTF-8. Absent values have no member. */
  record JsonLines() implements ExportFormat {}

  /**
   * An Excel workbook. A sheet has up to 1,048,575 items; further items follow on further sheets. A
   * text of more than 32,767 characters is cut, as Excel allows no more, and characters that XML
   * does not allow become U+FFFD.
   */
  record Xlsx() implements ExportFormat {}
}
