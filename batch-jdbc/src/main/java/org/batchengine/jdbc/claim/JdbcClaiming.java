package org.batchengine.jdbc.claim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
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
import org.batchengine.store.InputSize;
import org.batchengine.store.StoredInput;
import org.batchengine.store.rules.ClaimBudget;
import org.batchengine.store.rules.ClaimOrder;
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
  private static final int MOST_OVERDUE = 1_000;

  private final Transactions transactions;
  private final SequentialClaimer sequential;
  private final ItemLoader loader;

  private final Map<String, String> lastTenants = new ConcurrentHashMap<>();
  private final Map<String, String> lastTenantsOfRetries = new ConcurrentHashMap<>();

  /** On an open database. */
  public JdbcClaiming(Database database) {
    transactions = database.brief();
    sequential = new SequentialClaimer(database);
    loader = new ItemLoader(database);
  }

  @Override
  public Claim claim(ClaimRequest request) {
    return transactions.inTransaction(
        handle -> {
          FenceDao.Cluster cluster =
              SqlObjects.on(handle, FenceDao.class)
                  .shareAndLook(request.session())
                  .orElseThrow(() -> new FencedException(request.session()));
          List<ClaimedItem> parked = new ArrayList<>();
          ChunkCuts cuts = new ChunkCuts();
          List<String> mayHaveMore = new ArrayList<>();
          Set<Long> full = new HashSet<>();
          for (Wanted wanted : request.wanted()) {
            ClaimBudget budget = new ClaimBudget(wanted);
            ClaimOrder.claim(
                wanted,
                budget,
                share(handle, wanted, cluster.sessions()),
                new DueRetries(
                    SqlObjects.on(handle, ParkedDao.class),
                    request.session(),
                    wanted.type(),
                    budget,
                    lastTenantsOfRetries,
                    parked),
                new DueChunks(
                    SqlObjects.on(handle, ChunkDao.class),
                    request.session(),
                    wanted,
                    budget,
                    lastTenants,
                    cuts));
            full.addAll(budget.fullBatches());
            if (!budget.hasPassedOver()) {
              mayHaveMore.add(wanted.type());
            }
          }
          boolean more = leaveRest(handle, cuts) || moreDue(handle, mayHaveMore, full);
          return new Claim(cuts.chunks(), List.copyOf(parked), more, cluster.limits());
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

  /** Else what is claimed could not be settled, and would be claimed again for ever. */
  static void requireOwned(int locked, int written) {
    if (written != locked) {
      throw new IllegalStateException(
          "of %d rows of work that were just locked %d are there by their keys: an index of batch_chunk or batch_parked is damaged, rebuild it"
              .formatted(locked, written));
    }
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

  private static boolean moreDue(Handle handle, List<String> types, Set<Long> full) {
    Long[] but = Slices.one(full, Long[]::new);
    return Slices.of(types, String[]::new).stream()
        .anyMatch(some -> SqlObjects.on(handle, ChunkDao.class).moreDue(some, but));
  }

  @Override
  public Claim claimSequential(long session, Collection<String> types) {
    return sequential.claim(session, types);
  }

  @Override
  public Claim claimOverdue(long session, Collection<String> types) {
    return transactions.inTransaction(
        handle -> {
          if (SqlObjects.on(handle, FenceDao.class).shareSoon(session).isEmpty()) {
            throw new FencedException(session);
          }
          ParkedDao dao = SqlObjects.on(handle, ParkedDao.class);
          List<ClaimedItem> claimed = new ArrayList<>();
          for (String[] some : Slices.of(types, String[]::new)) {
            for (int priority : dao.overdue(some)) {
              claimed.addAll(dao.lockOverdue(some, priority, MOST_OVERDUE - claimed.size()));
            }
          }
          if (!claimed.isEmpty()) {
            requireOwned(claimed.size(), own(dao, session, claimed));
          }
          return new Claim(List.of(), List.copyOf(claimed), claimed.size() == MOST_OVERDUE);
        });
  }

  /**
   * A suspect runs when its session owns nothing else, so that only it is lost with the session.
   */
  @Override
  public Claim claimSuspect(long session, Collection<String> types, Duration drain) {
    return transactions.inTransaction(
        handle -> {
          if (SqlObjects.on(handle, FenceDao.class).lock(session).isEmpty()) {
            throw new FencedException(session);
          }
          ParkedDao dao = SqlObjects.on(handle, ParkedDao.class);
          boolean ownsNothing =
              !dao.ownsAny(session) && !SqlObjects.on(handle, ChunkDao.class).ownsAny(session);
          List<ClaimedItem> suspect = ownsNothing ? lockDueSuspect(dao, types) : List.of();
          if (!suspect.isEmpty()) {
            requireOwned(1, own(dao, session, suspect));
          } else if (ownsNothing) {
            suspect = sequential.claimSuspect(handle, session, types).parked();
          }
          boolean more =
              Slices.of(types, String[]::new).stream().anyMatch(dao::moreSuspectsDue)
                  || !sequential.suspected(handle, types).isEmpty();
          boolean drains =
              ownsNothing
                  || (more && !ownsOrdinaryWork(handle, session))
                  || (more && mayDrain(dao, session, drain));
          return new Claim(List.of(), suspect, more && drains);
        });
  }

  private static boolean ownsOrdinaryWork(Handle handle, long session) {
    return SqlObjects.on(handle, ParkedDao.class).ownsRetries(session)
        || SqlObjects.on(handle, ChunkDao.class).ownsAny(session);
  }

  /** One session drains at a time; others go on with their work. */
  private static boolean mayDrain(ParkedDao dao, long session, Duration drain) {
    boolean may = !dao.othersDrain(session);
    if (may) {
      dao.drain(session, drain);
    }
    return may;
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
    return transactions.autoCommit(
        handle -> Slices.find(batches, Long[]::new, SqlObjects.on(handle, JobDao.class)::headers));
  }

  @Override
  public List<InputSize> measure(ClaimedChunk chunk) {
    return loader.measure(chunk);
  }

  @Override
  public List<StoredInput> load(ClaimedChunk chunk, int from, int to) {
    return loader.load(chunk, from, to);
  }

  @Override
  public List<StoredInput> load(List<ClaimedItem> parked) {
    return loader.load(parked);
  }

  @Override
  public List<Long> markRunning(Collection<Long> batches, LongConsumer locked) {
    return transactions.inTransaction(handle -> JobChanges.markRunning(handle, batches, locked));
  }

  static int own(ParkedDao dao, long session, List<ClaimedItem> items) {
    List<Long> ids = items.stream().map(item -> ItemIds.of(item.batch(), item.index())).toList();
    return Slices.change(ids, Long[]::new, some -> dao.own(session, some));
  }

  private static List<ClaimedItem> lockDueSuspect(ParkedDao dao, Collection<String> types) {
    return Slices.of(types, String[]::new).stream()
        .map(dao::lockDueSuspect)
        .filter(found -> !found.isEmpty())
        .findFirst()
        .orElse(List.of());
  }
}
