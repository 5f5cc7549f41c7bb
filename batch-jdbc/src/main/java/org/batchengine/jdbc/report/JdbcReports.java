package org.batchengine.jdbc.report;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobConditions;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.model.Measure;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.store.BatchGroup;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ItemFigures;
import org.batchengine.store.ItemPair;
import org.batchengine.store.Measured;
import org.batchengine.store.ReportStore;
import org.jspecify.annotations.Nullable;

/** Reads what reports consist of. */
public final class JdbcReports implements ReportStore {
  private static final String FIGURES =
      """
      select o.item_id, o.state, o.attempts, o.duration_micros, o.quality, o.settled_at%s
      from batch_outcome o
      where o.item_id >= :first and o.item_id < :end
      """;

  private static final String PLAIN = FIGURES.formatted("");
  private static final String MEASURED = FIGURES.formatted(", <measures o>");

  private static final int FIRST_MEASURE = 7;

  /** Every hour and day, in whatever zone, begins with a quarter of an hour. */
  private static final int QUARTER_SECONDS = 900;

  private final Transactions transactions;
  private final Dialect dialect;

  /** On an open database. */
  public JdbcReports(Database database) {
    transactions = database.transactions();
    dialect = database.dialect();
  }

  @Override
  public List<ItemPair> pairs(BatchHeader a, BatchHeader b, int from, int to) {
    return transactions.inReadTransaction(
        handle -> new PairSelect(handle, dialect, a, b).list(from, to));
  }

  @Override
  public List<ItemFigures> figures(BatchHeader batch, int from, int to) {
    int measures = batch.measureNames().size();
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(measures > 0 ? MEASURED : PLAIN)
                .bind("first", ItemIds.of(batch.number(), from))
                .bind("end", ItemIds.of(batch.number(), to))
                .scanResultSet(
                    (rows, context) -> {
                      try (context) {
                        return figures(rows.get(), new ArrayList<>(to - from), measures);
                      }
                    }));
  }

  private static List<ItemFigures> figures(ResultSet rows, List<ItemFigures> figures, int measures)
      throws SQLException {
    while (rows.next()) {
      figures.add(figures(rows, measures));
    }
    return figures;
  }

  /** By position: a million rows feel it if ten columns are looked up by name. */
  private static ItemFigures figures(ResultSet row, int measures) throws SQLException {
    long micros = row.getLong(4);
    Long duration = row.wasNull() ? null : micros;
    double score = row.getDouble(5);
    Double quality = row.wasNull() ? null : score;
    return new ItemFigures(
        ItemIds.index(row.getLong(1)),
        ItemState.valueOf(row.getString(2)),
        row.getInt(3),
        duration,
        quality,
        row.getObject(6, OffsetDateTime.class).toInstant(),
        measured(row, measures));
  }

  private static Measured measured(ResultSet row, int measures) throws SQLException {
    if (measures == 0) {
      return Measured.NONE;
    }
    @Nullable BigDecimal[] values = new BigDecimal[Measure.MOST];
    for (int place = 0; place < measures; place++) {
      values[place] = row.getBigDecimal(FIRST_MEASURE + place);
    }
    return Measured.of(values);
  }

  @Override
  public Map<Integer, String> keys(BatchHeader batch, Collection<Integer> indexes) {
    List<Long> items = indexes.stream().map(index -> ItemIds.of(batch.number(), index)).toList();
    Map<Integer, String> keys = new TreeMap<>();
    Slices.find(items, Long[]::new, this::keys)
        .forEach(found -> keys.put(ItemIds.index(found.getKey()), found.getValue()));
    return keys;
  }

  private List<Map.Entry<Long, String>> keys(Long[] items) {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(
                    """
                    select item_id, item_key from batch_item
                    where item_id = any(:items) and item_key is not null
                    """)
                .bind("items", items)
                .map((row, context) -> Map.entry(row.getLong("item_id"), row.getString("item_key")))
                .list());
  }

  @Override
  public Optional<String> report(BatchId batch, int run) {
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, ReportDao.class).body(batch, run));
  }

  @Override
  public boolean keepReport(BatchHeader batch, int run, String report) {
    return transactions.inTransaction(
        handle -> {
          ReportDao reports = SqlObjects.on(handle, ReportDao.class);
          return reports.lockEnded(batch.number(), run).isPresent()
              && reports.insert(batch.number(), run, report) > 0;
        });
  }

  @Override
  public List<BatchGroup> statistics(StatisticsQuery query) {
    Conditions conditions = JobConditions.of(query.filter());
    String counted =
        query.hasSeries()
            ? "array_agg(%s) as seconds".formatted(dialect.second("j.created_at"))
            : "count(*) as batches";
    String sql =
        "select j.type, j.state, %s from batch_job j\n%sgroup by j.type, j.state"
            .formatted(counted, conditions.sql());
    return transactions.autoCommit(
        handle ->
            conditions
                .bindTo(handle.createQuery(sql))
                .map((row, context) -> query.hasSeries() ? inTime(row) : List.of(group(row)))
                .stream()
                .flatMap(List::stream)
                .toList());
  }

  private static BatchGroup group(ResultSet row) throws SQLException {
    return new BatchGroup(
        row.getString("type"), JobRows.state(row), Instant.EPOCH, row.getLong("batches"));
  }

  /** Neighbours that were created in the same quarter of an hour are one group. */
  private static List<BatchGroup> inTime(ResultSet row) throws SQLException {
    String type = row.getString("type");
    BatchState state = JobRows.state(row);
    Object[] seconds = (Object[]) row.getArray("seconds").getArray();
    List<BatchGroup> groups = new ArrayList<>();
    int from = 0;
    while (from < seconds.length) {
      long quarter = quarter(seconds[from]);
      int to = from + 1;
      while (to < seconds.length && quarter(seconds[to]) == quarter) {
        to++;
      }
      Instant began = Instant.ofEpochSecond(quarter * QUARTER_SECONDS);
      groups.add(new BatchGroup(type, state, began, to - from));
      from = to;
    }
    return groups;
  }

  private static long quarter(Object second) {
    return Math.floorDiv((Long) second, QUARTER_SECONDS);
  }
}
