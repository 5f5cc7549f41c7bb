package org.batchengine.jdbc.claim;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.batchengine.jdbc.claim.ParkedDao.DueRetry;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.rules.ClaimBudget;
import org.batchengine.store.rules.ClaimOrder;
import org.batchengine.store.rules.ClaimOrder.Offer;

/** The due retries of one type, for one claim. */
final class DueRetries implements ClaimOrder.Source {
  /** Tenants take turns among those that have been due longest, however few are wanted. */
  private static final int LEAST_WINDOW = 100;

  /** What one claim takes at most: on an H2 file nobody else writes meanwhile. */
  private static final int MOST = 2_000;

  private final ParkedDao dao;
  private final long session;
  private final String type;
  private final ClaimBudget budget;
  private final Map<String, String> lastTenants;
  private final List<ClaimedItem> claimed;

  /**
   * Nothing is claimed yet.
   *
   * @param lastTenants whose retries of a type were claimed last
   * @param claimed gets what is claimed
   */
  DueRetries(
      ParkedDao dao,
      long session,
      String type,
      ClaimBudget budget,
      Map<String, String> lastTenants,
      List<ClaimedItem> claimed) {
    this.dao = dao;
    this.session = session;
    this.type = type;
    this.budget = budget;
    this.lastTenants = lastTenants;
    this.claimed = claimed;
  }

  @Override
  public Optional<Offer> next(int below, int items) {
    int room = MOST - claimed.size();
    if (room == 0) {
      return Optional.empty();
    }
    List<DueRetry> due =
        dao.due(type, below, DueChunks.full(budget), Math.max(Math.min(items, room), LEAST_WINDOW));
    return due.isEmpty() ? Optional.empty() : Optional.of(new InTurn(due));
  }

  private final class InTurn implements Offer {
    private final List<DueRetry> due;

    InTurn(List<DueRetry> due) {
      this.due = due;
    }

    @Override
    public int priority() {
      return due.get(0).priority();
    }

    @Override
    public int claim(int items, IntUnaryOperator ofTenant) {
      List<DueRetry> chosen = inTurn(Math.min(items, MOST - claimed.size()), ofTenant);
      if (chosen.isEmpty()) {
        return 0;
      }
      List<ClaimedItem> locked = lock(chosen.stream().map(DueRetry::item).toList());
      if (!locked.isEmpty()) {
        JdbcClaiming.requireOwned(locked.size(), JdbcClaiming.own(dao, session, locked));
        claimed.addAll(locked);
        Set<Long> got =
            locked.stream().map(item -> ItemIds.of(item.batch(), item.index())).collect(toSet());
        chosen.stream()
            .filter(each -> got.contains(each.item()))
            .forEach(
                each -> {
                  budget.claimed(each.tenant(), 1);
                  budget.claimed(ItemIds.batch(each.item()), 1);
                });
        lastTenants.put(type, chosen.get(chosen.size() - 1).tenant());
      }
      return locked.size();
    }

    /** Those that nobody else has, in the order given. */
    private List<ClaimedItem> lock(List<Long> items) {
      Map<Long, ClaimedItem> locked = new HashMap<>();
      Slices.find(items, Long[]::new, dao::lock)
          .forEach(item -> locked.put(ItemIds.of(item.batch(), item.index()), item));
      return items.stream().flatMap(item -> Stream.ofNullable(locked.get(item))).toList();
    }

    /** One of each tenant, from the one after the last on, until there are enough. */
    private List<DueRetry> inTurn(int items, IntUnaryOperator ofTenant) {
      NavigableMap<String, Deque<DueRetry>> byTenant = new TreeMap<>();
      Map<String, Integer> left = new HashMap<>();
      Map<Long, Integer> leftOfBatch = new HashMap<>();
      for (DueRetry each : due) {
        int most =
            left.computeIfAbsent(
                each.tenant(), tenant -> ofTenant.applyAsInt(budget.left(tenant, priority())));
        long batch = ItemIds.batch(each.item());
        int mostOfBatch = leftOfBatch.computeIfAbsent(batch, budget::left);
        if (most > 0 && mostOfBatch > 0) {
          leftOfBatch.put(batch, mostOfBatch - 1);
          byTenant.computeIfAbsent(each.tenant(), tenant -> new ArrayDeque<>()).add(each);
          left.put(each.tenant(), most - 1);
        }
      }
      String last = lastTenants.getOrDefault(type, "");
      Deque<Deque<DueRetry>> turns = new ArrayDeque<>(byTenant.tailMap(last, false).values());
      turns.addAll(byTenant.headMap(last, true).values());
      List<DueRetry> chosen = new ArrayList<>();
      while (chosen.size() < items && !turns.isEmpty()) {
        Deque<DueRetry> tenant = turns.remove();
        chosen.add(tenant.remove());
        if (!tenant.isEmpty()) {
          turns.add(tenant);
        }
      }
      return chosen;
    }
  }
}
