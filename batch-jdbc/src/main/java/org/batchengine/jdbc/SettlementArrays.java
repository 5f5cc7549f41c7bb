package org.batchengine.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jspecify.annotations.Nullable;

/**
 * Writes a settlement in one statement, from arrays, for PostgreSQL: nothing is open between two
 * trips, so that a node that is stopped in the middle holds no lock. All parts hang on the fence,
 * which takes the session's next number. One row comes back if it was taken; a division by zero
 * undoes everything if the session did not own what it settles.
 */
final class SettlementArrays implements SettlementWriter {
  private static final String SETTLE =
      """
      with fence as materialized (
        update batch_session set settled = ? where id = ? and settled = ? - 1
        returning id),
      progress as (
        insert into batch_progress as p (batch_no, session_id, succeeded, failed, skipped, cancelled,
            items_per_second, updated_at)
        select b.batch_no, fence.id, b.succeeded, b.failed, b.skipped, b.cancelled, b.rate, <now>
        from fence, unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::float8[])
          as b (batch_no, succeeded, failed, skipped, cancelled, rate)
        on conflict (batch_no, session_id) do update set
          succeeded = p.succeeded + excluded.succeeded,
          failed = p.failed + excluded.failed,
          skipped = p.skipped + excluded.skipped,
          cancelled = p.cancelled + excluded.cancelled,
          items_per_second = excluded.items_per_second,
          updated_at = excluded.updated_at),
      errors as (
        insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
        select e.item_id, e.attempt, e.type, e.message, e.fingerprint, e.stack, e.at::timestamptz
        from fence, unnest(?::bigint[], ?::int[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[])
          as e (item_id, attempt, type, message, fingerprint, stack, at)),
      parked as (
        insert into batch_parked
          (item_id, batch_no, kind, attempts, lost, due_at, type, tenant, priority, sequential)
        select n.item_id, n.batch_no, 'RETRY', n.attempts, c.lost, <now> + n.delay * interval '1 microsecond',
          c.type, c.tenant, c.priority, c.sequential
        from fence, unnest(?::bigint[], ?::bigint[], ?::int[], ?::int[], ?::bigint[])
          as n (item_id, batch_no, item_index, attempts, delay)
          join batch_chunk c on c.batch_no = n.batch_no
            and c.from_index <= n.item_index and n.item_index < c.to_index
        where c.session_id = fence.id
        returning item_id),
      parked_again as (
        update batch_parked p
        set session_id = null, attempts = a.attempts, due_at = <now> + a.delay * interval '1 microsecond'
        from fence, unnest(?::bigint[], ?::int[], ?::bigint[]) as a (item_id, attempts, delay)
        where p.item_id = a.item_id and p.session_id = fence.id
        returning p.item_id),
      finished as (
        delete from batch_parked p using fence, unnest(?::bigint[]) as f (item_id)
        where p.item_id = f.item_id and p.session_id = fence.id
        returning p.item_id),
      chunks as (
        delete from batch_chunk c using fence, unnest(?::bigint[], ?::int[]) as d (batch_no, from_index)
        where c.batch_no = d.batch_no and c.from_index = d.from_index and c.session_id = fence.id
        returning c.from_index),
      returned as (
        update batch_chunk c set session_id = null, held = j.state = 'PAUSED',
          open_items = c.to_index - c.from_index - r.settled
            - (select count(*) from batch_outcome o
               where o.item_id >= c.batch_no * 2147483648 + c.from_index
                 and o.item_id < c.batch_no * 2147483648 + c.to_index)
            - (select count(*) from batch_parked p
               where p.item_id >= c.batch_no * 2147483648 + c.from_index
                 and p.item_id < c.batch_no * 2147483648 + c.to_index)
        from fence, unnest(?::bigint[], ?::int[], ?::int[]) as r (batch_no, from_index, settled)
          join batch_job j on j.batch_no = r.batch_no
        where c.batch_no = r.batch_no and c.from_index = r.from_index and c.session_id = fence.id
        returning c.from_index),
      returned_items as (
        update batch_parked p set session_id = null, held = j.state = 'PAUSED'
        from fence, unnest(?::bigint[], ?::bigint[]) as r (item_id, batch_no)
          join batch_job j on j.batch_no = r.batch_no
        where p.item_id = r.item_id and p.session_id = fence.id
        returning p.item_id),
      outcomes as (
        insert into batch_outcome (item_id, state, attempts, duration_micros, quality, settled_at, reason, output)
        select o.item_id, o.state, o.attempts, o.duration, o.quality, <now>, o.reason, o.output
        from fence, unnest(?::bigint[], ?::varchar[], ?::int[], ?::bigint[], ?::float8[], ?::varchar[], ?::varchar[])
          as o (item_id, state, attempts, duration, quality, reason, output))
      select 1 / case
          when (select count(*) from parked) = ?
            and (select count(*) from parked_again) = ?
            and (select count(*) from finished) = ?
            and (select count(*) from chunks) = ?
            and (select count(*) from returned) = ?
            and (select count(*) from returned_items) = ?
          then 1 else 0 end
      from fence
      """;

