package org.batchengine.jdbc.settle;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import org.batchengine.jdbc.database.SqlTemplates;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.Measure;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Writes a settlement in one statement, from arrays, for PostgreSQL: nothing is open between two
 * trips, so that a node that is stopped in the middle holds no lock. The statement has a part for
 * each kind of row that there is, and all parts hang on the fence, which takes the session's next
 * number. One row comes back if it was taken; a division by zero undoes everything if the session
 * did not own what it settles. If it meets a lock of others, it is soon given up as a whole.
 */
final class SettlementArrays implements SettlementWriter {
  private final SqlTemplates sql;

  SettlementArrays(SqlTemplates sql) {
    this.sql = sql;
  }

  @Override
  public boolean write(Transactions transactions, Settlement settlement) {
    Parts parts = partsOf(settlement);
    return transactions.autoCommit(handle -> write(handle, settlement, parts));
  }

  @Override
  public boolean writeWithin(Handle handle, Settlement settlement) {
    Parts parts = new Parts();
    parts.add(SettlementSql.SHARED_FENCE);
    parts.add(settlement.session());
    addErrors(parts, settlement.failures());
    addOutcomes(parts, settlement.outcomes());
    addParked(parts, settlement);
    addCounts(parts, settlement); // last: other workers wait for the row
    parts.end();
    return write(handle, settlement, parts);
  }

  private boolean write(Handle handle, Settlement settlement, Parts parts) {
    try (PreparedStatement statement =
        handle.getConnection().prepareStatement(sql.sql(parts.text()))) {
      parts.bind(statement);
      try (ResultSet fence = statement.executeQuery()) {
        return fence.next();
      }
    } catch (SQLException e) {
      if (SqlFaults.state(e).equals(SqlFaults.DIVISION_BY_ZERO)) {
        throw SettlementWriter.notOwned(settlement);
      }
      throw new UncheckedSqlException(e);
    }
  }

  private static Parts partsOf(Settlement settlement) {
    Parts parts = new Parts();
    parts.add(SettlementSql.FENCE);
    parts.add(settlement.number(), settlement.session(), settlement.number());

    addCounts(parts, settlement);

    addErrors(parts, settlement.failures());
    addParked(parts, settlement);
    addChunks(parts, settlement);
    addOutcomes(parts, settlement.outcomes());
    parts.end();
    return parts;
  }

  private static void addErrors(Parts parts, List<Failure> errors) {
    if (!errors.isEmpty()) {
      parts.add(SettlementSql.ERRORS);
      parts.longs(errors, e -> ItemIds.of(e.batch(), e.index()));
      parts.array(errors, Integer[]::new, e -> e.error().attempt());
      parts.array(errors, String[]::new, e -> e.error().type());
      parts.array(errors, String[]::new, e -> e.error().message());
      parts.array(errors, String[]::new, e -> e.error().fingerprint());
      parts.array(errors, String[]::new, e -> e.error().stack());
      parts.array(errors, String[]::new, e -> e.error().at().toString());
    }
  }

  private static void addCounts(Parts parts, Settlement settlement) {
    Collection<BatchCount> counts = BatchCount.of(settlement);
    if (!counts.isEmpty()) {
      boolean isMeasured = counts.stream().anyMatch(count -> !count.sums.isNone());
      parts.add(isMeasured ? SettlementSql.PROGRESS_MEASURED : SettlementSql.PROGRESS);
      parts.longs(counts, count -> count.batch);
      parts.longs(counts, count -> count.succeeded);
      parts.longs(counts, count -> count.failed);
      parts.longs(counts, count -> count.skipped);
      parts.longs(counts, count -> count.cancelled);
      parts.longs(counts, count -> count.itemMicros);
      parts.longs(counts, count -> count.retries);
      parts.array(counts, Double[]::new, count -> count.itemsPerSecond);
      if (isMeasured) {
        addSums(parts, counts);
      }
    }
  }

  private static void addSums(Parts parts, Collection<BatchCount> counts) {
    for (int place = 0; place < MeasureSums.SIZE; place++) {
      int at = place;
      parts.array(counts, String[]::new, count -> text(count.sums.sums().get(at)));
    }
    for (int place = 0; place < MeasureSums.SIZE; place++) {
      int at = place;
      parts.longs(counts, count -> count.sums.items().get(at));
    }
  }

