package org.batchengine.engine.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import org.batchengine.report.ExportFormat;
import org.jspecify.annotations.Nullable;

/** Writes CSV as in RFC 4180. */
final class CsvWriter implements RowWriter {
  private static final String BYTE_ORDER_MARK = "\uFEFF";
  private static final String BEGINS_FORMULA = "=+-@\t\r";

  private final ExportFormat.Csv format;
  private final List<String> columns;
  private final Writer out;

  CsvWriter(ExportFormat.Csv format, List<String> columns, OutputStream out) throws IOException {
    this.format = format;
    this.columns = columns;
    this.out = new BufferedWriter(new OutputStreamWriter(out, UTF_8));
    if (format.hasByteOrderMark()) {
      this.out.write(BYTE_ORDER_MARK);
    }
    this.out.write(String.join(String.valueOf(format.separator()), columns));
    this.out.write("\r\n");
  }

  @Override
  public void row(Map<String, Object> values) throws IOException {
    boolean isFirst = true;
    for (String column : columns) {
      if (!isFirst) {
        out.write(format.separator());
      }
      out.write(cell(values.get(column)));
      isFirst = false;
    }
    out.write("\r\n");
  }

  private String cell(@Nullable Object value) {
    if (value instanceof String text) {
      return quoted(format.isRaw() ? text : guarded(text));
    } else if (value instanceof Number number) {
      String plain = RowWriter.plain(number);
      return format.hasDecimalComma() ? plain.replace('.', ',') : plain;
    }
    return value == null ? "" : value.toString();
  }

  /** A spreadsheet would run it as a formula. */
  private static String guarded(String text) {
    return !text.isEmpty() && BEGINS_FORMULA.indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
  }

  /** Blanks at the ends are quoted too: some programs cut them off. */
  private String quoted(String text) {
    boolean mustBe =
        text.isEmpty()
            || text.indexOf(format.separator()) >= 0
            || text.chars().anyMatch(c -> c == '"' || c == '\r' || c == '\n')
            || text.charAt(0) <= ' '
            || text.charAt(text.length() - 1) <= ' ';
    return mustBe ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }

  @Override
  public void finish() throws IOException {
    out.flush();
  }
}
