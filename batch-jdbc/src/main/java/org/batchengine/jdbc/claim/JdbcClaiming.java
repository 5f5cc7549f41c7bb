package org.batchengine.jdbc.claim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.StoredInput;
import org.batchengine.store.rules.FairShare;
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
public final class JdbcClaiming implements ClaimStore {
  private final Transactions transactions;
  private final SequentialClaimer sequential;
  private final ItemLoader loader;

  /** Whose chunks of a type were claimed last here: the next claim begins after that tenant. */
  private final Map<String, String> lastTenants = new ConcurrentHashMap<>();

  /** On an open database. */
  public JdbcClaiming(Database database) {
    transactions = database.transactions();
    sequential = new SequentialClaimer(database);
    loader = new ItemLoader(database);
  }

  @Override
  public Claim claim(ClaimRequest request) {
    return transactions.inTransaction(
        handle -> {
          int sessions =
              SqlObjects.on(handle, FenceDao.class)
                  .shareAndCount(request.session())
                  .orElseThrow(() -> new FencedException(request.session()));
          List<ClaimedItem> parked = new ArrayList<>();
          ChunkCuts cuts = new ChunkCuts();
          for (Wanted wanted : request.wanted()) {
            int retries = claimRetries(handle, request.session(), wanted, parked);
            int most = Math.min(wanted.items() - retries, share(handle, wanted, sessions));
            claimChunks(handle, request.session(), wanted, most, cuts);
          }
          boolean more = leaveRest(handle, cuts) || moreDue(handle, request);
          return new Claim(cuts.chunks(), List.copyOf(parked), more);
        });
  }

  private static int share(Handle handle, Wanted wanted, int sessions) {
    return FairShare.ofChunks(
        wanted,
        sessions,
        () ->
            SqlObjects.on(handle, ChunkDao.class)
                .dueItems(wanted.type(), FairShare.PLENTY_OF_CHUNKS)
                .orElse(Long.MAX_VALUE));
  }

  private static int claimRetries(
      Handle handle, long session, Wanted wanted, List<ClaimedItem> claimed) {
    ParkedDao dao = SqlObjects.on(handle, ParkedDao.class);
    List<ClaimedItem> retries = dao.lockDueRetries(wanted.type(), FairShare.ofRetries(wanted));
    if (!retries.isEmpty()) {
      requireOwned(retries.size(), dao.own(session, itemIds(retries)));
      claimed.addAll(retries);
    }
    return retries.size();
  }

  /** The highest priority first; of one priority the tenants take turns. */
  private void claimChunks(Handle handle, long session, Wanted wanted, int items, ChunkCuts cuts) {
    ChunkDao dao = SqlObjects.on(handle, ChunkDao.class);
    int missing = items;
    int below = Integer.MAX_VALUE;
    while (missing > 0 && cuts.room() > 0) {
      String last = lastTenants.getOrDefault(wanted.type(), "");
      List<ChunkDao.Turn> turns = turns(dao, wanted, below, last, rows(wanted, missing, cuts));
      if (turns.isEmpty()) {
        return;
      }
      int claimed = claimInTurn(dao, session, wanted, missing, turns, cuts);
      missing -= claimed;
      if (claimed == 0) {
        below = turns.get(0).priority(); // the rest is with others, or its batches are held up
      }
    }
  }

  private static List<ChunkDao.Turn> turns(
      ChunkDao dao, Wanted wanted, int below, String last, int rows) {
    List<ChunkDao.Turn> turns = dao.turns(wanted.type(), below, last, rows + 1);
    return turns.stream().distinct().limit(rows).toList();
  }

  /** How many rows it takes if all are large. */
  private static int rows(Wanted wanted, int missing, ChunkCuts cuts) {
    return Math.min(cuts.room(), ceilDiv(missing, wanted.chunkItems()));
  }

  /** Gives each tenant an equal share of the rows. How many items were claimed. */
  private int claimInTurn(
      ChunkDao dao,
      long session,
      Wanted wanted,
      int items,
      List<ChunkDao.Turn> turns,
      ChunkCuts cuts) {
    int missing = items;
    for (int i = 0; i < turns.size() && missing > 0 && cuts.room() > 0; i++) {
      ChunkDao.Turn turn = turns.get(i);
      int share = ceilDiv(rows(wanted, missing, cuts), turns.size() - i);
      List<DueChunk> due = dao.lockDue(wanted.type(), turn.priority(), turn.tenant(), share);
      List<ClaimedChunk> owned = cuts.cut(due, missing, wanted.chunkItems());
      int[] written =
          dao.own(
              session,
              owned.stream().map(ClaimedChunk::batch).toList(),
              owned.stream().map(ClaimedChunk::from).toList(),
              owned.stream().map(ClaimedChunk::to).toList());
      requireOwned(owned.size(), IntStream.of(written).sum());
      missing -= owned.stream().mapToInt(chunk -> chunk.to() - chunk.from()).sum();
      lastTenants.put(wanted.type(), turn.tenant());
    }
    return items - missing;
  }

