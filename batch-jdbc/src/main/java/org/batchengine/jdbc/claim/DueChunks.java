package org.batchengine.jdbc.claim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.jdbc.claim.ChunkDao.DueKey;
import org.batchengine.jdbc.claim.ChunkDao.Turn;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.rules.BatchTurns;
import org.batchengine.store.rules.ClaimBudget;
import org.batchengine.store.rules.ClaimOrder;
import org.batchengine.store.rules.ClaimOrder.Offer;

/** The due chunks of one type, for one claim. */
final class DueChunks implements ClaimOrder.Source {
  private static final int MOST_PASSED_OVER = 48;

  private final ChunkDao dao;
  private final long session;
  private final Wanted wanted;
  private final ClaimBudget budget;
  private final Map<String, String> lastTenants;
  private final ChunkCuts cuts;
  private int looks;

  /**
   * Nothing is claimed yet.
   *
   * @param lastTenants whose chunks of a type were claimed last: the next claim begins after that
   *     tenant
   * @param cuts gets what is claimed
   */
  DueChunks(
      ChunkDao dao,
      long session,
      Wanted wanted,
      ClaimBudget budget,
      Map<String, String> lastTenants,
      ChunkCuts cuts) {
    this.dao = dao;
    this.session = session;
    this.wanted = wanted;
    this.budget = budget;
    this.lastTenants = lastTenants;
    this.cuts = cuts;
  }

  @Override
  public Optional<Offer> next(int below, int items) {
    if (cuts.room() == 0) {
      return Optional.empty();
    }
    String last = lastTenants.getOrDefault(wanted.type(), "");
    int most = rows(items) + passedOver();
    looks++;
    List<Turn> turns =
        dao.turns(wanted.type(), below, last, most + 1).stream().distinct().limit(most).toList();
    return turns.isEmpty() ? Optional.empty() : Optional.of(new InTurn(turns));
  }

  /** How many rows it takes if all are large. Where they turn out to be small, more each time. */
  private int rows(int missing) {
    int grown = 1 << Math.min(looks, 4);
    return Math.min(cuts.room(), Math.max(ceilDiv(missing, wanted.chunkItems()), grown / 2));
  }

  /** How many tenants in turn may have enough. */
  private int passedOver() {
    long full = wanted.tenants().values().stream().filter(share -> share.items(0) == 0).count();
    return (int) Math.min(full, MOST_PASSED_OVER);
  }

  /** Batches of which the session has enough. */
  static Long[] full(ClaimBudget budget) {
    return Slices.one(budget.fullBatches(), Long[]::new);
  }

  private static int ceilDiv(int count, int size) {
    return (int) (((long) count + size - 1) / size);
  }

  private final class InTurn implements Offer {
    private final List<Turn> turns;

    InTurn(List<Turn> turns) {
      this.turns = turns;
    }

    @Override
    public int priority() {
      return turns.get(0).priority();
    }

    /** Gives each tenant an equal share of the rows. */
    @Override
    public int claim(int items, IntUnaryOperator ofTenant) {
      int missing = items;
      for (int i = 0; i < turns.size() && missing > 0 && cuts.room() > 0; i++) {
        Turn turn = turns.get(i);
        int left = Math.min(missing, budget.left(turn.tenant(), turn.priority()));
        int share = ceilDiv(rows(left), turns.size() - i);
        missing -= left == 0 ? 0 : claim(turn, share, left);
        lastTenants.put(wanted.type(), turn.tenant());
      }
      return items - missing;
    }

    private int claim(Turn turn, int rows, int items) {
      List<DueKey> due =
          dao.due(wanted.type(), turn.priority(), turn.tenant(), full(budget), BatchTurns.WINDOW);
      boolean several = BatchTurns.areOfSeveral(due, DueKey::batch);
      int most = budget.chunkItems(turn.tenant());
      List<DueChunk> locked = List.of();
      if (several) {
        List<DueKey> firsts = BatchTurns.firsts(due, DueKey::batch);
        most = Math.min(most, BatchTurns.share(wanted, items, firsts.size()));
        locked = lock(enough(firsts, items, most));
      }
      if (locked.isEmpty()) { // of one batch, or others have what comes first
        locked = dao.lockDue(wanted.type(), turn.priority(), turn.tenant(), full(budget), rows);
      }
      List<ClaimedChunk> owned = cuts.cut(locked, items, most, budget);
      int[] written =
          dao.own(
              session,
              owned.stream().map(ClaimedChunk::batch).toList(),
              owned.stream().map(ClaimedChunk::from).toList(),
              owned.stream().map(ClaimedChunk::to).toList());
      JdbcClaiming.requireOwned(owned.size(), IntStream.of(written).sum());
      int claimed = owned.stream().mapToInt(chunk -> chunk.to() - chunk.from()).sum();
      budget.claimed(turn.tenant(), claimed);
      return claimed;
    }

    /** As many as it takes, since what is locked is kept from others. */
    private List<DueKey> enough(List<DueKey> due, int items, int most) {
      List<DueKey> enough = new ArrayList<>();
      int missing = items;
      for (DueKey key : due) {
        if (missing <= 0 || enough.size() == cuts.room()) {
          break;
        }
        enough.add(key);
        missing -= Math.min(most, key.to() - key.from());
      }
      return enough;
    }

    /** Those that nobody else has, in the order given. */
    private List<DueChunk> lock(List<DueKey> keys) {
      List<Long> chunks = keys.stream().map(key -> ItemIds.of(key.batch(), key.from())).toList();
      Map<Long, DueChunk> locked = new HashMap<>();
      List<Long> batches = keys.stream().map(DueKey::batch).toList();
      dao.lock(Slices.one(batches, Long[]::new), Slices.one(chunks, Long[]::new))
          .forEach(chunk -> locked.put(ItemIds.of(chunk.batch(), chunk.from()), chunk));
      return chunks.stream().flatMap(chunk -> Stream.ofNullable(locked.get(chunk))).toList();
    }
  }
}
