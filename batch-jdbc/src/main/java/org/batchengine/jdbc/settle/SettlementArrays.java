package org.batchengine.jdbc.settle;

import static org.batchengine.jdbc.sql.MeasureColumns.add;
import static org.batchengine.jdbc.sql.MeasureColumns.listed;

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
  /** The bound on waits for locks comes before the first lock, and ends with the statement. */
  private static final String FENCE =
      """
      with bound as materialized (select set_config('lock_timeout', '%d', true) as set),
      fence as materialized (
        update batch_session s set settled = ? from bound
        where s.id = ? and s.settled = ? - 1 and bound.set is not null
        returning s.id)
      """
          .formatted(Transactions.BRIEF.toMillis());

  /** The same within a transaction that is open. */
  private static final String SHARED_FENCE =
      "with fence as materialized (select id from batch_session where id = ? <lock_session>)\n";

  private static final String PROGRESS = progress("", "", "", "");

  private static final String PROGRESS_MEASURED =
      progress(
          listed(MeasureColumns.SUMS, name -> name),
          listed(MeasureColumns.SUMS, name -> "b." + name),
          listed(
              MeasureColumns.SUMS, name -> name.startsWith("sum") ? "?::numeric[]" : "?::bigint[]"),
          listed(MeasureColumns.SUMS, name -> add(name, "p.", "excluded." + name)));

  private static String progress(String names, String values, String arrays, String added) {
    return """
        , progress as (
          insert into batch_progress as p (batch_no, session_id, succeeded, failed, skipped, cancelled,
              items_per_second, updated_at%s)
          select b.batch_no, fence.id, b.succeeded, b.failed, b.skipped, b.cancelled, b.rate, <now>%s
          from fence, unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::float8[]%s)
            as b (batch_no, succeeded, failed, skipped, cancelled, rate%s)
          on conflict (batch_no, session_id) do update set
            succeeded = p.succeeded + excluded.succeeded,
            failed = p.failed + excluded.failed,
            skipped = p.skipped + excluded.skipped,
            cancelled = p.cancelled + excluded.cancelled,
            items_per_second = excluded.items_per_second,
            updated_at = excluded.updated_at%s)
        """
        .formatted(names, values, arrays, names, added);
  }

  private static final String ERRORS =
      """
      , errors as (
        insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
        select e.item_id, e.attempt, e.type, e.message, e.fingerprint, e.stack, e.at::timestamptz
        from fence, unnest(?::bigint[], ?::int[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[])
          as e (item_id, attempt, type, message, fingerprint, stack, at))
      """;

  private static final String MEASURED = listed(MeasureColumns.OF_ITEM, name -> name);

  private static final String MEASURED_ARRAYS =
      listed(MeasureColumns.OF_ITEM, name -> "?::numeric[]");

  private static final String PARKED =
      """
      , parked as (
        insert into batch_parked
          (item_id, batch_no, kind, attempts, budget_from, lost, due_at, type, tenant, priority, sequential%s)
        select n.item_id, n.batch_no, 'RETRY', n.attempts, n.budget_from, c.lost,
          <now> + n.delay * interval '1 microsecond', c.type, c.tenant, c.priority, c.sequential%s
        from fence, unnest(?::bigint[], ?::bigint[], ?::int[], ?::int[], ?::int[], ?::bigint[]%s)
          as n (item_id, batch_no, item_index, attempts, budget_from, delay%s)
          join batch_chunk c on c.batch_no = n.batch_no
            and c.from_index <= n.item_index and n.item_index < c.to_index
        where c.session_id = fence.id
        returning item_id)
      """
          .formatted(
              MEASURED,
              listed(MeasureColumns.OF_ITEM, name -> "n." + name),
              MEASURED_ARRAYS,
              MEASURED);

  private static final String PARKED_AGAIN =
      """
      , parked_again as (
        update batch_parked p
        set session_id = null, attempts = a.attempts, budget_from = a.budget_from,
          due_at = <now> + a.delay * interval '1 microsecond'%s
        from fence, unnest(?::bigint[], ?::int[], ?::int[], ?::bigint[]%s)
          as a (item_id, attempts, budget_from, delay%s)
        where p.item_id = a.item_id and p.session_id = fence.id
        returning p.item_id)
      """
          .formatted(
              listed(MeasureColumns.OF_ITEM, name -> name + " = a." + name),
              MEASURED_ARRAYS,
              MEASURED);

  private static final String FINISHED =
      """
      , finished as (
        delete from batch_parked p using fence, unnest(?::bigint[]) as f (item_id)
        where p.item_id = f.item_id and p.session_id = fence.id
        returning p.item_id)
      """;

  private static final String CHUNKS =
      """
      , chunks as (
        delete from batch_chunk c
        using fence, unnest(?::bigint[], ?::int[], ?::int[]) as d (batch_no, from_index, to_index)
        where c.batch_no = d.batch_no and c.from_index = d.from_index and c.to_index = d.to_index
          and c.session_id = fence.id
        returning c.from_index)
      """;

  private static final String RETURNED =
      """
      , returned as (
        update batch_chunk c set session_id = null, held = j.state = 'PAUSED',
          open_items = c.to_index - c.from_index - r.settled
            - (select count(*) from batch_outcome o
               where o.item_id >= c.batch_no * 2147483648 + c.from_index
                 and o.item_id < c.batch_no * 2147483648 + c.to_index)
            - (select count(*) from batch_parked p
               where p.item_id >= c.batch_no * 2147483648 + c.from_index
                 and p.item_id < c.batch_no * 2147483648 + c.to_index)
        from fence, unnest(?::bigint[], ?::int[], ?::int[], ?::int[])
          as r (batch_no, from_index, to_index, settled)
          join batch_job j on j.batch_no = r.batch_no
        where c.batch_no = r.batch_no and c.from_index = r.from_index and c.to_index = r.to_index
          and c.session_id = fence.id
        returning c.from_index)
      """;

  /** The rest is due when the chunk was, and lost as often. */
  private static final String CUT =
      """
      , cut as (
        update batch_chunk c set to_index = r.at
        from fence, unnest(?::bigint[], ?::int[], ?::int[], ?::int[])
          as r (batch_no, from_index, to_index, at)
        where c.batch_no = r.batch_no and c.from_index = r.from_index and c.to_index = r.to_index
          and c.session_id = fence.id
        returning c.*, r.at, r.to_index as cut_to)
      , rest as (
        insert into batch_chunk
          (batch_no, from_index, to_index, lost, open_items, item_bytes, type, tenant, priority, sequential,
           held, due_at)
        select c.batch_no, c.at, c.cut_to, c.lost,
          c.cut_to - c.at
            - (select count(*) from batch_outcome o
               where o.item_id >= c.batch_no * 2147483648 + c.at
                 and o.item_id < c.batch_no * 2147483648 + c.cut_to)
            - (select count(*) from batch_parked p
               where p.item_id >= c.batch_no * 2147483648 + c.at
                 and p.item_id < c.batch_no * 2147483648 + c.cut_to),
          c.item_bytes, c.type, c.tenant, c.priority, c.sequential, j.state = 'PAUSED', c.due_at
        from cut c join batch_job j on j.batch_no = c.batch_no)
      """;

  private static final String RETURNED_ITEMS =
      """
      , returned_items as (
        update batch_parked p set session_id = null, held = j.state = 'PAUSED'
        from fence, unnest(?::bigint[], ?::bigint[]) as r (item_id, batch_no)
          join batch_job j on j.batch_no = r.batch_no
        where p.item_id = r.item_id and p.session_id = fence.id
        returning p.item_id)
      """;

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
    parts.add(SHARED_FENCE);
    parts.add(settlement.session());
    addOutcomes(parts, settlement.outcomes());
    addFinished(parts, settlement.outcomes());
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
    parts.add(FENCE);
    parts.add(settlement.number(), settlement.session(), settlement.number());

    addCounts(parts, settlement);

    List<Failure> errors = settlement.failures();
    if (!errors.isEmpty()) {
      parts.add(ERRORS);
      parts.longs(errors, e -> ItemIds.of(e.batch(), e.index()));
      parts.array(errors, Integer[]::new, e -> e.error().attempt());
      parts.array(errors, String[]::new, e -> e.error().type());
      parts.array(errors, String[]::new, e -> e.error().message());
      parts.array(errors, String[]::new, e -> e.error().fingerprint());
      parts.array(errors, String[]::new, e -> e.error().stack());
      parts.array(errors, String[]::new, e -> e.error().at().toString());
    }

    addParked(parts, settlement);
    addChunks(parts, settlement);
    addOutcomes(parts, settlement.outcomes());
    parts.end();
    return parts;
  }

  private static void addCounts(Parts parts, Settlement settlement) {
    Collection<BatchCount> counts = BatchCount.of(settlement);
    if (!counts.isEmpty()) {
      boolean isMeasured = counts.stream().anyMatch(count -> !count.sums.isNone());
      parts.add(isMeasured ? PROGRESS_MEASURED : PROGRESS);
      parts.longs(counts, count -> count.batch);
      parts.longs(counts, count -> count.succeeded);
      parts.longs(counts, count -> count.failed);
      parts.longs(counts, count -> count.skipped);
      parts.longs(counts, count -> count.cancelled);
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
      parts.add(PARKED, "parked", parked.size());
      parts.longs(parked, p -> ItemIds.of(p.batch(), p.index()));
      parts.longs(parked, Parking::batch);
      parts.array(parked, Integer[]::new, Parking::index);
      parts.array(parked, Integer[]::new, Parking::attempts);
      parts.array(parked, Integer[]::new, Parking::budgetFrom);
      parts.longs(parked, p -> Columns.micros(p.delay()));
      addMeasured(parts, parked);
    }
    if (!again.isEmpty()) {
      parts.add(PARKED_AGAIN, "parked_again", again.size());
      parts.longs(again, p -> ItemIds.of(p.batch(), p.index()));
      parts.array(again, Integer[]::new, Parking::attempts);
      parts.array(again, Integer[]::new, Parking::budgetFrom);
      parts.longs(again, p -> Columns.micros(p.delay()));
      addMeasured(parts, again);
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
      parts.add(FINISHED, "finished", finished.size());
      parts.longs(finished, o -> ItemIds.of(o.batch(), o.index()));
    }
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
      parts.add(CHUNKS, "chunks", chunks.size());
      parts.longs(chunks, ClaimedChunk::batch);
      parts.array(chunks, Integer[]::new, ClaimedChunk::from);
      parts.array(chunks, Integer[]::new, ClaimedChunk::to);
    }
    List<ClaimedChunk> returned = settlement.returned();
    if (!returned.isEmpty()) {
      parts.add(RETURNED, "returned", returned.size());
      parts.longs(returned, ClaimedChunk::batch);
      parts.array(returned, Integer[]::new, ClaimedChunk::from);
      parts.array(returned, Integer[]::new, ClaimedChunk::to);
      parts.array(returned, Integer[]::new, chunk -> settled(settlement, chunk));
    }
    List<Settlement.Cut> cuts = settlement.cuts();
    if (!cuts.isEmpty()) {
      parts.add(CUT, "cut", cuts.size());
      parts.longs(cuts, cut -> cut.chunk().batch());
      parts.array(cuts, Integer[]::new, cut -> cut.chunk().from());
      parts.array(cuts, Integer[]::new, cut -> cut.chunk().to());
      parts.array(cuts, Integer[]::new, Settlement.Cut::at);
    }
    List<ClaimedItem> items = settlement.returnedItems();
    if (!items.isEmpty()) {
      parts.add(RETURNED_ITEMS, "returned_items", items.size());
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
