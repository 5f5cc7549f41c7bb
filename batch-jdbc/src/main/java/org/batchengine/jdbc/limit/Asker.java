package org.batchengine.jdbc.limit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.Actor;
import org.batchengine.store.Attempts;
import org.batchengine.store.FencedException;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.rules.Asking;
import org.batchengine.store.rules.Asking.Decision;
import org.batchengine.store.rules.Asking.Permit;
import org.batchengine.store.rules.Asking.Trial;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;

/**
 * Gives sessions what they may begin of a limit. One transaction, in this order:
 *
 * <ol>
 *   <li>The session's row is locked: whoever ends the session waits, or has ended it.
 *   <li>The limit's row is locked, and what is set is read.
 *   <li>The permits are read, by a statement of its own: one that also waits for the lock sees them
 *       as they were before it waited.
 *   <li>What {@link Asking} decides is written.
 * </ol>
 */
final class Asker {
  private static final String LIMIT =
      """
      select limit_no, settings, next_at, held_until, trial, trips, trial_left, trial_at, revision, <now> as as_of
      from batch_limit
      where scope = :scope and name = :name for update <brief>
      """;

  private static final String PERMITS =
      """
      select session_id, asked, slots, wanted, since, turn_at, asked_at, trial, attempts, failed, fingerprint
      from batch_permit
      where limit_no = :limit
      """;

  private final Transactions transactions;

  private record LockedLimit(long number, Asking.Row row, Instant now) {}

  Asker(Database database) {
    transactions = database.brief();
  }

  LimitAnswer ask(LimitAsk ask) {
    return transactions.inTransaction(
        handle -> {
          if (SqlObjects.on(handle, FenceDao.class).shareSoon(ask.session()).isEmpty()) {
            throw new FencedException(ask.session());
          }
          return lock(handle, ask.name())
              .map(limit -> answer(handle, ask, limit))
              .orElseGet(Asking::unlimited);
        });
  }

  private static LimitAnswer answer(Handle handle, LimitAsk ask, LockedLimit limit) {
    List<Permit> permits =
        handle
            .createQuery(PERMITS)
            .bind("limit", limit.number)
            .map((row, context) -> permit(row))
            .list();
    Decision decision = Asking.decide(limit.row, permits, ask, limit.now);
    LimitDao dao = SqlObjects.on(handle, LimitDao.class);
    if (!decision.row().equals(limit.row)) {
      write(dao, limit.number, decision.row());
    }
    write(dao, limit.number, decision.permit());
    if (decision.event() != null) {
      tell(handle, ask, limit.number, decision);
    }
    return decision.answer();
  }

  private static void write(LimitDao dao, long limit, Asking.Row row) {
    Trial trial = row.trial();
    dao.move(
        limit,
        row.nextAt(),
        row.heldUntil(),
        trial.number(),
        trial.trips(),
        trial.left(),
        trial.at());
  }

  private static void tell(Handle handle, LimitAsk ask, long limit, Decision decision) {
    LimitDao dao = SqlObjects.on(handle, LimitDao.class);
    Asking.Event event = Objects.requireNonNull(decision.event());
    Actor by = new Actor(null, dao.nodeOf(ask.session()));
    if (ask.name().scope() == LimitScope.BATCH) {
      tellBatch(handle, Long.parseLong(ask.name().name()), by, event);
      return;
    }
    if (!decision.row().trial().isClosed()) {
      dao.holdBecause(limit, event.reason());
    }
    JdbcLimits.tell(handle, ask.name(), event.kind(), by, event.reason());
  }

  /** A limit is locked before its batch. */
  private static void tellBatch(Handle handle, long batch, Actor by, Asking.Event event) {
    EventDao events = SqlObjects.on(handle, EventDao.class);
    if (event.kind() == EventKind.BREAKER_CLOSED) {
      events.insert(batch, event.kind(), by, event.reason());
      return;
    }
    SqlObjects.on(handle, JobDao.class)
        .lockSoon(batch)
        .filter(job -> StateRules.mayRun(job.state()))
        .ifPresent(
            job -> {
              SqlObjects.on(handle, LimitDao.class).pause(batch, Asking.BREAKER);
              events.insert(batch, EventKind.PAUSED, by, event.reason());
            });
  }

  private static void write(LimitDao dao, long limit, Permit permit) {
    boolean isThere =
        dao.updatePermit(
            limit,
            permit.session(),
            permit.asked(),
            permit.slots(),
            permit.wanted(),
            permit.since(),
            permit.turnAt(),
            permit.askedAt(),
            permit.attempts());
    if (!isThere) {
      dao.insertPermit(
          limit,
          permit.session(),
          permit.asked(),
          permit.slots(),
          permit.wanted(),
          permit.since(),
          permit.turnAt(),
          permit.askedAt(),
          permit.attempts());
    }
  }

  /** That of a tenant is made when it is first asked for, if there is one of each tenant. */
  private static Optional<LockedLimit> lock(Handle handle, LimitName name) {
    if (name.scope() == LimitScope.BATCH) {
      return lockOfBatch(handle, name);
    }
    Optional<LockedLimit> found = find(handle, name);
    LimitDao dao = SqlObjects.on(handle, LimitDao.class);
    if (found.isPresent() || name.scope() != LimitScope.TENANT || !dao.hasEachTenant()) {
      return found;
    }
    dao.raiseRevision();
    dao.copyEachTenant(name, dao.revision());
    return find(handle, name);
  }

  /**
   * What is set is a column of the batch. The row, of what is given out, is made by who asks first.
   */
  private static Optional<LockedLimit> lockOfBatch(Handle handle, LimitName name) {
    LimitDao dao = SqlObjects.on(handle, LimitDao.class);
    Optional<Limit> limit = dao.ofLiveBatch(Long.parseLong(name.name())).map(Limit::parse);
    return limit.map(
        set -> {
          SqlFaults.unlessTaken(() -> dao.insertIfMissing(name), 0);
          LockedLimit row = find(handle, name).orElseThrow();
          boolean isPaused = set.breaker().isPresent() && dao.isPaused(Long.parseLong(name.name()));
          return new LockedLimit(row.number, row.row.ofBatch(set, isPaused, row.now), row.now);
        });
  }

  private static Optional<LockedLimit> find(Handle handle, LimitName name) {
    return handle
        .createQuery(LIMIT)
        .bind("scope", name.scope())
        .bind("name", name.name())
        .map((row, context) -> limit(row))
        .findOne();
  }

  private static LockedLimit limit(ResultSet row) throws SQLException {
    return new LockedLimit(
        row.getLong("limit_no"),
        new Asking.Row(
            Limit.parse(row.getString("settings")),
            Columns.instantOrNull(row, "next_at"),
            Columns.instantOrNull(row, "held_until"),
            new Trial(
                row.getInt("trial"),
                row.getInt("trips"),
                row.getInt("trial_left"),
                Columns.instantOrNull(row, "trial_at")),
            row.getLong("revision")),
        Columns.instant(row, "as_of"));
  }

  private static Permit permit(ResultSet row) throws SQLException {
    return new Permit(
        row.getLong("session_id"),
        row.getLong("asked"),
        row.getInt("slots"),
        row.getInt("wanted"),
        Columns.instant(row, "since"),
        Columns.instantOrNull(row, "turn_at"),
        Columns.instant(row, "asked_at"),
        new Attempts(
            row.getInt("trial"),
            row.getInt("attempts"),
            row.getInt("failed"),
            row.getString("fingerprint")));
  }
}
