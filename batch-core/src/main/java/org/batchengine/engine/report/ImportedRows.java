package org.batchengine.engine.report;

import java.io.InputStream;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.batchengine.model.ImportException;
import org.jspecify.annotations.Nullable;

/** The items of a file, read lazily. Either all have a key or none has. */
public abstract sealed class ImportedRows implements Iterator<ImportedRow>
    permits CsvReader, JsonLinesReader {
  private @Nullable ImportedRow next;
  private @Nullable ImportedRow first;

  /**
   * Of CSV with a header that names a column {@code input} and perhaps a column {@code key}.
   *
   * @param isWhole whether whole rows are the inputs instead, whatever the columns
   */
  public static ImportedRows csv(InputStream in, char separator, boolean isWhole) {
    return new CsvReader(new FileText(in), separator, isWhole);
  }

  /**
   * Of JSON objects, one a line.
   *
   * @param isWhole whether whole objects are the inputs, instead of their members {@code input}
   */
  public static ImportedRows jsonLines(InputStream in, boolean isWhole) {
    return new JsonLinesReader(new FileText(in), isWhole);
  }

  /** The next item; null at the end. */
  abstract @Nullable ImportedRow read();

  @Override
  public boolean hasNext() {
    if (next == null) {
      next = read();
    }
    return next != null;
  }

  @Override
  public ImportedRow next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    ImportedRow row = next;
    next = null;
    if (first == null) {
      first = row;
    }
    if ((first.key() == null) != (row.key() == null)) {
      throw new ImportException(
          row.line(),
          "the item has %s key, unlike that of line %d: give all of them a key, or none"
              .formatted(row.key() == null ? "no" : "a", first.line()),
          null);
    }
    return row;
  }
}
