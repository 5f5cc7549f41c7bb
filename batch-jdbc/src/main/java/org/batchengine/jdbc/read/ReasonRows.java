package org.batchengine.jdbc.read;

import static org.batchengine.jdbc.sql.Columns.instantOrNull;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.batchengine.jdbc.table.BudgetDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.OpenItems;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.model.Reason;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.batchengine.store.rules.BudgetUse;
import org.batchengine.store.rules.Explanation;
import org.batchengine.store.rules.Explanation.Batch;
import org.batchengine.store.rules.Explanation.Bound;
import org.batchengine.store.rules.Explanation.Nodes;
import org.batchengine.store.rules.Explanation.Owner;
import org.batchengine.store.rules.Explanation.Place;
import org.batchengine.store.rules.ParkedKind;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Gathers why a batch is not done: one statement, whose rows say what they are. */
final class ReasonRows {
  /**
   * JOB: the batch, its state, unsettled items, deadline and reason, whether it is being taken up,
   * and, in the place of a session, how many items it rehearses. SUBMITTER: its node. WAIT: a batch
   * that it waits for, and how many there are. FILL: one that items are still to be copied from.
   * BUDGET: what it has come to. TYPE, TENANT and BATCH: a limit, for how long it is held and why,
   * and whether its breaker has tripped. NODE: one that works, and whether on the type. AHEAD:
   * there is work of a higher priority. CHUNK and the kinds of parked items: items in one kind of
   * place, whether they are due or, if they are owned, whether the owner lives.
   */
  private static final String SQL =
      """
      select 'JOB' as kind, j.state as name,
        j.total - coalesce((select sum(g.succeeded + g.failed + g.skipped + g.cancelled)
          from batch_progress g where g.batch_no = j.batch_no), 0) as items,
        j.deadline_at as due_at, cast(case when not j.waiting then j.rehearse end as bigint) as session_id, j.state_reason as reason,
        j.reopening_until is not null and j.reopening_until > <now> as is_so
      from batch_job j where j.batch_no = :batch and j.id is not null
      union all
      select 'SUBMITTER', s.host, 0, cast(null as timestamp(6) with time zone), s.id, cast(null as varchar), true
      from batch_job j
      join batch_session s on s.id = j.session_id
      join batch_renewal r on r.session_id = s.id
      where j.batch_no = :batch and j.state = 'SUBMITTING' and r.expires_at >= <now>
      union all
      select 'NODE', s.host, 0, cast(null as timestamp(6) with time zone), s.id, cast(null as varchar),
        position(',' || :type || ',' in s.types) > 0
      from batch_session s
      join batch_renewal r on r.session_id = s.id
      where s.types is not null and r.expires_at >= <now>
      union all
      select 'WAIT', cast(w.after_id as varchar), (select count(*) from batch_wait a where a.batch_no = :batch),
        cast(null as timestamp(6) with time zone), cast(null as bigint), cast(null as varchar), true
      from (select after_id from batch_wait where batch_no = :batch
        order by after_no fetch first :mostOthers rows only) w
      union all
      select 'FILL', cast(f.from_id as varchar), 0, cast(null as timestamp(6) with time zone),
        cast(null as bigint), cast(null as varchar), true
      from batch_fill f where f.batch_no = :batch
      union all
      select 'BUDGET', cast("""
          + BudgetDao.SUM
          + """
         as varchar), 0, cast(null as timestamp(6) with time zone), cast(null as bigint), cast(null as varchar), true
      from batch_job j where j.batch_no = :batch and j.budget_most is not null
      union all
      select l.scope, l.settings, coalesce(cast(extract(epoch from l.held_until - <now>) * 1000000 as bigint), 0),
        l.held_until, cast(null as bigint), l.held_reason, l.trips > 0
      from batch_limit l
      where l.scope = 'TYPE' and l.name = :type
        or l.scope = 'BATCH' and l.name = :batchName
        or l.scope = 'TENANT' and (l.name = :tenant or l.name = '*' and not exists (
          select 1 from batch_limit own where own.scope = 'TENANT' and own.name = :tenant))
      union all
      select 'AHEAD', cast(null as varchar), 0, cast(null as timestamp(6) with time zone), cast(null as bigint),
        cast(null as varchar), true
      from batch_job j
      where j.batch_no = :batch and not j.sequential and exists (select 1 from batch_chunk c
        where c.session_id is null and not c.held and not c.sequential and c.type = :type
          and c.priority > :priority and c.due_at <= <now>)
      union all
      select 'CHUNK', cast(null as varchar), sum(c.open_items), min(c.due_at), cast(null as bigint),
        cast(null as varchar), c.is_due
      from (select open_items, due_at, due_at <= <now> as is_due
        from batch_chunk where batch_no = :batch and session_id is null) c
      group by c.is_due
      union all
      select 'CHUNK', s.host,
        sum(
      """
          + OpenItems.OF_CHUNK
          + """
        ), cast(null as timestamp(6) with time zone), c.session_id, cast(null as varchar),
        max(r.expires_at) is not null and max(r.expires_at) >= <now>
      from batch_chunk c
      left join batch_session s on s.id = c.session_id
      left join batch_renewal r on r.session_id = c.session_id
      where c.batch_no = :batch and c.session_id is not null
      group by c.session_id, s.host
      union all
      select p.kind, s.host, p.items, p.due_at, p.session_id, cast(null as varchar),
        case when p.session_id is null then p.is_due
          else r.expires_at is not null and r.expires_at >= <now> end
      from (select kind, count(*) as items, min(due_at) as due_at, session_id, is_due
        from (select kind, session_id, due_at, due_at <= <now> as is_due
          from batch_parked where item_id >= :first and item_id < :end) q
        group by kind, session_id, is_due) p
      left join batch_session s on s.id = p.session_id
      left join batch_renewal r on r.session_id = p.session_id
      """;

