package org.batchengine.jdbc.report;

import static org.batchengine.jdbc.sql.Columns.instant;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobConditions;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.store.BatchGroup;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ItemFigures;
import org.batchengine.store.ItemPair;
import org.batchengine.store.Measured;
import org.batchengine.store.ReportStore;

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

  private static final int QUARTER_SECONDS = 900;

  /** Every hour and day, in whatever zone, begins with a quarter of an hour. */
  private static final String QUARTER =
      "cast(floor(extract(epoch from j.created_at) / 900) as bigint)";

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
        handle -> new PairSelect(handle, dialect.lookUpInOrder(), a, b).list(from, to));
  }

  @Override
  public List<ItemFigures> figures(BatchHeader batch, int from, int to) {
    boolean isMeasured = batch.measures() != null;
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(isMeasured ? MEASURED : PLAIN)
                .bind("first", ItemIds.of(batch.number(), from))
                .bind("end", ItemIds.of(batch.number(), to))
                .map((row, context) -> figures(row, isMeasured))
                .list());
  }

  private static ItemFigures figures(ResultSet row, boolean isMeasured) throws SQLException {
    long micros = row.getLong("duration_micros");
    Long duration = row.wasNull() ? null : micros;
    double score = row.getDouble("quality");
    return new ItemFigures(
        ItemIds.index(row.getLong("item_id")),
        ItemState.valueOf(row.getString("state")),
        row.getInt("attempts"),
        duration,
        row.wasNull() ? null : score,
        instant(row, "settled_at"),
        isMeasured ? MeasureColumns.measured(row) : Measured.NONE);
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
    String quarter = query.hasSeries() ? ", " + QUARTER : "";
    String sql =
        "select j.type, j.state, count(*) as batches"
            + (query.hasSeries() ? quarter + " as quarter" : ", 0 as quarter")
            + " from batch_job j\n"
            + conditions.sql()
            + "group by j.type, j.state"
            + quarter;
    return transactions.autoCommit(
        handle ->
            conditions.bindTo(handle.createQuery(sql)).map((row, context) -> group(row)).list());
  }

  private static BatchGroup group(ResultSet row) throws SQLException {
    return new BatchGroup(
        row.getString("type"),
        JobRows.state(row),
        Instant.ofEpochSecond(row.getLong("quarter") * QUARTER_SECONDS),
        row.getLong("batches"));
  }
}
