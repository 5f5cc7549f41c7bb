package org.batchengine.memory;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.model.BatchId;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.store.BatchGroup;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ItemFigures;
import org.batchengine.store.ReportStore;

/** Reads what reports consist of. */
final class MemoryReports implements ReportStore {
  private final MemoryTransactions transactions;

  MemoryReports(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public List<ItemFigures> figures(BatchHeader batch, int from, int to) {
    return transactions.inTransaction(
        tables ->
            tables
                .found(List.of(batch.number()))
                .flatMap(rows -> IntStream.range(from, to).mapToObj(i -> figures(rows, i)))
                .flatMap(Optional::stream)
                .toList());
  }

  private static Optional<ItemFigures> figures(BatchRows batch, int index) {
    OutcomeRow row = batch.outcomes.get(index);
    return Optional.ofNullable(row)
        .map(
            found ->
                new ItemFigures(
                    index,
                    found.state(),
                    found.attempts(),
                    found.duration() == null ? null : found.duration().toNanos() / 1_000,
                    found.quality(),
                    found.settledAt(),
                    found.measured()));
  }

  @Override
  public Map<Integer, String> keys(BatchHeader batch, Collection<Integer> indexes) {
    return transactions.inTransaction(
        tables -> {
          Map<Integer, String> keys = new TreeMap<>();
          tables
              .found(List.of(batch.number()))
              .forEach(rows -> indexes.forEach(index -> addKey(keys, rows, index)));
          return keys;
        });
  }

  private static void addKey(Map<Integer, String> keys, BatchRows batch, int index) {
    String key = batch.items.get(index).key();
    if (key != null) {
      keys.put(index, key);
    }
  }

  @Override
  public Optional<String> report(BatchId batch, int run) {
    return transactions.inTransaction(
        tables -> Optional.ofNullable(tables.find(batch, null)).map(rows -> rows.reports.get(run)));
  }

  @Override
  public boolean keepReport(BatchHeader batch, int run, String report) {
    return transactions.inTransaction(
        tables ->
            tables
                .found(List.of(batch.number()))
                .filter(rows -> rows.run == run && rows.state.isTerminal())
                .anyMatch(rows -> rows.reports.putIfAbsent(run, report) == null));
  }

  @Override
  public List<BatchGroup> statistics(StatisticsQuery query) {
    return transactions.inTransaction(
        tables ->
            tables.batches.values().stream()
                .filter(rows -> !rows.hidden && MemoryReading.isAskedFor(rows, query.filter()))
                .map(rows -> new BatchGroup(rows.submitted.type(), rows.state, rows.createdAt, 1))
                .toList());
  }
}
