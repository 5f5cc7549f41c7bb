package org.batchengine.engine.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Share;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.rules.ChunkFront;

/**
 * What the workers of a type lack, by tenant. Each of the tenants that share the workers should
 * have work in hand by its weight, as time of a worker; what one cannot have, the others should. A
 * claim needs a reason: somebody has less than half of that and may get more, or there may be work
 * of which nothing is known here. Guarded by the queue.
 */
final class Demand {
  /** Tenants whose durations are remembered while nothing of them is here. */
  private static final int MOST_IDLE_TENANTS = 1_000;

  /** How often to look for more tenants where several share the workers. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final TypeSettings settings;
  private final ClaimSizing sizing;
  private final ToIntFunction<String> weights;
  private final Map<String, TenantLoad> tenants = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<TenantLoad> active = new LinkedHashSet<>();

  /** Items of limited batches that are claimed and not loaded yet. */
  private final Map<Long, Integer> coming = new HashMap<>();

  /** The weights of all that share the workers. */
  private double all;

  /** The same for those who may have more: what the others leave is theirs. */
  private double open;

  private boolean mustWeigh = true;
  private long lookedAt;
  private boolean mustLook = true;
  private boolean othersAreExhausted;
  private boolean hadMore = true;

  Demand(TypeSettings settings, ClaimSizing sizing, ToIntFunction<String> weights, long now) {
    this.settings = settings;
    this.sizing = sizing;
    this.weights = weights;
    lookedAt = now;
  }

  /** There may be work of any tenant and priority, even if there is enough of what is known. */
  void look() {
    mustLook = true;
    refresh();
  }

  /** There may be work again for whoever lacks some. */
  void refresh() {
    othersAreExhausted = false;
    tenants.values().forEach(each -> each.isExhausted = false);
  }

  /** The tenant's part of the workers, as one in so many: as many as there are, by its weight. */
  double sharing(TenantLoad tenant) {
    if (mustWeigh) {
      weigh();
    }
    return Math.max(1, (tenant.isExhausted ? all : open) / tenant.weight);
  }

  private void weigh() {
    mustWeigh = false;
    all = 0;
    for (TenantLoad each : active) {
      each.weight = weights.applyAsInt(each.tenant());
      all += each.weight;
    }
    open = 0;
    double free = 1;
    for (TenantLoad each : active) {
      if (each.isExhausted) {
        double has = each.outstanding() / (double) sizing.target(sizing.nanosPerItem(each), 1);
        free -= Math.min(each.weight / all, has);
      } else {
        open += each.weight;
      }
    }
    open /= free;
  }

  Set<TenantLoad> active() {
    return active;
  }

  /** What to claim; empty while there is enough, or nothing to be had. */
  Optional<Wanted> wanted(long now) {
    mustWeigh = true;
    if (active.size() > 1 && now - lookedAt >= LOOK_NANOS) {
      look();
    }
    if (!mustLook && !isAnyShort()) {
      return Optional.empty();
    }
    return Optional.of(active.isEmpty() ? ofAny() : byTenant());
  }

  private boolean isAnyShort() {
    if (active.stream().anyMatch(this::isShort)) {
      return true;
    }
    return !othersAreExhausted && lacksAny();
  }

  /** Whether the workers would have nothing to do soon. */
  boolean lacksAny() {
    return lacking() > 0;
  }

  /** How many more items the workers should have, of whomever. */
  private int lacking() {
    int outstanding = active.stream().mapToInt(TenantLoad::outstanding).sum();
    return sizing.lacking(outstanding, sizing.nanosPerItem(), 1);
  }

  /** Whether the tenant has less than half of its share, and may get more. */
  boolean isShort(TenantLoad tenant) {
    return !tenant.isExhausted && lacking(tenant) > 0;
  }

  private int lacking(TenantLoad tenant) {
    return sizing.lacking(tenant.outstanding(), sizing.nanosPerItem(tenant), sharing(tenant));
  }

  private Wanted ofAny() {
    double each = sizing.nanosPerItem();
    return new Wanted(
        settings.type(), sizing.lacking(0, each, 1), sizing.chunkItems(each), sizing.leastItems());
  }