  private static void addParked(Parts parts, Settlement settlement) {
    List<Parking> parked = new ArrayList<>();
    List<Parking> again = new ArrayList<>();
    for (Parking parking : settlement.parkings()) {
      (parking.parked() ? again : parked).add(parking);
    }
    if (!parked.isEmpty()) {
      boolean isMeasured = areMeasured(parked);
      String part = isMeasured ? SettlementSql.PARKED_MEASURED : SettlementSql.PARKED;
      parts.add(part, "parked", parked.size());
      parts.longs(parked, p -> ItemIds.of(p.batch(), p.index()));
      parts.array(parked, String[]::new, SettlementWriter::kind);
      parts.longs(parked, Parking::batch);
      parts.array(parked, Integer[]::new, Parking::index);
      parts.array(parked, Integer[]::new, Parking::attempts);
      parts.array(parked, Integer[]::new, Parking::budgetFrom);
      parts.longs(parked, p -> Columns.micros(p.delay()));
      if (isMeasured) {
        addMeasured(parts, parked);
      }
    }
    if (!again.isEmpty()) {
      boolean isMeasured = areMeasured(again);
      String part = isMeasured ? SettlementSql.PARKED_AGAIN_MEASURED : SettlementSql.PARKED_AGAIN;
      parts.add(part, "parked_again", again.size());
      parts.longs(again, p -> ItemIds.of(p.batch(), p.index()));
      parts.array(again, String[]::new, SettlementWriter::kind);
      parts.array(again, Integer[]::new, Parking::attempts);
      parts.array(again, Integer[]::new, Parking::budgetFrom);
      parts.longs(again, p -> Columns.micros(p.delay()));
      if (isMeasured) {
        addMeasured(parts, again);
      }
    }
    addFinished(parts, settlement.outcomes());
  }

