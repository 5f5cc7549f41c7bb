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

  /** Of CSV with a header that names a column {@code input} and perhaps a column {@code key}. */
  public static ImportedRows csv(InputStream in, char separator) {
    return new CsvReader(new FileText(in), separator);
  }

  /** Of JSON objects, one a line. */
  public static ImportedRows jsonLines(InputStream in) {
    return new JsonLinesReader(new FileText(in));
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
