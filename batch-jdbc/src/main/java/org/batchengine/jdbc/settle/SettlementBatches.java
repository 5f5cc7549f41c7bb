package org.batchengine.jdbc.settle;

import static org.batchengine.jdbc.sql.MeasureColumns.listed;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.batchengine.jdbc.database.SqlTemplates;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.OpenItems;
import org.batchengine.model.Measure;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.LockedRow;
import org.batchengine.store.Measured;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jdbi.v3.core.Handle;

/**
 * Writes a settlement in one transaction of JDBC batches, for H2. The first statement is the fence:
 * it takes the session's next number. Chunks are given back and cut last, since what is open in
 * them is counted; the order of the rest is free: what is written is the session's own.
 */
final class SettlementBatches implements SettlementWriter {
  private static final String MEASURED = listed(MeasureColumns.OF_ITEM, name -> name);

  private final SqlTemplates sql;

  SettlementBatches(SqlTemplates sql) {
    this.sql = sql;
  }

  @Override
  public boolean write(Transactions transactions, Settlement settlement) {
    return transactions.inTransaction(
        handle -> {
          try {
            return write(handle, settlement);
          } catch (SQLException e) {
            throw new UncheckedSqlException(e);
          }
        });
  }

  @Override
  public boolean writeWithin(Handle handle, Settlement settlement) {
    if (SqlObjects.on(handle, FenceDao.class).share(settlement.session()).isEmpty()) {
      return false;
    }
    Connection connection = handle.getConnection();
    List<Outcome> finished = settlement.outcomes().stream().filter(Outcome::parked).toList();
    try {
      insertOutcomes(connection, settlement.outcomes());
      insertErrors(connection, settlement.failures());
      if (!parkAgain(connection, settlement.session(), settlement.parkings())
          || !deleteParked(connection, settlement.session(), finished)) {
        throw SettlementWriter.notOwned(settlement);
      }
      addProgress(connection, settlement.session(), BatchCount.of(settlement));
      return true;
    } catch (SQLException e) {
      throw new UncheckedSqlException(e);
    }
  }

  /** Who has its turn to write does not wait for a stranger: the rows are locked first. */
  private boolean write(Handle handle, Settlement settlement) throws SQLException {
    Connection connection = handle.getConnection();
    if (SqlObjects.on(handle, FenceDao.class).shareSoon(settlement.session()).isEmpty()
        || !takeNumber(connection, settlement)) {
      return false;
    }
    SettlementLocks locks = new SettlementLocks(handle, settlement);
    Collection<BatchCount> counts = BatchCount.of(settlement);
    Set<LockedRow> locked = locks.ofWork();
    if (locked.isEmpty()) {
      locked = locks.ofCounters(counts);
    }
    if (!locked.isEmpty()) {
      throw new RowsLockedException("others have locked " + locked, null);
    }
    List<Parking> parked = settlement.parkings().stream().filter(p -> !p.parked()).toList();
    List<Parking> parkedAgain = settlement.parkings().stream().filter(Parking::parked).toList();
    List<Outcome> finished = settlement.outcomes().stream().filter(Outcome::parked).toList();

    insertOutcomes(connection, settlement.outcomes());
    insertErrors(connection, settlement.failures());
    addProgress(connection, settlement.session(), counts);
    boolean owned =
        park(connection, settlement.session(), parked)
            && parkAgain(connection, settlement.session(), parkedAgain)
            && deleteParked(connection, settlement.session(), finished)
            && deleteChunks(connection, settlement)
            && giveBackChunks(connection, settlement)
            && cutChunks(connection, settlement)
            && giveBackItems(connection, settlement);
    if (!owned) {
      throw SettlementWriter.notOwned(settlement);
    }
    return true;
  }

  private boolean takeNumber(Connection connection, Settlement settlement) throws SQLException {
    try (PreparedStatement update =
        prepare(
            connection, "update batch_session set settled = ? where id = ? and settled = ? - 1")) {
      update.setLong(1, settlement.number());
      update.setLong(2, settlement.session());
      update.setLong(3, settlement.number());
      return update.executeUpdate() == 1;
    }
  }

  private void insertOutcomes(Connection connection, List<Outcome> outcomes) throws SQLException {
    boolean isMeasured = outcomes.stream().anyMatch(o -> !o.measured().total().isNone());
    String insert =
        """
        insert into batch_outcome
          (item_id, state, attempts, duration_micros, quality, settled_at, reason, output%s)
        values (?, ?, ?, ?, ?, <now>, ?, ?%s)
        """
            .formatted(
                isMeasured ? MEASURED : "",
                isMeasured ? listed(MeasureColumns.OF_ITEM, name -> "?") : "");
    each(
        connection,
        insert,
        outcomes,
        (row, outcome) -> {
          row.setLong(1, ItemIds.of(outcome.batch(), outcome.index()));
          row.setString(2, outcome.state().name());
          row.setInt(3, outcome.attempts());
          row.setLong(4, outcome.durationMicros());
          row.setObject(5, outcome.quality(), Types.DOUBLE);
          row.setString(6, outcome.reason());
          row.setString(7, outcome.output());
          if (isMeasured) {
            bind(row, 8, outcome.measured().total());
          }
        });
  }

