package org.batchengine.jdbc.settle;

import static org.batchengine.jdbc.sql.MeasureColumns.add;
import static org.batchengine.jdbc.sql.MeasureColumns.listed;

import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.jdbc.sql.Transactions;

/** The parts of the one statement that writes a settlement on PostgreSQL. */
final class SettlementSql {
  /** The bound on waits for locks comes before the first lock, and ends with the statement. */
  static final String FENCE =
      """
      with bound as materialized (select set_config('lock_timeout', '%d', true) as set),
      fence as materialized (
        update batch_session s set settled = ? from bound
        where s.id = ? and s.settled = ? - 1 and bound.set is not null
        returning s.id)
      """
          .formatted(Transactions.BRIEF.toMillis());

  /** The same within a transaction that is open. */
  static final String SHARED_FENCE =
      "with fence as materialized (select id from batch_session where id = ? <lock_session>)\n";

  static final String PROGRESS = progress("", "", "", "");

  static final String PROGRESS_MEASURED =
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
              item_micros, retries, items_per_second, updated_at%s)
          select b.batch_no, fence.id, b.succeeded, b.failed, b.skipped, b.cancelled, b.micros, b.retries, b.rate, <now>%s
          from fence, unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
              ?::float8[]%s)
            as b (batch_no, succeeded, failed, skipped, cancelled, micros, retries, rate%s)
          on conflict (batch_no, session_id) do update set
            succeeded = p.succeeded + excluded.succeeded,
            failed = p.failed + excluded.failed,
            skipped = p.skipped + excluded.skipped,
            cancelled = p.cancelled + excluded.cancelled,
            item_micros = p.item_micros + excluded.item_micros,
            retries = p.retries + excluded.retries,
            items_per_second = excluded.items_per_second,
            updated_at = excluded.updated_at%s)
        """
        .formatted(names, values, arrays, names, added);
  }

  static final String ERRORS =
      """
      , errors as (
        insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
        select e.item_id, e.attempt, e.type, e.message, e.fingerprint, e.stack, e.at::timestamptz
        from fence, unnest(?::bigint[], ?::int[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[], ?::varchar[])
          as e (item_id, attempt, type, message, fingerprint, stack, at))
      """;

  static final String PARKED = parked("", "", "", "");

  static final String PARKED_MEASURED =
      parked(
          listed(MeasureColumns.OF_ITEM, name -> name),
          listed(MeasureColumns.OF_ITEM, name -> "n." + name),
          listed(MeasureColumns.OF_ITEM, name -> "?::numeric[]"),
          listed(MeasureColumns.OF_ITEM, name -> name));

  static final String PARKED_AGAIN = parkedAgain("", "", "");

  static final String PARKED_AGAIN_MEASURED =
      parkedAgain(
          listed(MeasureColumns.OF_ITEM, name -> name + " = a." + name),
          listed(MeasureColumns.OF_ITEM, name -> "?::numeric[]"),
          listed(MeasureColumns.OF_ITEM, name -> name));

  private static String parked(String names, String values, String arrays, String columns) {
    return """
        , parked as (
          insert into batch_parked
            (item_id, batch_no, kind, attempts, budget_from, lost, due_at, type, tenant, priority, sequential%s)
          select n.item_id, n.batch_no, n.kind, n.attempts, n.budget_from, c.lost,
            <now> + n.delay * interval '1 microsecond', c.type, c.tenant, c.priority, c.sequential%s
          from fence, unnest(?::bigint[], ?::varchar[], ?::bigint[], ?::int[], ?::int[], ?::int[], ?::bigint[]%s)
            as n (item_id, kind, batch_no, item_index, attempts, budget_from, delay%s)
            join batch_chunk c on c.batch_no = n.batch_no
              and c.from_index <= n.item_index and n.item_index < c.to_index
          where c.session_id = fence.id
          returning item_id)
        """
        .formatted(names, values, arrays, columns);
  }

  private static String parkedAgain(String set, String arrays, String columns) {
    return """
        , parked_again as (
          update batch_parked p
          set session_id = null, attempts = a.attempts, budget_from = a.budget_from,
            kind = case when p.kind = 'DEFERRED' or a.kind = 'DEFERRED' then a.kind else p.kind end,
            due_at = <now> + a.delay * interval '1 microsecond'%s
          from fence, unnest(?::bigint[], ?::varchar[], ?::int[], ?::int[], ?::bigint[]%s)
            as a (item_id, kind, attempts, budget_from, delay%s)
          where p.item_id = a.item_id and p.session_id = fence.id
          returning p.item_id)
        """
        .formatted(set, arrays, columns);
  }

  static final String FINISHED =
      """
      , finished as (
        delete from batch_parked p using fence, unnest(?::bigint[]) as f (item_id)
        where p.item_id = f.item_id and p.session_id = fence.id
        returning p.item_id)
      """;

  static final String CHUNKS =
      """
      , chunks as (
        delete from batch_chunk c
        using fence, unnest(?::bigint[], ?::int[], ?::int[]) as d (batch_no, from_index, to_index)
        where c.batch_no = d.batch_no and c.from_index = d.from_index and c.to_index = d.to_index
          and c.session_id = fence.id
        returning c.from_index)
      """;

  static final String RETURNED =
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
  static final String CUT =
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

  static final String RETURNED_ITEMS =
      """
      , returned_items as (
        update batch_parked p set session_id = null, held = j.state = 'PAUSED'
        from fence, unnest(?::bigint[], ?::bigint[]) as r (item_id, batch_no)
          join batch_job j on j.batch_no = r.batch_no
        where p.item_id = r.item_id and p.session_id = fence.id
        returning p.item_id)
      """;

  private SettlementSql() {}
}
