package org.batchengine.engine.report;

import java.util.Map;
import org.batchengine.model.ImportException;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON objects, one a line, with the members {@code input} and perhaps {@code key}; others
 * are passed over, and so are empty lines. A whole object may be the input instead.
 */
final class JsonLinesReader extends ImportedRows {
  private final FileText text;
  private final boolean isWhole;

  JsonLinesReader(FileText text, boolean isWhole) {
    this.text = text;
    this.isWhole = isWhole;
  }

  @Override
  @Nullable ImportedRow read() {
    while (text.peek() != FileText.END) {
      long line = text.line();
      StringBuilder json = new StringBuilder();
      while (!FileText.endsLine(text.peek())) {
        text.readInto(json, line);
      }
      text.readLineEnd();
      if (!json.toString().isBlank()) {
        return row(line, json.toString());
      }
    }
    return null;
  }

  private ImportedRow row(long line, String json) {
    Map<String, String> members;
    try {
      members = new JsonObject(json).members();
    } catch (IllegalArgumentException e) {
      throw new ImportException(line, e.getMessage() + "; each line must be one JSON object", null);
    }
    if (isWhole) {
      return new ImportedRow(line, null, json.strip());
    }
    String input = members.get("input");
    if (input == null) {
      throw new ImportException(line, "the object has no member input, or it is null", null);
    }
    return new ImportedRow(line, members.get("key"), input);
  }
}
