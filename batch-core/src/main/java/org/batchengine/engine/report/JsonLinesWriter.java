package org.batchengine.engine.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;

/** Writes a flat JSON object a line. */
final class JsonLinesWriter implements RowWriter {
  private final List<String> columns;
  private final Writer out;

  JsonLinesWriter(List<String> columns, OutputStream out) {
    this.columns = columns;
    this.out = new BufferedWriter(new OutputStreamWriter(out, UTF_8));
  }

  @Override
  public void row(Map<String, Object> values) throws IOException {
    StringBuilder json = new StringBuilder();
    for (String column : columns) {
      Object value = values.get(column);
      if (value != null) {
        json.append(json.isEmpty() ? '{' : ',');
        text(json, column);
        json.append(':');
        if (value instanceof String text) {
          text(json, text);
        } else {
          json.append(value instanceof Number number ? RowWriter.plain(number) : value);
        }
      }
    }
    out.append(json.isEmpty() ? "{" : json).append("}\n");
  }

  static void text(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
        // The last two, and U+0085, end a line for some readers.
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }

  @Override
  public void finish() throws IOException {
    out.flush();
  }
}