  private static void bind(PreparedStatement row, int first, Measured measured)
      throws SQLException {
    for (int place = 0; place < Measure.MOST; place++) {
      row.setBigDecimal(first + place, measured.at(place));
    }
  }

  private void insertErrors(Connection connection, List<Settlement.Failure> failures)
      throws SQLException {
    String insert =
        """
        insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
        values (?, ?, ?, ?, ?, ?, ?)
        """;
    each(
        connection,
        insert,
        failures,
        (row, failure) -> {
          row.setLong(1, ItemIds.of(failure.batch(), failure.index()));
          row.setInt(2, failure.error().attempt());
          row.setString(3, failure.error().type());
          row.setString(4, failure.error().message());
          row.setString(5, failure.error().fingerprint());
          row.setString(6, failure.error().stack());
          row.setObject(7, failure.error().at().atOffset(ZoneOffset.UTC));
        });
  }

  private void addProgress(Connection connection, long session, Collection<BatchCount> counts)
      throws SQLException {
    for (BatchCount count : counts) {
      List<Number> sums = count.sums.isNone() ? List.of() : MeasureColumns.values(count.sums);
      RowBinder<BatchCount> binder =
          (row, of) -> {
            int next = 1;
            for (Number sum : sums) {
              row.setObject(next++, sum);
            }
            row.setLong(next++, of.succeeded);
            row.setLong(next++, of.failed);
            row.setLong(next++, of.skipped);
            row.setLong(next++, of.cancelled);
            row.setLong(next++, of.itemMicros);
            row.setLong(next++, of.retries);
            row.setDouble(next++, of.itemsPerSecond);
            row.setLong(next++, of.batch);
            row.setLong(next, session);
          };
      boolean isMeasured = !sums.isEmpty();
      if (each(connection, CounterSql.add(isMeasured), List.of(count), binder) == 0) {
        each(connection, CounterSql.begin(isMeasured), List.of(count), binder);
      }
    }
  }

  private boolean park(Connection connection, long session, List<Parking> parkings)
      throws SQLException {
    String insert =
        """
        insert into batch_parked
          (item_id, batch_no, kind, attempts, budget_from, lost, due_at, type, tenant, priority, sequential,
           <measures>)
        select cast(? as bigint), c.batch_no, cast(? as varchar), cast(? as int), cast(? as int), c.lost,
          dateadd(microsecond, cast(? as bigint), <now>), c.type, c.tenant, c.priority, c.sequential,
          cast(? as numeric(38, 9)), cast(? as numeric(38, 9)), cast(? as numeric(38, 9)),
          cast(? as numeric(38, 9))
        from batch_chunk c
        where c.batch_no = ? and c.from_index <= ? and ? < c.to_index and c.session_id = ?
        """;
    return parkings.size()
        == each(
            connection,
            insert,
            parkings,
            (row, parking) -> {
              row.setLong(1, ItemIds.of(parking.batch(), parking.index()));
              row.setString(2, SettlementWriter.kind(parking));
              row.setInt(3, parking.attempts());
              row.setInt(4, parking.budgetFrom());
              row.setLong(5, Columns.micros(parking.delay()));
              bind(row, 6, parking.measured().total());
              row.setLong(10, parking.batch());
              row.setInt(11, parking.index());
              row.setInt(12, parking.index());
              row.setLong(13, session);
            });
  }

  private boolean parkAgain(Connection connection, long session, List<Parking> parkings)
      throws SQLException {
    String update =
        """
        update batch_parked
        set session_id = null, attempts = ?, budget_from = ?,
          kind = case when kind = 'DEFERRED' or cast(? as boolean) then cast(? as varchar) else kind end,
          due_at = dateadd(microsecond, cast(? as bigint), <now>),
          measure_1 = ?, measure_2 = ?, measure_3 = ?, measure_4 = ?
        where item_id = ? and session_id = ?
        """;
    return parkings.size()
        == each(
            connection,
            update,
            parkings,
            (row, parking) -> {
              row.setInt(1, parking.attempts());
              row.setInt(2, parking.budgetFrom());
              row.setBoolean(3, parking.deferred());
              row.setString(4, SettlementWriter.kind(parking));
              row.setLong(5, Columns.micros(parking.delay()));
              bind(row, 6, parking.measured().total());
              row.setLong(10, ItemIds.of(parking.batch(), parking.index()));
              row.setLong(11, session);
            });
  }