  /** Else what is claimed could not be settled, and would be claimed again for ever. */
  static void requireOwned(int locked, int written) {
    if (written != locked) {
      throw new IllegalStateException(
          "of %d rows of work that were just locked %d are there by their keys: an index of batch_chunk or batch_parked is damaged, rebuild it"
              .formatted(locked, written));
    }
  }

  private static int ceilDiv(int count, int size) {
    return (int) (((long) count + size - 1) / size);
  }

  /** Whether anything was left. It is due at once. */
  private static boolean leaveRest(Handle handle, ChunkCuts cuts) {
    List<ChunkCuts.Rest> rest = cuts.rest();
    if (!rest.isEmpty()) {
      SqlObjects.on(handle, ChunkDao.class)
          .insertRest(
              rest.stream().map(ChunkCuts.Rest::batch).toList(),
              rest.stream().map(ChunkCuts.Rest::chunk).toList(),
              rest.stream().map(ChunkCuts.Rest::from).toList(),
              rest.stream().map(ChunkCuts.Rest::to).toList());
    }
    return !rest.isEmpty();
  }

  private static boolean moreDue(Handle handle, ClaimRequest request) {
    return SqlObjects.on(handle, ChunkDao.class)
        .moreDue(request.wanted().stream().map(Wanted::type).toArray(String[]::new));
  }

  @Override
  public Claim claimSequential(long session, Collection<String> types) {
    return sequential.claim(session, types);
  }

  /**
   * A suspect runs when its session owns nothing else, so that only it is lost with the session.
   */
  @Override
  public Claim claimSuspect(long session, Collection<String> types) {
    String[] wanted = types.toArray(String[]::new);
    return transactions.inTransaction(
        handle -> {
          if (SqlObjects.on(handle, FenceDao.class).lock(session).isEmpty()) {
            throw new FencedException(session);
          }
          ParkedDao dao = SqlObjects.on(handle, ParkedDao.class);
          boolean ownsNothing =
              !dao.ownsAny(session) && !SqlObjects.on(handle, ChunkDao.class).ownsAny(session);
          List<ClaimedItem> suspect = ownsNothing ? dao.lockDueSuspect(wanted) : List.of();
          if (!suspect.isEmpty()) {
            requireOwned(1, dao.own(session, itemIds(suspect)));
          } else if (ownsNothing) {
            suspect = sequential.claimSuspect(handle, session, wanted).parked();
          }
          boolean more =
              dao.moreSuspectsDue(wanted) || !sequential.suspected(handle, wanted).isEmpty();
          return new Claim(List.of(), suspect, more);
        });
  }

  /**
   * The session's row is locked first: a claim whose answer was lost may still be committing, and
   * what it takes would be nobody's.
   */
  @Override
  public Claim owned(long session) {
    return transactions.inTransaction(
        handle -> {
          if (SqlObjects.on(handle, FenceDao.class).lock(session).isEmpty()) {
            return Claim.NOTHING;
          }
          return new Claim(
              SqlObjects.on(handle, ChunkDao.class).ownedBy(session),
              SqlObjects.on(handle, ParkedDao.class).ownedBy(session),
              false);
        });
  }

  @Override
  public List<BatchHeader> headers(Collection<Long> batches) {
    Long[] numbers = batches.toArray(Long[]::new);
    return transactions.autoCommit(handle -> SqlObjects.on(handle, JobDao.class).headers(numbers));
  }

  @Override
  public List<StoredInput> load(ClaimedChunk chunk) {
    return loader.load(chunk);
  }

  @Override
  public List<StoredInput> load(List<ClaimedItem> parked) {
    return loader.load(parked);
  }

  @Override
  public List<Long> markRunning(Collection<Long> batches) {
    return transactions.inTransaction(handle -> JobChanges.markRunning(handle, batches));
  }

  private static Long[] itemIds(List<ClaimedItem> items) {
    return items.stream().map(item -> ItemIds.of(item.batch(), item.index())).toArray(Long[]::new);
  }
}
