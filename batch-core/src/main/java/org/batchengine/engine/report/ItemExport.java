package org.batchengine.engine.report;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.model.BatchItem;
import org.batchengine.model.StoredText;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ReadStore;
import org.jspecify.annotations.Nullable;

/**
 * Writes the items of a batch to a stream, page by page. No transaction is open while a page is
 * written: an open snapshot would keep PostgreSQL from cleaning up the motion tables, for as long
 * as the reader at the other end likes.
 */
public final class ItemExport {
  /** So few that a page of errors with their stacks takes 20 MB. */
  private static final int PAGE_ITEMS = 1_000;

  private static final long PAGE_BYTES = 4L << 20;

  private static final String NEEDS_FASTEXCEL =
      "an Excel workbook needs org.dhatim:fastexcel, which is not on the class path: add it, or"
          + " export CSV";

  private final ReadStore reading;
  private final BatchHeader batch;
  private final @Nullable String tenant;

  /** Of a batch that the tenant sees. */
  public ItemExport(ReadStore reading, BatchHeader batch, @Nullable String tenant) {
    this.reading = reading;
    this.batch = batch;
    this.tenant = tenant;
  }

  /** Writes the items; says how many there were. */
  public long write(ExportQuery query, ExportFormat format, OutputStream out) throws IOException {
    List<String> columns = columns(query);
    SameRun run = new SameRun(reading, batch.id(), tenant);
    RowWriter rows = writer(columns, format, out);
    int next = 0;
    long written = 0;
    while (true) {
      List<BatchItem<String, String>> page = reading.page(batch, next, PAGE_ITEMS, PAGE_BYTES);
      run.check();
      if (page.isEmpty()) {
        rows.finish();
        return written;
      }
      for (BatchItem<String, String> item : page) {
        if (query.includes(item.state())) {
          rows.row(item.toMap());
          written++;
        }
      }
      next = page.get(page.size() - 1).index() + 1;
    }
  }

  private List<String> columns(ExportQuery query) {
    List<String> all = columns();
    for (String column : query.columnNames()) {
      if (!all.contains(column)) {
        throw new IllegalArgumentException(
            "column %s is none of this batch, which has %s"
                .formatted(StoredText.quoted(column), String.join(", ", all)));
      }
    }
    return query.columnNames().isEmpty() ? all : query.columnNames();
  }

  private static RowWriter writer(List<String> columns, ExportFormat format, OutputStream out)
      throws IOException {
    if (format instanceof ExportFormat.Csv csv) {
      return new CsvWriter(csv, columns, out);
    } else if (format instanceof ExportFormat.JsonLines) {
      return new JsonLinesWriter(columns, out);
    }
    try {
      return new ExcelWriter(columns, out);
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException(NEEDS_FASTEXCEL, e);
    }
  }

  /** Keys of {@link BatchItem#toMap}. */
  private List<String> columns() {
    List<String> columns =
        new ArrayList<>(
            List.of(
                "index",
                "key",
                "state",
                "input",
                "output",
                "error_type",
                "error_message",
                "error_fingerprint",
                "error_at",
                "attempts",
                "retries",
                "duration_seconds",
                "quality"));
    batch.measureNames().forEach(name -> columns.add("measure_" + name));
    columns.addAll(List.of("reason", "created_at", "settled_at", "due_at", "purged"));
    return columns;
  }
}
