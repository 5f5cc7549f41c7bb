package org.batchengine;

import java.io.IOException;
import java.io.OutputStream;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.BatchReport;
import org.batchengine.report.BatchStatistics;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;
import org.batchengine.report.ItemDifference;
import org.batchengine.report.StatisticsQuery;

/**
 * What a person wants to see of batches: reports, statistics, comparisons and exports. Of a {@link
 * Batches#forTenant view} it sees the batches of that tenant only. Thread-safe; changes no batch.
 */
public interface BatchReports {

  /**
   * Reads all settled items of the current run of a batch and returns what became of them, and how
   * long that took. Of many items that may take seconds.
   *
   * <p>The report of an ended run is made once, and kept with the batch. That of a live batch is
   * returned again for 5 seconds, or for 20 times what it took to make if that is longer. An engine
   * makes one report at a time; other calls that need one wait.
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch, or it is
   *     deleted meanwhile
   */
  BatchReport of(BatchId id);

  /**
   * Counts batches by state, by type and, if asked for, by hour or day of their creation.
   *
   * @throws IllegalArgumentException if this is a view and the query names another tenant
   */
  BatchStatistics statistics(StatisticsQuery query);

  /**
   * Writes all items of a batch, by index, with a column for each key of {@link BatchItem#toMap}
   * but the batch's id. Reads page by page in transactions of their own, so it needs little memory,
   * and a slow stream holds up nothing. Of a batch that runs, each page shows its items as they are
   * when it is read.
   *
   * <p>Payloads are the stored text. The stream is flushed and stays open.
   *
   * @param id the batch
   * @param format the format of the file
   * @param out where to write
   * @return the number of items
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.BatchChangedException if it is deleted, or its failed items are
   *     taken up again, while it is read; what was written is incomplete
   * @throws IllegalStateException if the format needs a library that is not there; the message
   *     names it
   * @throws IOException if the stream throws it
   */
  default long export(BatchId id, ExportFormat format, OutputStream out) throws IOException {
    return export(id, ExportQuery.all(), format, out);
  }

  /**
   * As {@link #export(BatchId, ExportFormat, OutputStream)}, of some items or some of their values.
   *
   * @param query what is wanted
   * @return the number of items that were written
   * @throws IllegalArgumentException if the batch has no column that the query names; nothing was
   *     written
   */
  long export(BatchId id, ExportQuery query, ExportFormat format, OutputStream out)
      throws IOException;

  /**
   * Counts what differs between two batches. Items are compared by key if those of both have keys,
   * otherwise by index; outputs are compared as stored text. Reads page by page, in little memory:
   * about a million items of each in some seconds.
   *
   * @param a the first batch, usually the earlier one
   * @param b the second batch
   * @return counts, durations and quality
   * @throws org.batchengine.model.BatchNotFoundException if one of them does not exist
   * @throws org.batchengine.model.BatchChangedException if one of them is deleted, or its failed
   *     items are taken up again, while they are read
   */
  BatchComparison compare(BatchId a, BatchId b);

  /**
   * Returns the items that differ between two batches, page by page in the order of their indexes
   * in {@code a}. Reads lazily, and throws as {@link #compare} does while it is read. Need not be
   * closed.
   *
   * @param a the first batch, usually the earlier one
   * @param b the second batch
   * @return the differences
   */
  Stream<ItemDifference> differences(BatchId a, BatchId b);
}
