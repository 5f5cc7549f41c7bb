package org.batchengine;

import org.batchengine.model.BatchId;
import org.batchengine.report.BatchReport;
import org.batchengine.report.BatchStatistics;
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
}
