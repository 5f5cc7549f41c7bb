package org.batchengine.jdbc.steer;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.NewRehearsals;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.FillStep;
import org.batchengine.store.WaitLook;
import org.batchengine.store.WaitScope;
import org.batchengine.store.WaitStore;
import org.batchengine.store.rules.BrokenWait;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * Releases batches that wait for others, or cancels them. Each step is a transaction of its own:
 *
 * <ol>
 *   <li>What has come goes from the table of waits, without locks on batches: of 1,000 ends that
 *       one batch waits for, none waits for another.
 *   <li>A batch that waits in vain is locked; if it still does, it is stopped. What it waits for
 *       may have been retried since.
 *   <li>A batch of the first step is locked; if a fresh statement finds nothing that it waits for,
 *       it is released.
 * </ol>
 */
public final class JdbcWaiting implements WaitStore {
  private static final int MOST_LOCKED = 20;

  /** A deleted batch counts as what it was, and one that is gone as what its last end was. */
  private static final String IS_MET =
      """
      coalesce(
        (select case when p.state = 'COMPLETED'
            or w.at_end and (p.id is null or p.state in ('FAILED', 'CANCELLED')) then 1 else 0 end
          from batch_job p where p.batch_no = w.after_no),
        case when w.at_end or (select e.kind from batch_event e
            where e.batch_id = w.after_id and e.batch_no = w.after_no
              and e.kind in ('COMPLETED', 'FAILED', 'CANCELLED')
            order by e.id desc fetch first 1 rows only) = 'COMPLETED' then 1 else 0 end) = 1
      """;

  private static final String IS_BROKEN =
      """
      not w.at_end
        and coalesce(
          (select case when p.id is not null and (w.patient or p.state not in ('FAILED', 'CANCELLED'))
              then 0 else 1 end
            from batch_job p where p.batch_no = w.after_no), 1) = 1
        and not
      """
          + IS_MET;

  private static final String MET =
      "select w.batch_no, w.after_no from batch_wait w where <scope> and "
          + IS_MET
          + "fetch first :most rows only for update skip locked";

  private static final String MAY_BE_BROKEN =
      "select distinct w.batch_no from batch_wait w join batch_job j on j.batch_no = w.batch_no"
          + " where j.state in ('PENDING', 'PAUSED') and j.id is not null and <scope> and "
          + IS_BROKEN
          + "fetch first :most rows only";

  private static final String BROKEN =
      "select w.batch_no, w.after_id, (select p.state from batch_job p where p.batch_no = w.after_no)"
          + " as state from batch_wait w where w.batch_no = any(:batches) and "
          + IS_BROKEN;

  private final Transactions transactions;

  /** On an open database. */
  public JdbcWaiting(Database database) {
    transactions = database.brief();
  }

  /** A row of the table: a batch, and what it waits for. */
  private record Wait(long batch, long other) {}

  @Override
  public WaitLook look(WaitScope scope, int most) {
    if (!transactions.autoCommit(handle -> isAny(handle, scope))) {
      return WaitLook.NOTHING;
    }
    List<Wait> met = transactions.inTransaction(handle -> removeMet(handle, scope, most));
    List<Long> broken = transactions.autoCommit(handle -> broken(handle, scope, most));
    List<Long> cancelled = inSteps(broken, JdbcWaiting::cancel);
    Set<Long> touched = new LinkedHashSet<>();
    met.forEach(wait -> touched.add(wait.batch()));
    touched.addAll(transactions.autoCommit(handle -> without(handle, scope, most)));
    List<Long> free = find(touched, ReleaseDao::free);
    List<Long> released = inSteps(free, JdbcWaiting::release);
    return new WaitLook(
        released.size(),
        find(released, ReleaseDao::empty),
        cancelled,
        Math.max(met.size(), Math.max(cancelled.size(), released.size())) >= most);
  }

  /** A step for some batches, and those that it has changed. */
  private interface Change {
    List<Long> of(Handle handle, Long[] batches);
  }

  private List<Long> inSteps(List<Long> batches, Change change) {
    List<Long> changed = new ArrayList<>();
    for (int from = 0; from < batches.size(); from += MOST_LOCKED) {
      List<Long> some = batches.subList(from, Math.min(batches.size(), from + MOST_LOCKED));
      changed.addAll(
          transactions.inTransaction(handle -> change.of(handle, Slices.one(some, Long[]::new))));
    }
    return changed;
  }

  private List<Long> find(
      Collection<Long> batches, BiFunction<ReleaseDao, Long[], List<Long>> question) {
    return Slices.find(
        batches,
        Long[]::new,
        some ->
            transactions.autoCommit(
                handle -> question.apply(SqlObjects.on(handle, ReleaseDao.class), some)));
  }

  @Override
  public List<Long> toFill(int most) {
    return transactions.autoCommit(handle -> SqlObjects.on(handle, FillingDao.class).due(most));
  }

