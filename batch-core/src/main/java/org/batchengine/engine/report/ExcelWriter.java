package org.batchengine.engine.report;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.batchengine.model.StoredText;
import org.dhatim.fastexcel.Workbook;
import org.dhatim.fastexcel.Worksheet;
import org.jspecify.annotations.Nullable;

/**
 * Writes an Excel workbook. Only {@link ItemExport} loads this class, and only when it is asked for
 * one, because the library is optional.
 */
final class ExcelWriter implements RowWriter {
  private static final int MOST_ROWS = 1_048_576;
  private static final int MOST_CHARACTERS = 32_767;
  private static final int ROWS_IN_MEMORY = 100;

  private final List<String> columns;
  private final OutputStream out;
  private final Workbook workbook;
  private final int mostRows;
  private Worksheet sheet;
  private int sheets;
  private int row;

  ExcelWriter(List<String> columns, OutputStream out) {
    this(columns, out, MOST_ROWS);
  }

  /** With a limit of rows in a sheet. */
  ExcelWriter(List<String> columns, OutputStream out, int mostRows) {
    this.columns = columns;
    this.out = out;
    this.mostRows = mostRows;
    workbook = new Workbook(new Open(out), "BatchEngine", null);
    sheet = newSheet();
  }

  private Worksheet newSheet() {
    sheets++;
    row = 1;
    Worksheet begun = workbook.newWorksheet(sheets == 1 ? "Items" : "Items " + sheets);
    begun.freezePane(0, 1);
    for (int column = 0; column < columns.size(); column++) {
      begun.inlineString(0, column, columns.get(column));
    }
    return begun;
  }

  @Override
  public void row(Map<String, Object> values) throws IOException {
    if (row == mostRows) {
      sheet.finish();
      sheet = newSheet();
    }
    for (int column = 0; column < columns.size(); column++) {
      cell(column, values.get(columns.get(column)));
    }
    row++;
    if (row % ROWS_IN_MEMORY == 0) {
      sheet.flush();
    }
  }

  /** Texts are inline: the table of shared ones would be kept in memory. */
  private void cell(int column, @Nullable Object value) {
    if (value instanceof String text) {
      sheet.inlineString(row, column, StoredText.clean(xml(text), MOST_CHARACTERS));
    } else if (value instanceof Number number) {
      sheet.value(row, column, new BigDecimal(RowWriter.plain(number)));
    } else if (value instanceof Boolean is) {
      sheet.value(row, column, is);
    }
  }

  private static String xml(String text) {
    StringBuilder allowed = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean isLineOrTab = c == '\t' || c == '\n' || c == '\r';
      if ((c < ' ' && !isLineOrTab) || c == '\uFFFE' || c == '\uFFFF') {
        allowed.setCharAt(i, '\uFFFD');
      }
    }
    return allowed.toString();
  }

  @Override
  public void finish() throws IOException {
    workbook.finish();
    out.flush();
  }

  /** The library closes its stream, which is the caller's. */
  private static final class Open extends FilterOutputStream {
    Open(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
