package org.batchengine.jdbc.limit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.limit.Limit;
import org.batchengine.store.LimitName;
import org.batchengine.store.NewBatch;
import org.batchengine.store.rules.Admission;
import org.batchengine.store.rules.Admission.Unfinished;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Holds a tenant to its limits on submits.
 *
 * <ol>
 *   <li>A statement of each submit writes nothing if there may be such limits. So what has none
 *       costs no statement.
 *   <li>If it wrote nothing, the tenant's row is locked, until the transaction is over. So one
 *       submit of the tenant comes after the other.
 *   <li>Then what is there is counted, by statements that see what those before have committed.
 * </ol>
 */
public enum SubmitLimits {
  /** As above. */
  EXACT(" for update"),

  /**
   * For a transaction of the host, whose end is not known: it locks nothing, since others would
   * wait for it, and does not see what others have not committed.
   */
  AS_SEEN("");

  /** Whether nothing limits what the tenant {@code :tenant} submits. */
  public static final String NONE =
      """
      not exists (select 1 from batch_limit l where l.scope = 'TENANT' and l.name in (:tenant, '*')
        and (l.settings like '%batches %' or l.settings like '%items %' or l.settings like '%submits %'))
      """;

  private static final String SETTINGS =
      "select settings from batch_limit where scope = 'TENANT' and name = :tenant";

  private static final String UNFINISHED =
      """
      select count(*) as batches,
        coalesce(sum(j.total), 0) - coalesce(sum(
          (select coalesce(sum(p.succeeded + p.failed + p.skipped + p.cancelled), 0)
            from batch_progress p where p.batch_no = j.batch_no)), 0) as items
      from batch_job j
      where j.tenant = :tenant and j.id is not null
        and j.state in ('SUBMITTING', 'PENDING', 'RUNNING', 'PAUSED', 'STOPPING')
      """;

  /** A submit in pages that failed was none. */
  private static final String NTH =
      """
      select created_at, <now> as as_of from batch_job
      where tenant = :tenant and (id is not null or state <> 'SUBMITTING')
      order by batch_no desc offset :others rows fetch first 1 rows only
      """;

  private static final String TENANT_OF = "select tenant from batch_job where batch_no = :batch";

  private final String lock;

  SubmitLimits(String lock) {
    this.lock = lock;
  }

  /**
   * A batch is submitted whose tenant may have limits.
   *
   * @throws org.batchengine.model.LimitExceededException if there is no room
   */
  public void admit(Handle handle, NewBatch batch, int items) {
    if (Admission.isNeeded(batch)) {
      Limit limit = limit(handle, batch.tenant());
      Admission.require(batch.tenant(), limit, items, new Present(handle, batch.tenant()));
    }
  }

  /**
   * A batch gets more items whose tenant may have limits.
   *
   * @throws org.batchengine.model.LimitExceededException if there is no room
   */
  public void admitMore(Handle handle, long batch, int items) {
    handle
        .createQuery(TENANT_OF)
        .bind("batch", batch)
        .mapTo(String.class)
        .findOne()
        .ifPresent(
            tenant ->
                Admission.requireMore(
                    tenant, limit(handle, tenant), items, new Present(handle, tenant)));
  }

  private Limit limit(Handle handle, String tenant) {
    Optional<Limit> own = read(handle, SETTINGS + lock, tenant);
    Optional<Limit> each =
        own.isPresent() ? own : read(handle, SETTINGS, LimitName.EACH_TENANT.name());
    if (own.isPresent() || each.isEmpty() || this == AS_SEEN) {
      return each.orElse(Limit.none());
    }
    makeRow(handle, tenant);
    return read(handle, SETTINGS + lock, tenant).orElseThrow();
  }

  private static Optional<Limit> read(Handle handle, String sql, String tenant) {
    return handle
        .createQuery(sql)
        .bind("tenant", tenant)
        .mapTo(String.class)
        .findOne()
        .map(Limit::parse);
  }

  /** What each tenant has is copied: a row of its own is what its submits can lock. */
  private static void makeRow(Handle handle, String tenant) {
    LimitDao limits = SqlObjects.on(handle, LimitDao.class);
    limits.raiseRevision();
    limits.copyEachTenant(LimitName.ofTenant(tenant), limits.revision());
  }

  /** What a tenant has. */
  private record Present(Handle handle, String tenant) implements Admission.Present {
    private Query query(String sql) {
      return handle.createQuery(sql).bind("tenant", tenant);
    }

    @Override
    public Unfinished unfinished() {
      return query(UNFINISHED)
          .map((row, context) -> new Unfinished(row.getLong("batches"), row.getLong("items")))
          .one();
    }

    @Override
    public Optional<Duration> sinceSubmit(int others) {
      return query(NTH).bind("others", others).map((row, context) -> since(row)).findOne();
    }

    private static Duration since(ResultSet row) throws SQLException {
      return Duration.between(Columns.instant(row, "created_at"), Columns.instant(row, "as_of"));
    }
  }
}