  @Override
  public FillStep fill(long batch, int most, long bytes) {
    return transactions.inTransaction(handle -> Filler.fill(handle, batch, most, bytes));
  }

  // --- Which are looked at ---

  private static Query query(Handle handle, WaitScope scope, String sql) {
    String condition =
        switch (scope.of()) {
          case ENDED -> "w.after_id = any(:ids)";
          case SUBMITTED ->
              "w.batch_no in (select s.batch_no from batch_job s where s.id = any(:ids))";
          case ALL -> "1 = 1";
        };
    Query query = handle.createQuery(sql.replace("<scope>", condition));
    return scope.of() == WaitScope.Of.ALL ? query : query.bind("ids", ids(scope));
  }

  private static UUID[] ids(WaitScope scope) {
    return Slices.one(scope.ids().stream().map(BatchId::value).toList(), UUID[]::new);
  }

  private static boolean isAny(Handle handle, WaitScope scope) {
    return switch (scope.of()) {
      case ENDED ->
          query(handle, scope, "select exists (select 1 from batch_wait w where <scope>)")
              .mapTo(Boolean.class)
              .one();
      case SUBMITTED -> true;
      case ALL -> SqlObjects.on(handle, ReleaseDao.class).isAnyWaiting();
    };
  }

  /** Batches that may wait for nothing though no row of theirs was removed by this look. */
  private static List<Long> without(Handle handle, WaitScope scope, int most) {
    return switch (scope.of()) {
      case ENDED -> List.of();
      case SUBMITTED -> SqlObjects.on(handle, ReleaseDao.class).waiting(ids(scope));
      case ALL -> SqlObjects.on(handle, ReleaseDao.class).allFree(most);
    };
  }

  // --- Steps ---

  private static List<Wait> removeMet(Handle handle, WaitScope scope, int most) {
    List<Wait> met =
        query(handle, scope, MET)
            .bind("most", most)
            .map((row, context) -> new Wait(row.getLong("batch_no"), row.getLong("after_no")))
            .list();
    if (!met.isEmpty()) {
      SqlObjects.on(handle, ReleaseDao.class)
          .delete(met.stream().map(Wait::batch).toList(), met.stream().map(Wait::other).toList());
    }
    return met;
  }

  private static List<Long> broken(Handle handle, WaitScope scope, int most) {
    return query(handle, scope, MAY_BE_BROKEN).bind("most", most).mapTo(Long.class).list();
  }

  private static List<Long> cancel(Handle handle, Long[] batches) {
    Map<Long, LockedJob> locked = lockWaiting(handle, batches);
    locked.values().removeIf(job -> !StateRules.canStop(job.state()));
    if (locked.isEmpty()) {
      return List.of();
    }
    Map<Long, String> broken = new LinkedHashMap<>();
    handle
        .createQuery(BROKEN)
        .bind("batches", Slices.one(locked.keySet(), Long[]::new))
        .map((row, context) -> broken.putIfAbsent(row.getLong("batch_no"), reason(row)))
        .list();
    broken.forEach(
        (batch, reason) -> {
          LockedJob job = Objects.requireNonNull(locked.get(batch));
          JdbcSteering.stop(handle, job, BatchState.CANCELLED, false, reason, null);
          SqlObjects.on(handle, EventDao.class)
              .insert(batch, EventKind.CANCELLING, null, null, reason);
        });
    return List.copyOf(broken.keySet());
  }

  private static String reason(ResultSet row) throws SQLException {
    String state = row.getString("state");
    return BrokenWait.reason(
        BatchId.of(row.getObject("after_id", UUID.class)),
        state == null ? null : BatchState.valueOf(state));
  }

  private static Map<Long, LockedJob> lockWaiting(Handle handle, Long[] batches) {
    Map<Long, LockedJob> locked = new LinkedHashMap<>();
    for (LockedJob job : SqlObjects.on(handle, JobDao.class).lockFree(batches)) {
      if (job.isWaiting()) {
        locked.put(job.batch(), job);
      }
    }
    return locked;
  }

  private static List<Long> release(Handle handle, Long[] batches) {
    ReleaseDao dao = SqlObjects.on(handle, ReleaseDao.class);
    Set<Long> locked = lockWaiting(handle, batches).keySet();
    List<Long> free = locked.isEmpty() ? List.of() : dao.free(Slices.one(locked, Long[]::new));
    if (!free.isEmpty()) {
      Long[] these = Slices.one(free, Long[]::new);
      dao.release(these);
      dao.releaseChunks(these);
      NewRehearsals.place(handle, these);
      List<Long> complete = dao.complete(these);
      if (!complete.isEmpty()) {
        SqlObjects.on(handle, EventDao.class)
            .insertAll(Slices.one(complete, Long[]::new), EventKind.RELEASED, null, null, null);
      }
    }
    return free;
  }
}