  private final BatchHeader header;
  private final List<Place> places = new ArrayList<>();
  private @Nullable Batch batch;
  private @Nullable String submitter;
  private boolean areAny;
  private boolean areOnType;
  private boolean isBehind;
  private boolean isTripped;
  private long waitsFor;
  private @Nullable BatchId fillsFrom;
  private @Nullable BudgetUse budget;
  private final List<BatchId> others = new ArrayList<>();
  private final List<Bound> limits = new ArrayList<>();

  private ReasonRows(BatchHeader header) {
    this.header = header;
  }

  /** Runs the statement. */
  static List<Reason> of(Handle handle, BatchHeader header) {
    ReasonRows rows = new ReasonRows(header);
    handle
        .createQuery(SQL)
        .bind("batch", header.number())
        .bind("batchName", Long.toString(header.number()))
        .bind("type", header.type())
        .bind("tenant", header.tenant())
        .bind("mostOthers", Batch.MOST_OTHERS)
        .bind("priority", header.priority())
        .bind("first", ItemIds.first(header.number()))
        .bind("end", ItemIds.end(header.number()))
        .map((row, context) -> rows.add(row))
        .list();
    return rows.reasons();
  }

  private String add(ResultSet row) throws SQLException {
    String kind = row.getString("kind");
    boolean isSo = row.getBoolean("is_so");
    switch (kind) {
      case "JOB" -> batch = batch(row, isSo);
      case "SUBMITTER" -> submitter = row.getString("name");
      case "NODE" -> {
        areAny = true;
        areOnType |= isSo;
      }
      case "WAIT" -> {
        waitsFor = row.getLong("items");
        others.add(BatchId.of(row.getString("name")));
      }
      case "FILL" -> fillsFrom = BatchId.of(row.getString("name"));
      case "BUDGET" -> budget = use(header.budget(), row.getString("name"));
      case "TYPE", "TENANT" -> limits.add(bound(row, kind, isSo));
      case "BATCH" -> isTripped = isSo;
      case "AHEAD" -> isBehind = true;
      default -> places.add(place(row, kind, isSo));
    }
    return kind;
  }

  private Bound bound(ResultSet row, String scope, boolean isTripped) throws SQLException {
    LimitName name =
        LimitScope.valueOf(scope) == LimitScope.TYPE
            ? LimitName.ofType(header.type())
            : LimitName.ofTenant(header.tenant());
    Duration left = Duration.of(Math.max(0, row.getLong("items")), ChronoUnit.MICROS);
    return new Bound(
        new StoredLimit(name, Limit.parse(row.getString("name")), left, 0),
        left.isZero() ? null : instantOrNull(row, "due_at"),
        row.getString("reason"),
        isTripped);
  }

  private Batch batch(ResultSet row, boolean isReopening) throws SQLException {
    return new Batch(
        header.type(),
        header.sequential(),
        BatchState.valueOf(row.getString("name")),
        row.getLong("items"),
        row.getString("reason"),
        instantOrNull(row, "due_at"),
        null,
        isReopening,
        row.getObject("session_id") != null,
        0,
        List.of(),
        null);
  }

  /** The header was read before: it may have no budget yet. */
  private static @Nullable BudgetUse use(@Nullable Budget budget, String sum) {
    return budget == null ? null : new BudgetUse(budget, new BigDecimal(sum));
  }

  private static Place place(ResultSet row, String kind, boolean isSo) throws SQLException {
    Long session = row.getObject("session_id", Long.class);
    return new Place(
        kind.equals("CHUNK") ? null : ParkedKind.valueOf(kind),
        row.getLong("items"),
        session != null || isSo,
        session == null ? instantOrNull(row, "due_at") : null,
        session == null ? null : new Owner(session, row.getString("name"), isSo));
  }

  private List<Reason> reasons() {
    if (header.limit() != null) {
      LimitName name = LimitName.ofBatch(header.number());
      StoredLimit own = new StoredLimit(name, header.limit(), Duration.ZERO, 0);
      limits.add(new Bound(own, null, null, isTripped));
    }
    limits.sort(Comparator.comparing(of -> of.limit().name().scope()));
    return batch == null
        ? List.of()
        : Explanation.of(
            batch.waitingFor(waitsFor, others, fillsFrom).with(budget),
            new Nodes(submitter, areAny, areOnType, isBehind, limits),
            places);
  }
}
