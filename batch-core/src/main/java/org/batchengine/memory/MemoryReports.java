package org.batchengine.memory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.store.BatchGroup;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ItemFigures;
import org.batchengine.store.ItemPair;
import org.batchengine.store.ItemPair.Half;
import org.batchengine.store.ReportStore;
import org.jspecify.annotations.Nullable;

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

  @Override
  public List<ItemPair> pairs(BatchHeader a, BatchHeader b, int from, int to) {
    return transactions.inTransaction(
        tables -> {
          List<BatchRows> both = tables.found(List.of(a.number(), b.number())).toList();
          return both.size() < 2 ? List.of() : pairs(both.get(0), both.get(1), from, to);
        });
  }

  private static List<ItemPair> pairs(BatchRows a, BatchRows b, int from, int to) {
    List<ItemPair> pairs = new ArrayList<>();
    for (int index = from; index < Math.min(to, a.items.size()); index++) {
      pairs.add(pair(a, index, b, counterpart(a, index, b)));
    }
    for (int index = from; index < Math.min(to, b.items.size()); index++) {
      if (counterpart(b, index, a) == null) {
        pairs.add(pair(a, null, b, index));
      }
    }
    pairs.sort(Comparator.comparing(ItemPair::index));
    return pairs;
  }

  /** Where the item is in the other batch. */
  private static @Nullable Integer counterpart(BatchRows one, int index, BatchRows other) {
    String key = one.items.get(index).key();
    boolean isThere = index < other.items.size();
    if (key == null || (isThere && other.items.get(index).key() == null)) {
      return isThere ? index : null;
    }
    return other.indexByKey.get(key);
  }

  private static ItemPair pair(
      BatchRows a, @Nullable Integer inA, BatchRows b, @Nullable Integer inB) {
    String key = inA != null ? a.items.get(inA).key() : inB != null ? b.items.get(inB).key() : null;
    boolean isPurged = (inA != null && inA < a.purged) || (inB != null && inB < b.purged);
    return new ItemPair(key, half(a, inA), half(b, inB), differ(a, inA, b, inB), isPurged);
  }

  private static @Nullable Half half(BatchRows batch, @Nullable Integer index) {
    if (index == null) {
      return null;
    }
    OutcomeRow row = batch.outcomes.get(index);
    return row == null
        ? new Half(index, null, null, null)
        : new Half(index, row.state(), row.duration(), row.quality());
  }

  private static boolean differ(
      BatchRows a, @Nullable Integer inA, BatchRows b, @Nullable Integer inB) {
    OutcomeRow one = inA == null ? null : a.outcomes.get(inA);
    OutcomeRow other = inB == null ? null : b.outcomes.get(inB);
    return one != null
        && other != null
        && one.state() == ItemState.SUCCEEDED
        && other.state() == ItemState.SUCCEEDED
        && !Objects.equals(one.output(), other.output());
  }
}
