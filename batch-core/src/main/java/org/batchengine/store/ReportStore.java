package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.BatchId;
import org.batchengine.report.StatisticsQuery;

/** Reads what reports consist of. Every rule of {@link BatchStore} holds. */
public interface ReportStore {

  /** The settled items with indexes from {@code from} to before {@code to}, in any order. */
  List<ItemFigures> figures(BatchHeader batch, int from, int to);

  /** The keys of those of the items that have one, by index. At most a few hundred. */
  Map<Integer, String> keys(BatchHeader batch, Collection<Integer> indexes);

  /** The report that was kept of a run. */
  Optional<String> report(BatchId batch, int run);

  /**
   * Keeps the report of a run until the batch is removed. Does nothing if there is one, if somebody
   * has the batch locked, or if it is not the current run, or has not ended.
   *
   * @return whether it was kept
   */
  boolean keepReport(BatchHeader batch, int run, String report);

  /** How many batches there are, by type, state and, if there is a series, time of creation. */
  List<BatchGroup> statistics(StatisticsQuery query);

  /**
   * The items of two batches, side by side: those of a with an index from {@code from} to before
   * {@code to}, each with the item of b that has its key or, if one of the two has no key, its
   * index; and those of b in this range that a does not have. In the order of their indexes.
   */
  List<ItemPair> pairs(BatchHeader a, BatchHeader b, int from, int to);
}