  private boolean deleteParked(Connection connection, long session, List<Outcome> finished)
      throws SQLException {
    return finished.size()
        == each(
            connection,
            "delete from batch_parked where item_id = ? and session_id = ?",
            finished,
            (row, outcome) -> {
              row.setLong(1, ItemIds.of(outcome.batch(), outcome.index()));
              row.setLong(2, session);
            });
  }

  private boolean deleteChunks(Connection connection, Settlement settlement) throws SQLException {
    return settlement.chunks().size()
        == each(
            connection,
            "delete from batch_chunk"
                + " where batch_no = ? and from_index = ? and to_index = ? and session_id = ?",
            settlement.chunks(),
            (row, chunk) -> bindOwned(row, chunk, settlement.session()));
  }

  /** After the outcomes and parked items, which are no longer open in the chunk. */
  private boolean giveBackChunks(Connection connection, Settlement settlement) throws SQLException {
    String update =
        "update batch_chunk c set session_id = null,"
            + " held = (select j.state = 'PAUSED' from batch_job j where j.batch_no = c.batch_no),"
            + " open_items = "
            + OpenItems.OF_CHUNK
            + "where batch_no = ? and from_index = ? and to_index = ? and session_id = ?";
    return settlement.returned().size()
        == each(
            connection,
            update,
            settlement.returned(),
            (row, chunk) -> bindOwned(row, chunk, settlement.session()));
  }

  /** The rest is due when the chunk was, and lost as often. */
  private boolean cutChunks(Connection connection, Settlement settlement) throws SQLException {
    String insert =
        """
        insert into batch_chunk
          (batch_no, from_index, to_index, lost, open_items, item_bytes, type, tenant, priority, sequential,
           held, due_at)
        select c.batch_no, cast(? as int), c.to_index, c.lost,
          c.to_index - cast(? as int)
            - (select count(*) from batch_outcome o
               where o.item_id >= c.batch_no * 2147483648 + ? and o.item_id < c.batch_no * 2147483648 + c.to_index)
            - (select count(*) from batch_parked p
               where p.item_id >= c.batch_no * 2147483648 + ? and p.item_id < c.batch_no * 2147483648 + c.to_index),
          c.item_bytes, c.type, c.tenant, c.priority, c.sequential,
          (select j.state = 'PAUSED' from batch_job j where j.batch_no = c.batch_no), c.due_at
        from batch_chunk c
        where c.batch_no = ? and c.from_index = ? and c.to_index = ? and c.session_id = ?
        """;
    String shorten =
        "update batch_chunk set to_index = ?"
            + " where batch_no = ? and from_index = ? and to_index = ? and session_id = ?";
    List<Settlement.Cut> cuts = settlement.cuts();
    long session = settlement.session();
    each(
        connection,
        insert,
        cuts,
        (row, cut) -> {
          for (int parameter = 1; parameter <= 4; parameter++) {
            row.setInt(parameter, cut.at());
          }
          bindOwned(row, 5, cut.chunk(), session);
        });
    return cuts.size()
        == each(
            connection,
            shorten,
            cuts,
            (row, cut) -> {
              row.setInt(1, cut.at());
              bindOwned(row, 2, cut.chunk(), session);
            });
  }

  private static void bindOwned(PreparedStatement row, ClaimedChunk chunk, long session)
      throws SQLException {
    bindOwned(row, 1, chunk, session);
  }

  private static void bindOwned(PreparedStatement row, int first, ClaimedChunk chunk, long session)
      throws SQLException {
    row.setLong(first, chunk.batch());
    row.setInt(first + 1, chunk.from());
    row.setInt(first + 2, chunk.to());
    row.setLong(first + 3, session);
  }

  private boolean giveBackItems(Connection connection, Settlement settlement) throws SQLException {
    String update =
        """
        update batch_parked p set session_id = null,
          held = (select j.state = 'PAUSED' from batch_job j where j.batch_no = p.batch_no)
        where item_id = ? and session_id = ?
        """;
    return settlement.returnedItems().size()
        == each(
            connection,
            update,
            settlement.returnedItems(),
            (row, item) -> {
              row.setLong(1, ItemIds.of(item.batch(), item.index()));
              row.setLong(2, settlement.session());
            });
  }

  private interface RowBinder<T> {
    void bind(PreparedStatement statement, T row) throws SQLException;
  }

  /** Runs the statement for each row, in one batch; how many rows it has written in all. */
  private <T> int each(
      Connection connection, String template, List<T> rows, RowBinder<? super T> binder)
      throws SQLException {
    if (rows.isEmpty()) {
      return 0;
    }
    try (PreparedStatement statement = prepare(connection, template)) {
      for (T row : rows) {
        binder.bind(statement, row);
        statement.addBatch();
      }
      int written = 0;
      for (int count : statement.executeBatch()) {
        written += count;
      }
      return written;
    }
  }

  private PreparedStatement prepare(Connection connection, String template) throws SQLException {
    return connection.prepareStatement(sql.sql(template));
  }
}
