package org.batchengine.jdbc.claim;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.batchengine.jdbc.claim.SequentialDao.FirstChunk;
import org.batchengine.jdbc.claim.SequentialDao.FirstParked;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.rules.ParkedKind;
import org.jdbi.v3.core.Handle;

/**
 * Gives the next item of sequential batches to sessions. One transaction, in this order:
 *
 * <ol>
 *   <li>The session's row is locked, as by every claim.
 *   <li>A look without a lock finds batches of which nothing is owned and whose next item is due.
 *   <li>The job row of one of them is locked, and the same is asked again under that lock: all who
 *       own an item of a sequential batch have passed here.
 *   <li>The item with the lowest index is owned: a parked one, or one that is cut off its chunk. If
 *       it is not due, nothing of the batch is. A suspect waits to be claimed as one.
 * </ol>
 */
final class SequentialClaimer {
  private static final int MOST_LOOKED_AT = 16;

  private final Transactions transactions;

  /** The batch that was claimed last here: the next claim begins after it. */
  private final AtomicLong last = new AtomicLong();

  SequentialClaimer(Database database) {
    transactions = database.brief();
  }

  Claim claim(long session, Collection<String> types) {
    return transactions.inTransaction(
        handle -> {
          if (SqlObjects.on(handle, FenceDao.class).shareSoon(session).isEmpty()) {
            throw new FencedException(session);
          }
          SequentialDao dao = SqlObjects.on(handle, SequentialDao.class);
          List<Long> due =
              Slices.find(types, String[]::new, some -> dao.due(some, last.get(), MOST_LOOKED_AT));
          return firstOf(handle, session, due, false);
        });
  }

  /** Claims a suspect, for a session that owns nothing and is locked. */
  Claim claimSuspect(Handle handle, long session, Collection<String> types) {
    return firstOf(handle, session, suspected(handle, types), true);
  }

  /** Batches whose next item is a suspect. */
  List<Long> suspected(Handle handle, Collection<String> types) {
    SequentialDao dao = SqlObjects.on(handle, SequentialDao.class);
    return Slices.find(
        types, String[]::new, some -> dao.suspected(some, last.get(), MOST_LOOKED_AT));
  }

  private Claim firstOf(Handle handle, long session, List<Long> batches, boolean suspects) {
    boolean othersWereQuicker = false;
    for (int i = 0; i < batches.size(); i++) {
      long batch = batches.get(i);
      SequentialDao dao = SqlObjects.on(handle, SequentialDao.class);
      if (dao.lock(batch).isEmpty() || dao.isAnyOwned(batch)) {
        othersWereQuicker = true;
        continue;
      }
      Claim claim = next(handle, session, batch, suspects);
      if (!claim.isEmpty()) {
        last.set(batch);
        boolean isMoreThere = i + 1 < batches.size();
        return new Claim(claim.chunks(), claim.parked(), isMoreThere);
      }
    }
    return new Claim(List.of(), List.of(), othersWereQuicker);
  }

  private static Claim next(Handle handle, long session, long batch, boolean suspects) {
    SequentialDao dao = SqlObjects.on(handle, SequentialDao.class);
    Optional<FirstChunk> chunk = dao.firstChunk(batch);
    Optional<FirstParked> parked = dao.firstParked(batch);
    Optional<Integer> open = chunk.flatMap(first -> firstOpen(dao, batch, first));
    int next = open.orElse(chunk.map(FirstChunk::from).orElse(Integer.MAX_VALUE));
    if (parked.isPresent() && parked.get().item().index() <= next) {
      return claimParked(dao, session, parked.get(), suspects);
    }
    return suspects || chunk.isEmpty() || !chunk.get().isDue()
        ? Claim.NOTHING
        : claimItem(handle, session, batch, chunk.get(), open);
  }

  private static Optional<Integer> firstOpen(SequentialDao dao, long batch, FirstChunk chunk) {
    return dao.firstOpen(ItemIds.of(batch, chunk.from()), ItemIds.of(batch, chunk.to()))
        .map(ItemIds::index);
  }

  private static Claim claimParked(
      SequentialDao dao, long session, FirstParked parked, boolean suspects) {
    ClaimedItem item = parked.item();
    long id = ItemIds.of(item.batch(), item.index());
    if (!parked.isDue()
        || (parked.kind() == ParkedKind.SUSPECT) != suspects
        || dao.lockParked(id).isEmpty()) {
      return Claim.NOTHING;
    }
    JdbcClaiming.requireOwned(1, dao.ownParked(session, id));
    return new Claim(List.of(), List.of(item), false);
  }

  /** A chunk of which nothing is open is claimed as it is: it goes with the next settlement. */
  private static Claim claimItem(
      Handle handle, long session, long batch, FirstChunk chunk, Optional<Integer> open) {
    if (SqlObjects.on(handle, SequentialDao.class).lockChunk(batch, chunk.from()).isEmpty()) {
      return Claim.NOTHING;
    }
    int first = open.orElse(chunk.from());
    int end = open.isEmpty() ? chunk.to() : first + 1;
    if (end < chunk.to()) {
      SqlObjects.on(handle, ChunkDao.class)
          .insertRest(List.of(batch), List.of(chunk.from()), List.of(end), List.of(chunk.to()));
    }
    JdbcClaiming.requireOwned(
        1,
        SqlObjects.on(handle, SequentialDao.class).own(session, batch, chunk.from(), first, end));
    ClaimedChunk claimed =
        new ClaimedChunk(batch, chunk.type(), first, end, chunk.lost(), chunk.revision());
    return new Claim(List.of(claimed), List.of(), false);
  }
}
