package org.batchengine.jdbc;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.jdbi.v3.core.Handle;

/**
 * Gives due work to sessions. One transaction, in this order:
 *
 * <ol>
 *   <li>The session's row is locked: whoever ends the session waits, or has ended it.
 *   <li>Rows that are due are locked by a select that skips what others have locked.
 *   <li>They are written by their keys. A chunk that is too large is cut; its rest is a new chunk.
 * </ol>
 */
final class Claimer {
  private final Transactions transactions;

  Claimer(Database database) {
    transactions = database.transactions();
  }

  Claim claim(ClaimRequest request) {
    return transactions.inTransaction(
        handle -> {
          if (handle.attach(SessionDao.class).share(request.session()).isEmpty()) {
            throw new FencedException(request.session());
          }
          List<ClaimedItem> parked = new ArrayList<>();
          ChunkCuts cuts = new ChunkCuts();
          for (Wanted wanted : request.wanted()) {
            int retries = claimRetries(handle, request.session(), wanted, parked);
            claimChunks(handle, request.session(), wanted, wanted.items() - retries, cuts);
          }
          boolean more = leaveRest(handle, cuts) || moreDue(handle, request);
          return new Claim(cuts.chunks(), List.copyOf(parked), more);
        });
  }

  /** At most half, rounded up: who wants one item must come to its retries as well. */
  private static int claimRetries(
      Handle handle, long session, Wanted wanted, List<ClaimedItem> claimed) {
    ParkedDao dao = handle.attach(ParkedDao.class);
    List<ClaimedItem> retries = dao.lockDueRetries(wanted.type(), (wanted.items() + 1) / 2);
    if (!retries.isEmpty()) {
      dao.own(session, itemIds(retries));
      claimed.addAll(retries);
    }
    return retries.size();
  }

  /** Asks for as many rows as it takes if all are large; for more only if they were not. */
  private static void claimChunks(
      Handle handle, long session, Wanted wanted, int items, ChunkCuts cuts) {
    ChunkDao dao = handle.attach(ChunkDao.class);
    int missing = items;
    boolean isMoreThere = true;
    while (missing > 0 && cuts.room() > 0 && isMoreThere) {
      int rows = Math.min(cuts.room(), ceilDiv(missing, wanted.chunkItems()));
      List<DueChunk> due = dao.lockDue(wanted.type(), rows);
      List<ClaimedChunk> owned = cuts.cut(due, missing, wanted.chunkItems());
      dao.own(
          session,
          owned.stream().map(ClaimedChunk::batch).toList(),
          owned.stream().map(ClaimedChunk::from).toList(),
          owned.stream().map(ClaimedChunk::to).toList());
      missing -= owned.stream().mapToInt(chunk -> chunk.to() - chunk.from()).sum();
      isMoreThere = due.size() == rows;
    }
  }

  private static int ceilDiv(int count, int size) {
    return (int) (((long) count + size - 1) / size);
  }

  /** Whether anything was left. It is due at once. */
  private static boolean leaveRest(Handle handle, ChunkCuts cuts) {
    List<ChunkCuts.Rest> rest = cuts.rest();
    if (!rest.isEmpty()) {
      handle
          .attach(ChunkDao.class)
          .insertRest(
              rest.stream().map(ChunkCuts.Rest::batch).toList(),
              rest.stream().map(ChunkCuts.Rest::chunk).toList(),
              rest.stream().map(ChunkCuts.Rest::from).toList(),
              rest.stream().map(ChunkCuts.Rest::to).toList());
    }
    return !rest.isEmpty();
  }

  private static boolean moreDue(Handle handle, ClaimRequest request) {
    return handle
        .attach(ChunkDao.class)
        .moreDue(request.wanted().stream().map(Wanted::type).toArray(String[]::new));
  }

  /**
   * A suspect runs when its session owns nothing else, so that only it is lost with the session.
   */
  Claim claimSuspect(long session, Collection<String> types) {
    String[] wanted = types.toArray(String[]::new);
    return transactions.inTransaction(
        handle -> {
          if (handle.attach(SessionDao.class).lock(session).isEmpty()) {
            throw new FencedException(session);
          }
          ParkedDao dao = handle.attach(ParkedDao.class);
          boolean ownsNothing =
              !dao.ownsAny(session) && !handle.attach(ChunkDao.class).ownsAny(session);
          List<ClaimedItem> suspect = ownsNothing ? dao.lockDueSuspect(wanted) : List.of();
          if (!suspect.isEmpty()) {
            dao.own(session, itemIds(suspect));
          }
          return new Claim(List.of(), suspect, dao.moreSuspectsDue(wanted));
        });
  }

  Claim owned(long session) {
    return transactions.inTransaction(
        handle ->
            new Claim(
                handle.attach(ChunkDao.class).ownedBy(session),
                handle.attach(ParkedDao.class).ownedBy(session),
                false));
  }

  List<Long> markRunning(Collection<Long> batches) {
    Long[] numbers = batches.toArray(Long[]::new);
    return transactions.autoCommit(handle -> handle.attach(JobDao.class).markRunning(numbers));
  }

  private static Long[] itemIds(List<ClaimedItem> items) {
    return items.stream().map(item -> ItemIds.of(item.batch(), item.index())).toArray(Long[]::new);
  }
}
