package org.batchengine.jdbc;

import java.sql.DatabaseMetaData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;

/**
 * What must hold of the tables whenever nobody is in the middle of a verb. Each query finds what
 * breaks it. Hidden batches are left out: they are being removed.
 */
final class SqlInvariants {
  private static final String ITEM_IN_CHUNK =
      """
      c.batch_no = j.batch_no
        and c.from_index <= i.item_id - j.batch_no * 2147483648
        and i.item_id - j.batch_no * 2147483648 < c.to_index
      """;

  private static final String ITEMS =
      """
      from batch_job j
      join batch_item i on i.item_id >= j.batch_no * 2147483648
        and i.item_id < (j.batch_no + 1) * 2147483648
      left join batch_outcome o on o.item_id = i.item_id
      left join batch_parked p on p.item_id = i.item_id
      where j.id is not null
      """;

  private static final String LIVE = " and j.state in ('PENDING', 'RUNNING', 'PAUSED', 'STOPPING')";
  private static final String ENDED = " and j.state in ('COMPLETED', 'FAILED', 'CANCELLED')";

  private static final Map<String, String> QUERIES = new LinkedHashMap<>();

  static {
    QUERIES.put(
        "I1 an outcome without an item",
        """
        select o.item_id from batch_outcome o
        where not exists (select 1 from batch_item i where i.item_id = o.item_id)
        """);
    QUERIES.put(
        "I2 a total that is not the number of items",
        """
        select j.batch_no from batch_job j
        where j.id is not null and j.total <> (select count(*) from batch_item i
          where i.item_id >= j.batch_no * 2147483648
            and i.item_id < (j.batch_no + 1) * 2147483648)
        """);
    QUERIES.put(
        "I2 an unowned chunk that counts its open items wrongly",
        """
        select c.batch_no from batch_chunk c
        where c.session_id is null and c.open_items <> (
          select count(*) from batch_item i
          where i.item_id >= c.batch_no * 2147483648 + c.from_index
            and i.item_id < c.batch_no * 2147483648 + c.to_index
            and not exists (select 1 from batch_outcome o where o.item_id = i.item_id)
            and not exists (select 1 from batch_parked p where p.item_id = i.item_id))
        """);
    QUERIES.put(
        "I5 counters that are not the outcomes",
        """
        select q.batch_no from (
          select j.batch_no,
            (select coalesce(sum(g.succeeded), 0) * 1000003 + coalesce(sum(g.failed), 0) * 1009
                + coalesce(sum(g.skipped), 0) * 31 + coalesce(sum(g.cancelled), 0)
              from batch_progress g where g.batch_no = j.batch_no) as counted,
            (select coalesce(sum(case o.state when 'SUCCEEDED' then 1000003 when 'FAILED' then 1009
                when 'SKIPPED' then 31 else 1 end), 0)
              from batch_outcome o where o.item_id >= j.batch_no * 2147483648
                and o.item_id < (j.batch_no + 1) * 2147483648) as settled
          from batch_job j where j.id is not null%s) q
        where q.counted <> q.settled
        """
            .formatted(LIVE));
    QUERIES.put(
        "I5 final counts that are not the outcomes",
        """
        select q.batch_no from (
          select j.batch_no,
            j.succeeded * 1000003 + j.failed * 1009 + j.skipped * 31 + j.cancelled as counted,
            (select coalesce(sum(case o.state when 'SUCCEEDED' then 1000003 when 'FAILED' then 1009
                when 'SKIPPED' then 31 else 1 end), 0)
              from batch_outcome o where o.item_id >= j.batch_no * 2147483648
                and o.item_id < (j.batch_no + 1) * 2147483648) as settled
          from batch_job j where j.id is not null%s) q
        where q.counted is null or q.counted <> q.settled
        """
            .formatted(ENDED));
    sums("item_micros", "sum(case when r.state <> 'CANCELLED' then r.duration_micros end)", false);
    sums(
        "retries",
        "sum(case when r.state <> 'CANCELLED' and r.attempts > 1 then r.attempts - 1 end)",
        false);
    for (int place = 1; place <= 4; place++) {
      sums("sum_" + place, "sum(r.measure_" + place + ")", true);
      sums("measured_" + place, "count(r.measure_" + place + ")", true);
    }
    sums(
        "sum_quality",
        "sum(case when r.state <> 'FAILED' then cast(r.quality as numeric(38, 9)) end)",
        false);
    sums("measured_quality", "count(case when r.state <> 'FAILED' then r.quality end)", false);
    QUERIES.put(
        "I7 rows in motion of a batch that has ended or is being submitted",
        """
        select j.batch_no from batch_job j
        where j.state in ('SUBMITTING', 'COMPLETED', 'FAILED', 'CANCELLED')
          and (exists (select 1 from batch_chunk c where c.batch_no = j.batch_no)
            or exists (select 1 from batch_parked p where p.batch_no = j.batch_no)
            or exists (select 1 from batch_progress g where g.batch_no = j.batch_no))
        """);
    QUERIES.put(
        "I8 an unfinished item of a batch that has ended",
        "select i.item_id " + ITEMS + ENDED + " and o.item_id is null");
    QUERIES.put(
        "I10 a finished item that is parked",
        "select i.item_id " + ITEMS + " and o.item_id is not null and p.item_id is not null");
    QUERIES.put(
        "I10 an unfinished item that is nowhere",
        "select i.item_id "
            + ITEMS
            + LIVE
            + " and o.item_id is null and p.item_id is null"
            + " and not exists (select 1 from batch_fill f where f.batch_no = j.batch_no)"
            + " and not exists (select 1 from batch_chunk c where "
            + ITEM_IN_CHUNK
            + ")");
    QUERIES.put(
        "I10 chunks that overlap or go beyond the batch",
        """
        select c.batch_no from batch_chunk c join batch_job j on j.batch_no = c.batch_no
        where c.to_index > j.total or exists (select 1 from batch_chunk d
          where d.batch_no = c.batch_no and d.from_index > c.from_index
            and d.from_index < c.to_index)
        """);
    QUERIES.put(
        "I10 a parked row that names two batches",
        "select item_id from batch_parked where item_id / 2147483648 <> batch_no");
    QUERIES.put(
        "F2 work that a session owns which does not exist",
        """
        select batch_no from batch_chunk
        where session_id is not null and session_id not in (select id from batch_session)
        union all
        select batch_no from batch_parked
        where session_id is not null and session_id not in (select id from batch_session)
        """);
    QUERIES.put(
        "a session without its renewal, or a renewal without its session",
        """
        select id from batch_session where id not in (select session_id from batch_renewal)
        union all
        select session_id from batch_renewal where session_id not in (select id from batch_session)
        """);
    QUERIES.put(
        "a permit of a session that is gone",
        """
        select session_id from batch_permit
        where session_id not in (select id from batch_session)
          or limit_no not in (select limit_no from batch_limit)
        """);
    QUERIES.put(
        "F11 counters that count nothing",
        """
        select batch_no from batch_progress
        where session_id <> 0 and succeeded = 0 and failed = 0 and skipped = 0 and cancelled = 0
          and coalesce(measured_1, measured_2, measured_3, measured_4, measured_quality) is null
        """);
    QUERIES.put(
        "a batch that waits and has begun, or whose chunks are not held and due never",
        """
        select j.batch_no from batch_job j
        where j.id is not null and j.waiting and (j.state not in ('SUBMITTING', 'PENDING', 'PAUSED')
          or exists (select 1 from batch_chunk c where c.batch_no = j.batch_no and (not c.held
            or c.due_at <> timestamp with time zone '9999-01-01 00:00:00+00')))
        """);
    QUERIES.put(
        "a rehearsal whose chunks are not held and due never, or with items that all have places in it",
        """
        select j.batch_no from batch_job j
        where j.id is not null and j.rehearse is not null and (
          j.rehearse not between 1 and 10000 or j.state = 'STOPPING' or j.ended_at is not null
          or j.state <> 'SUBMITTING' and j.rehearse >= j.total
          or exists (select 1 from batch_chunk c where c.batch_no = j.batch_no
            and (not c.held or c.session_id is not null
              or c.due_at <> timestamp with time zone '9999-01-01 00:00:00+00')))
        """);
    QUERIES.put(
        "a batch that neither waits nor rehearses, and has something that it waits for, or chunks that are due never",
        """
        select j.batch_no from batch_job j
        where j.id is not null and not j.waiting
          and (exists (select 1 from batch_wait w where w.batch_no = j.batch_no)
            or j.state <> 'STOPPING' and j.rehearse is null and exists (select 1 from batch_chunk c
              where c.batch_no = j.batch_no and c.due_at = timestamp with time zone '9999-01-01 00:00:00+00'))
        """);
    QUERIES.put(
        "a batch to be filled that runs, stops or has ended",
        """
        select f.batch_no from batch_fill f
        left join batch_job j on j.batch_no = f.batch_no and j.id is not null
        where j.state is null or j.state not in ('PENDING', 'PAUSED')
          or exists (select 1 from batch_chunk c where c.batch_no = f.batch_no)
        """);
    QUERIES.put(
        "a key that is not its item's",
        """
        select k.batch_no from batch_item_key k
        where not exists (select 1 from batch_item i
          where i.item_id = k.batch_no * 2147483648 + k.item_index and i.item_key = k.item_key)
        """);
  }