  private Wanted byTenant() {
    Map<String, Share> shares = new HashMap<>();
    int lacking = 0;
    for (TenantLoad tenant : active) {
      double each = sizing.nanosPerItem(tenant);
      int most = lacking(tenant);
      most = most == 0 ? 0 : Math.max(most, sizing.leastItems());
      lacking += most;
      List<Integer> ofPriority = tenant.lacking(sizing.target(each, sharing(tenant)), most);
      shares.put(tenant.tenant(), new Share(sizing.chunkItems(each), ofPriority));
    }
    int chunk = sizing.chunkItems(sizing.nanosPerItem());
    int ofOthers = othersAreExhausted ? 0 : sizing.ofUnknown();
    return new Wanted(
        settings.type(),
        Math.max(Math.max(lacking, lacking()), sizing.ofUnknown()),
        chunk,
        sizing.leastItems(),
        shares,
        Share.of(ofOthers, chunk));
  }

  /** What was wanted was claimed, and this is the answer. */
  void claimed(Wanted wanted, Claim answer, long now) {
    mustLook = false;
    lookedAt = now;
    hadMore = answer.more() || wanted.tenants().size() > 1;
    if (answer.chunks().size() < ChunkFront.MOST_CHUNKS) {
      othersAreExhausted |= !answer.more();
      for (TenantLoad each : new ArrayList<>(tenants.values())) {
        each.isExhausted |= wanted.of(each.tenant()).items(0) > 0 && !isLeftByOthers(answer);
      }
    }
  }

  /** Whether there was work, and other engines took it. */
  private static boolean isLeftByOthers(Claim answer) {
    return answer.isEmpty() && answer.more();
  }

  /** Items of a lease were claimed, and will be loaded; if negative, so many will not. */
  void comes(Lease lease, int items) {
    TenantLoad tenant = tenantOf(lease.batch());
    tenant.comes(lease.priority(), items);
    if (lease.batch().header().limit() != null) {
      comesOf(lease.batch().number(), items);
    }
    if (items > 0 && hadMore) {
      tenant.isExhausted = false;
      othersAreExhausted = false;
    }
    changed(tenant);
  }

  private void comesOf(long batch, int items) {
    coming.merge(batch, items, (had, more) -> had + more > 0 ? had + more : null);
    coming.values().removeIf(each -> each <= 0);
  }

  /** How many items of a limited batch will be loaded. */
  int coming(long batch) {
    return coming.getOrDefault(batch, 0);
  }

  /** Items of a lease are loaded. */
  TenantLoad came(Lease lease, int items) {
    TenantLoad tenant = tenantOf(lease.batch());
    tenant.came(lease.priority(), items);
    if (lease.batch().header().limit() != null) {
      comesOf(lease.batch().number(), -items);
    }
    changed(tenant);
    return tenant;
  }

  /** Items have run, or are given back. */
  TenantLoad gone(Lease lease, int items) {
    TenantLoad tenant = tenantOf(lease.batch());
    tenant.gone(lease.priority(), items);
    changed(tenant);
    return tenant;
  }

  /** Nothing that was claimed will be loaded. */
  void nothingComes() {
    coming.clear();
    for (TenantLoad tenant : new ArrayList<>(active)) {
      tenant.nothingComes();
      changed(tenant);
    }
  }

  private void changed(TenantLoad tenant) {
    mustWeigh |= tenant.outstanding() > 0 ? active.add(tenant) : active.remove(tenant);
  }

  /** How many items of a tenant wait. */
  int waiting(String tenant) {
    TenantLoad load = tenants.get(tenant);
    return load == null ? 0 : load.waiting;
  }

  TenantLoad tenantOf(LiveBatch batch) {
    TenantLoad tenant =
        tenants.computeIfAbsent(
            batch.header().tenant(), name -> new TenantLoad(name, weights.applyAsInt(name)));
    if (tenants.size() > MOST_IDLE_TENANTS) {
      forgetIdle(tenant);
    }
    return tenant;
  }

  private void forgetIdle(TenantLoad but) {
    Iterator<TenantLoad> eldest = tenants.values().iterator();
    while (tenants.size() > MOST_IDLE_TENANTS && eldest.hasNext()) {
      TenantLoad each = eldest.next();
      if (each != but && !active.contains(each)) {
        eldest.remove();
      }
    }
  }
}