  private final SqlTemplates sql;

  SettlementArrays(SqlTemplates sql) {
    this.sql = sql;
  }

  @Override
  public boolean write(Transactions transactions, Settlement settlement) {
    return transactions.autoCommit(
        handle -> {
          try {
            return write(handle.getConnection(), settlement);
          } catch (SQLException e) {
            if (SqlFaults.state(e).equals(SqlFaults.DIVISION_BY_ZERO)) {
              throw SettlementWriter.notOwned(settlement);
            }
            throw new UncheckedSqlException(e);
          }
        });
  }

  private boolean write(Connection connection, Settlement settlement) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql.sql(SETTLE))) {
      bind(new Parameters(statement), settlement);
      try (ResultSet fence = statement.executeQuery()) {
        return fence.next();
      }
    }
  }

  private static void bind(Parameters all, Settlement settlement) throws SQLException {
    Collection<BatchCount> counts = BatchCount.of(settlement);
    List<Failure> errors = settlement.failures();
    List<Parking> parked = settlement.parkings().stream().filter(p -> !p.parked()).toList();
    List<Parking> parkedAgain = settlement.parkings().stream().filter(Parking::parked).toList();
    List<Outcome> finished = settlement.outcomes().stream().filter(Outcome::parked).toList();
    List<ClaimedChunk> chunks = settlement.chunks();
    List<ClaimedChunk> returned = settlement.returned();
    List<ClaimedItem> returnedItems = settlement.returnedItems();
    List<Outcome> outcomes = settlement.outcomes();

    all.add(settlement.number());
    all.add(settlement.session());
    all.add(settlement.number());

    all.longs(counts, count -> count.batch);
    all.longs(counts, count -> count.succeeded);
    all.longs(counts, count -> count.failed);
    all.longs(counts, count -> count.skipped);
    all.longs(counts, count -> count.cancelled);
    all.doubles(counts, count -> count.itemsPerSecond);

    all.longs(errors, e -> ItemIds.of(e.batch(), e.index()));
    all.ints(errors, e -> e.error().attempt());
    all.texts(errors, e -> e.error().type());
    all.texts(errors, e -> e.error().message());
    all.texts(errors, e -> e.error().fingerprint());
    all.texts(errors, e -> e.error().stack());
    all.texts(errors, e -> e.error().at().toString());

    all.longs(parked, p -> ItemIds.of(p.batch(), p.index()));
    all.longs(parked, Parking::batch);
    all.ints(parked, Parking::index);
    all.ints(parked, Parking::attempts);
    all.longs(parked, p -> Values.micros(p.delay()));

    all.longs(parkedAgain, p -> ItemIds.of(p.batch(), p.index()));
    all.ints(parkedAgain, Parking::attempts);
    all.longs(parkedAgain, p -> Values.micros(p.delay()));

    all.longs(finished, o -> ItemIds.of(o.batch(), o.index()));

    all.longs(chunks, ClaimedChunk::batch);
    all.ints(chunks, ClaimedChunk::from);

    all.longs(returned, ClaimedChunk::batch);
    all.ints(returned, ClaimedChunk::from);
    all.ints(returned, chunk -> settled(settlement, chunk));

    all.longs(returnedItems, i -> ItemIds.of(i.batch(), i.index()));
    all.longs(returnedItems, ClaimedItem::batch);

    all.longs(outcomes, o -> ItemIds.of(o.batch(), o.index()));
    all.texts(outcomes, o -> o.state().name());
    all.ints(outcomes, Outcome::attempts);
    all.longs(outcomes, Outcome::durationMicros);
    all.doubles(outcomes, Outcome::quality);
    all.texts(outcomes, Outcome::reason);
    all.texts(outcomes, Outcome::output);

    all.add(parked.size());
    all.add(parkedAgain.size());
    all.add(finished.size());
    all.add(chunks.size());
    all.add(returned.size());
    all.add(returnedItems.size());
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

  /**
   * The parameters of a statement, in their order. Arrays of numbers stay primitive on their way.
   */
  private static final class Parameters {
    private final PreparedStatement statement;
    private int position;

    Parameters(PreparedStatement statement) {
      this.statement = statement;
    }

    void add(long number) throws SQLException {
      statement.setLong(++position, number);
    }

    <T> void longs(Collection<T> rows, ToLongFunction<T> column) throws SQLException {
      statement.setObject(++position, rows.stream().mapToLong(column).toArray());
    }

    <T> void ints(Collection<T> rows, ToIntFunction<T> column) throws SQLException {
      statement.setObject(++position, rows.stream().mapToInt(column).toArray());
    }

    <T> void doubles(Collection<T> rows, Function<T, @Nullable Double> column) throws SQLException {
      array("float8", rows.stream().map(column).toArray(Double[]::new));
    }

    <T> void texts(Collection<T> rows, Function<T, @Nullable String> column) throws SQLException {
      array("varchar", rows.stream().map(column).toArray(String[]::new));
    }

    private void array(String type, @Nullable Object[] values) throws SQLException {
      statement.setArray(++position, statement.getConnection().createArrayOf(type, values));
    }
  }
}
