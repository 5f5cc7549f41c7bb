package org.batchengine.jdbc.limit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.FencedException;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.rules.Asking;
import org.batchengine.store.rules.Asking.Decision;
import org.batchengine.store.rules.Asking.Permit;
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
      select limit_no, settings, next_at, held_until, <now> as as_of from batch_limit
      where scope = :scope and name = :name for update <brief>
      """;

  private static final String PERMITS =
      """
      select session_id, asked, slots, wanted, since, turn_at, asked_at from batch_permit
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
    Instant nextAt = decision.nextAt();
    if (nextAt != null && !nextAt.equals(limit.row.nextAt())) {
      dao.giveUntil(limit.number, nextAt);
    }
    write(dao, limit.number, decision.permit());
    return decision.answer();
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
            permit.askedAt());
    if (!isThere) {
      dao.insertPermit(
          limit,
          permit.session(),
          permit.asked(),
          permit.slots(),
          permit.wanted(),
          permit.since(),
          permit.turnAt(),
          permit.askedAt());
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
          SqlFaults.unlessTaken(() -> dao.insertOfBatch(name), 0);
          LockedLimit row = find(handle, name).orElseThrow();
          return new LockedLimit(
              row.number, new Asking.Row(set, row.row.nextAt(), row.row.heldUntil()), row.now);
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
            Columns.instantOrNull(row, "held_until")),
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
        Columns.instant(row, "asked_at"));
  }
}