  private static void addFinished(Parts parts, List<Outcome> outcomes) {
    List<Outcome> finished = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      if (outcome.parked()) {
        finished.add(outcome);
      }
    }
    if (!finished.isEmpty()) {
      parts.add(SettlementSql.FINISHED, "finished", finished.size());
      parts.longs(finished, o -> ItemIds.of(o.batch(), o.index()));
    }
  }

  private static boolean areMeasured(List<Parking> parkings) {
    return parkings.stream().anyMatch(p -> !p.measured().total().isNone());
  }

  private static void addMeasured(Parts parts, List<Parking> parkings) {
    for (int place = 0; place < Measure.MOST; place++) {
      int at = place;
      parts.array(parkings, String[]::new, p -> text(p.measured().total().at(at)));
    }
  }

  /** The driver knows no arrays of numbers with decimals. */
  private static @Nullable String text(@Nullable BigDecimal value) {
    return value == null ? null : value.toPlainString();
  }

  private static void addChunks(Parts parts, Settlement settlement) {
    List<ClaimedChunk> chunks = settlement.chunks();
    if (!chunks.isEmpty()) {
      parts.add(SettlementSql.CHUNKS, "chunks", chunks.size());
      parts.longs(chunks, ClaimedChunk::batch);
      parts.array(chunks, Integer[]::new, ClaimedChunk::from);
      parts.array(chunks, Integer[]::new, ClaimedChunk::to);
    }
    List<ClaimedChunk> returned = settlement.returned();
    if (!returned.isEmpty()) {
      parts.add(SettlementSql.RETURNED, "returned", returned.size());
      parts.longs(returned, ClaimedChunk::batch);
      parts.array(returned, Integer[]::new, ClaimedChunk::from);
      parts.array(returned, Integer[]::new, ClaimedChunk::to);
      parts.array(returned, Integer[]::new, chunk -> settled(settlement, chunk));
    }
    List<Settlement.Cut> cuts = settlement.cuts();
    if (!cuts.isEmpty()) {
      parts.add(SettlementSql.CUT, "cut", cuts.size());
      parts.longs(cuts, cut -> cut.chunk().batch());
      parts.array(cuts, Integer[]::new, cut -> cut.chunk().from());
      parts.array(cuts, Integer[]::new, cut -> cut.chunk().to());
      parts.array(cuts, Integer[]::new, Settlement.Cut::at);
    }
    List<ClaimedItem> items = settlement.returnedItems();
    if (!items.isEmpty()) {
      parts.add(SettlementSql.RETURNED_ITEMS, "returned_items", items.size());
      parts.longs(items, i -> ItemIds.of(i.batch(), i.index()));
      parts.longs(items, ClaimedItem::batch);
    }
  }

  /** A column that has one value throughout, as most have, is sent once and not as an array. */
  private static void addOutcomes(Parts parts, List<Outcome> outcomes) {
    if (outcomes.isEmpty()) {
      return;
    }
    OutcomeColumns columns = new OutcomeColumns();
    columns.add("state", "varchar", array(outcomes, String[]::new, o -> o.state().name()));
    columns.add("attempts", "int", array(outcomes, Integer[]::new, Outcome::attempts));
    columns.add("quality", "float8", array(outcomes, Double[]::new, Outcome::quality));
    columns.add("reason", "varchar", array(outcomes, String[]::new, Outcome::reason));
    columns.add("output", "varchar", array(outcomes, String[]::new, Outcome::output));
    if (outcomes.stream().anyMatch(o -> !o.measured().total().isNone())) {
      for (int place = 0; place < Measure.MOST; place++) {
        int at = place;
        columns.add(
            MeasureColumns.OF_ITEM.get(at),
            "numeric",
            array(outcomes, String[]::new, o -> text(o.measured().total().at(at))));
      }
    }
    parts.add(
        """
        , outcomes as (
          insert into batch_outcome (item_id, duration_micros, settled_at, %s)
          select unnest(?::bigint[]), unnest(?::bigint[]), <now>, %s
          from fence)
        """
            .formatted(columns.all, columns.selected));
    parts.longs(outcomes, o -> ItemIds.of(o.batch(), o.index()));
    parts.longs(outcomes, Outcome::durationMicros);
    parts.addAll(columns.values);
  }

  /** How many items leave the chunk with the settlement itself: no part of it sees another's. */
  private static int settled(Settlement settlement, ClaimedChunk chunk) {
    long outcomes =
        settlement.outcomes().stream()
            .filter(o -> !o.parked() && isIn(chunk, o.batch(), o.index()))
            .count();
    long parked =
        settlement.parkings().stream()
            .filter(p -> !p.parked() && isIn(chunk, p.batch(), p.index()))
            .count();
    return Math.toIntExact(outcomes + parked);
  }

  private static boolean isIn(ClaimedChunk chunk, long batch, int index) {
    return chunk.batch() == batch && chunk.from() <= index && index < chunk.to();
  }

  private static <R, V> @Nullable V[] array(
      Collection<R> rows, IntFunction<@Nullable V[]> made, Function<R, @Nullable V> column) {
    @Nullable V[] values = made.apply(rows.size());
    int next = 0;
    for (R row : rows) {
      values[next++] = column.apply(row);
    }
    return values;
  }

  /** Columns of rows to be inserted: single values, or arrays of one value a row. */
  private static final class OutcomeColumns {
    private final StringBuilder all = new StringBuilder();
    private final StringBuilder selected = new StringBuilder();
    private final List<Object> values = new ArrayList<>();

    void add(String name, String type, @Nullable Object[] column) {
      String comma = all.isEmpty() ? "" : ", ";
      all.append(comma).append(name);
      selected.append(comma);
      Object first = column[0];
      if (!isSame(column)) {
        selected.append("unnest(?::").append(type).append("[])");
        values.add(column);
      } else if (first == null) {
        selected.append("null::").append(type);
      } else {
        selected.append("?::").append(type);
        values.add(first);
      }
    }

    private static boolean isSame(@Nullable Object[] values) {
      for (Object value : values) {
        if (!Objects.equals(value, values[0])) {
          return false;
        }
      }
      return true;
    }
  }

  /** The parts of the statement, and their parameters in their order. */
  private static final class Parts {
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder checks = new StringBuilder("true");
    private final List<Object> parameters = new ArrayList<>();
    private final List<Object> counts = new ArrayList<>();

    void add(String part) {
      text.append(part);
    }

    /** One that must touch so many rows. */
    void add(String part, String name, int rows) {
      add(part);
      checks.append(" and (select count(*) from ").append(name).append(") = ?");
      counts.add(rows);
    }

    void end() {
      add("select 1 / case when " + checks + " then 1 else 0 end from fence");
      addAll(counts);
    }

    void add(Object... values) {
      addAll(List.of(values));
    }

    void addAll(List<Object> values) {
      parameters.addAll(values);
    }

    /** An array that stays primitive on its way. */
    <R> void longs(Collection<R> rows, ToLongFunction<R> column) {
      long[] values = new long[rows.size()];
      int next = 0;
      for (R row : rows) {
        values[next++] = column.applyAsLong(row);
      }
      parameters.add(values);
    }

    <R, V> void array(
        Collection<R> rows, IntFunction<@Nullable V[]> made, Function<R, @Nullable V> column) {
      parameters.add(SettlementArrays.array(rows, made, column));
    }

    String text() {
      return text.toString();
    }

    void bind(PreparedStatement statement) throws SQLException {
      for (int i = 0; i < parameters.size(); i++) {
        statement.setObject(i + 1, parameters.get(i));
      }
    }
  }
}
