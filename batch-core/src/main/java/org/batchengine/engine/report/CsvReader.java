package org.batchengine.engine.report;

import java.util.ArrayList;
import java.util.List;
import org.batchengine.model.ImportException;
import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/**
 * Reads CSV as in RFC 4180. Lines may end with CR LF, LF or CR; in quotes they are text. A quote
 * within an unquoted cell is text too. Empty lines are passed over.
 */
final class CsvReader extends ImportedRows {
  private final FileText text;
  private final char separator;
  private final boolean isWhole;
  private List<String> names = List.of();
  private int columns;
  private int key;
  private int input;

  CsvReader(FileText text, char separator, boolean isWhole) {
    this.text = text;
    this.separator = separator;
    this.isWhole = isWhole;
  }

  @Override
  @Nullable ImportedRow read() {
    if (columns == 0 && !readHeader()) {
      return null;
    }
    Row row = row();
    if (row == null) {
      return null;
    }
    if (row.cells.size() != columns) {
      throw new ImportException(
          row.line,
          "the row has %d cells, and the header has %d; put cells that contain a separator, a quote or a line end in quotes"
              .formatted(row.cells.size(), columns),
          null);
    }
    if (isWhole) {
      return new ImportedRow(row.line, null, object(row.cells));
    }
    String given = row.cells.get(input);
    return new ImportedRow(
        row.line, key < 0 ? null : row.cells.get(key), given == null ? "" : given);
  }

  private boolean readHeader() {
    Row header = row();
    if (header == null) {
      return false;
    }
    columns = header.cells.size();
    if (isWhole) {
      names = names(header);
      return true;
    }
    key = header.cells.indexOf("key");
    input = header.cells.indexOf("input");
    if (input < 0) {
      List<String> others = header.cells.stream().map(CsvReader::name).toList();
      throw new ImportException(
          header.line,
          "the header has no column input, only %s; the first line must name the columns, separated by %s"
              .formatted(others, StoredText.quoted(String.valueOf(separator))),
          null);
    }
    return true;
  }

  private static List<String> names(Row header) {
    List<String> names = new ArrayList<>();
    for (String name : header.cells) {
      if (name == null || name.isBlank() || names.contains(name)) {
        throw new ImportException(
            header.line,
            "column %d of the header has %s; the first line must name the columns"
                .formatted(
                    names.size() + 1,
                    name == null || name.isBlank() ? "no name" : "the name of an earlier one"),
            null);
      }
      names.add(name);
    }
    return names;
  }

  private String object(List<@Nullable String> cells) {
    StringBuilder json = new StringBuilder();
    for (int i = 0; i < names.size(); i++) {
      json.append(i == 0 ? '{' : ',');
      JsonLinesWriter.text(json, names.get(i));
      json.append(':');
      String cell = cells.get(i);
      if (cell == null) {
        json.append("null");
      } else {
        JsonLinesWriter.text(json, cell);
      }
    }
    return json.append('}').toString();
  }

  private static String name(@Nullable String cell) {
    return StoredText.quoted(cell == null ? "" : cell);
  }

  /** A line that is not empty; null at the end. An empty cell without quotes is null. */
  private @Nullable Row row() {
    while (text.peek() != FileText.END) {
      long line = text.line();
      List<@Nullable String> cells = new ArrayList<>();
      cells.add(cell());
      while (text.peek() == separator) {
        text.read();
        cells.add(cell());
      }
      text.readLineEnd();
      if (cells.size() > 1 || cells.get(0) != null) {
        return new Row(line, cells);
      }
    }
    return null;
  }

  private @Nullable String cell() {
    if (text.peek() == '"') {
      return quoted();
    }
    long began = text.line();
    StringBuilder cell = new StringBuilder();
    while (!endsCell(text.peek())) {
      text.readInto(cell, began);
    }
    return cell.isEmpty() ? null : cell.toString();
  }

  private String quoted() {
    long began = text.line();
    StringBuilder cell = new StringBuilder();
    text.read();
    while (true) {
      int c = text.peek();
      if (c == FileText.END) {
        throw new ImportException(
            began,
            "a quote that begins here is never closed; a quote within is written twice",
            null);
      } else if (c == '"') {
        text.read();
        if (text.peek() != '"') {
          break;
        }
      }
      text.readInto(cell, began);
    }
    if (!endsCell(text.peek())) {
      throw new ImportException(
          text.line(),
          "text follows a closing quote; a quote within a quoted cell is written twice",
          null);
    }
    return cell.toString();
  }

  private boolean endsCell(int c) {
    return c == separator || FileText.endsLine(c);
  }

  private record Row(long line, List<@Nullable String> cells) {}
}