  /** What was measured is with the items, finished or parked, and summed up. */
  private static void sums(String column, String ofRows, boolean withParked) {
    String rows =
        "coalesce((select "
            + ofRows
            + " from %s r where r.item_id >= j.batch_no * 2147483648"
            + " and r.item_id < (j.batch_no + 1) * 2147483648), 0)";
    QUERIES.put(
        "I5 a sum that is not that of the rows: " + column,
        """
        select q.batch_no from (
          select j.batch_no,
            coalesce(j.%1$s, (select sum(g.%1$s) from batch_progress g where g.batch_no = j.batch_no), 0) as summed,
            %2$s as of_rows
          from batch_job j where j.id is not null and j.state <> 'SUBMITTING') q
        where q.summed <> q.of_rows
        """
            .formatted(
                column,
                rows.formatted("batch_outcome")
                    + (withParked ? " + " + rows.formatted("batch_parked") : "")));
  }

  private SqlInvariants() {}

  static List<String> violations(Jdbi jdbi) {
    return jdbi.inTransaction(
        handle -> {
          // Statistics of rows that an earlier test had: a join by rows would take minutes.
          if (handle.queryMetadata(DatabaseMetaData::getURL).startsWith("jdbc:postgresql:")) {
            handle.execute("set local enable_nestloop = off");
          }
          return QUERIES.entrySet().stream()
              .map(
                  query ->
                      query.getKey()
                          + ": "
                          + handle.createQuery(query.getValue()).mapTo(Long.class).list())
              .filter(found -> !found.endsWith(": []"))
              .toList();
        });
  }
}
