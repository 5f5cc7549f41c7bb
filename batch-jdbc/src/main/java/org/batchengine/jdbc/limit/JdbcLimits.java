package org.batchengine.jdbc.limit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.limit.LimitState;
import org.batchengine.store.Actor;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.LimitStore;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.StoredLimit;
import org.batchengine.store.rules.Asking;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Keeps limits. Who changes one of a job type or a tenant locks the row of revisions first, so that
 * revisions commit in order: who has read one has seen all before it.
 */
public final class JdbcLimits implements LimitStore {
  private static final String CHANGED =
      """
      select scope, name, settings, held_until, <now> as as_of, revision from batch_limit
      where revision > :revision and scope in ('TYPE', 'TENANT') order by revision, limit_no
      """;

  private static final String ALL =
      """
      select l.scope, l.name, l.settings, l.declared, l.is_set, l.held_reason,
        case when l.held_until > <now> then l.held_until end as held_until,
        coalesce(u.running, 0) as running, coalesce(u.wanted, 0) as wanted
      from (
        select b.limit_no, b.scope, b.name, b.settings, b.declared, b.is_set, b.held_until, b.held_reason
        from batch_limit b
        where b.scope in ('TYPE', 'TENANT')
          and (b.settings <> '' or b.is_set or b.declared is not null or b.held_until > <now>)
        union all
        select b.limit_no, 'BATCH', cast(j.id as varchar), j.call_limit, null, true, null, null
        from batch_job j
        left join batch_limit b on b.scope = 'BATCH' and b.name = cast(j.batch_no as varchar)
        where j.call_limit is not null and j.id is not null and j.state in ('SUBMITTING', 'PENDING', 'RUNNING', 'PAUSED', 'STOPPING')) l
      left join (
        select p.limit_no, sum(p.slots) as running, sum(p.wanted) as wanted from batch_permit p
        where p.asked_at > <now> - cast(:lately as numeric(20, 6)) * interval '1' second
        group by p.limit_no) u on u.limit_no = l.limit_no
      order by l.scope desc, l.name
      """;

  private final Transactions transactions;
  private final Asker asker;

  /** On an open database. */
  public JdbcLimits(Database database) {
    transactions = database.transactions();
    asker = new Asker(database);
  }

  private static LimitDao dao(Handle handle) {
    return SqlObjects.on(handle, LimitDao.class);
  }

  @Override
  public long revision() {
    return transactions.autoCommit(handle -> dao(handle).revision());
  }

  @Override
  public List<StoredLimit> changedSince(long revision) {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(CHANGED)
                .bind("revision", revision)
                .map((row, context) -> stored(row))
                .list());
  }

  private static StoredLimit stored(ResultSet row) throws SQLException {
    Instant heldUntil = Columns.instantOrNull(row, "held_until");
    Duration heldFor =
        heldUntil == null
            ? Duration.ZERO
            : Duration.between(Columns.instant(row, "as_of"), heldUntil);
    return new StoredLimit(
        new LimitName(LimitScope.valueOf(row.getString("scope")), row.getString("name")),
        Limit.parse(row.getString("settings")),
        heldFor.isNegative() ? Duration.ZERO : heldFor,
        row.getLong("revision"));
  }

  @Override
  public void declare(String type, Limit limit) {
    LimitName name = LimitName.ofType(type);
    transactions.useTransaction(
        handle -> {
          String before = dao(handle).declared(type).orElse(Limit.none().toString());
          if (!before.equals(limit.toString())) {
            dao(handle).declare(type, limit.toString(), begin(handle, name));
          }
        });
  }

  @Override
  public void set(LimitName name, @Nullable Limit limit, Actor by, String reason) {
    transactions.useTransaction(
        handle -> {
          long revision = begin(handle, name);
          if (limit == null) {
            dao(handle).reset(name, revision);
          } else {
            dao(handle).set(name, limit.toString(), revision);
            if (name.equals(LimitName.EACH_TENANT)) {
              dao(handle).setOthers(limit.toString(), revision);
            }
          }
          EventKind kind = limit == null ? EventKind.LIMIT_RESET : EventKind.LIMIT_SET;
          tell(handle, name, kind, by, reason);
        });
  }

  /** The row is there, and locked behind that of revisions; the new revision. */
  private static long begin(Handle handle, LimitName name) {
    dao(handle).raiseRevision();
    dao(handle).insertIfMissing(name);
    return dao(handle).revision();
  }

  static void tell(Handle handle, LimitName name, EventKind kind, Actor by, String reason) {
    NameInTenant of =
        new NameInTenant(name.scope() == LimitScope.TENANT ? name.name() : "", name.name());
    SqlObjects.on(handle, EventDao.class).insertOf(of, kind, by, reason);
  }

  @Override
  public void hold(String type, Duration time, @Nullable Actor by, String reason) {
    LimitName name = LimitName.ofType(type);
    transactions.useTransaction(
        handle -> {
          dao(handle).hold(type, time, reason, begin(handle, name));
          if (by != null) {
            tell(handle, name, EventKind.TYPE_HELD, by, reason);
          }
        });
  }

  @Override
  public boolean release(String type, Actor by, String reason) {
    return transactions.inTransaction(
        handle -> {
          LimitName name = LimitName.ofType(type);
          boolean wasHeld = dao(handle).release(type, begin(handle, name));
          if (wasHeld) {
            tell(handle, name, EventKind.TYPE_RELEASED, by, reason);
          }
          return wasHeld;
        });
  }

  @Override
  public LimitAnswer ask(LimitAsk ask) {
    return asker.ask(ask);
  }

  @Override
  public List<LimitState> all() {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(ALL)
                .bind("lately", Asking.LATELY)
                .map((row, context) -> state(row))
                .list());
  }

  private static LimitState state(ResultSet row) throws SQLException {
    String declared = row.getString("declared");
    Optional<Instant> heldUntil = Optional.ofNullable(Columns.instantOrNull(row, "held_until"));
    int running = row.getInt("running");
    return new LimitState(
        LimitScope.valueOf(row.getString("scope")),
        row.getString("name"),
        Limit.parse(row.getString("settings")),
        Optional.ofNullable(declared).filter(text -> !text.isEmpty()).map(Limit::parse),
        row.getBoolean("is_set"),
        heldUntil,
        heldUntil.isEmpty() ? Optional.empty() : Optional.ofNullable(row.getString("held_reason")),
        running,
        Math.max(0, row.getInt("wanted") - running));
  }
}
