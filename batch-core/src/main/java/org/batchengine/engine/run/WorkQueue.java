package org.batchengine.engine.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.limit.Allowances;
import org.batchengine.engine.limit.Permit;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.run.Flow.Line;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Share;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.LimitName;
import org.jspecify.annotations.Nullable;

/**
 * The items of one job type that are claimed and wait for a worker, and those that are with
 * workers. Thread-safe.
 */
public final class WorkQueue {
  /** A worker takes no more than one input beyond this many bytes, for one call or for several. */
  private static final long MOST_BYTES_IN_HAND = 1L << 20;

  private static final long MOST_BYTES_A_CALL = 4L << 20;

  private final TypeSettings settings;
  private final ClaimSizing sizing;
  private final Signal shortOfWork;
  private final InputRoom room;
  private final Allowances allowances;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Flow flow = new Flow();
  private final Demand demand;

  /** Limited batches of which a claim left some. */
  private final Set<Long> cutBatches = new HashSet<>();

  private int inHand;

  /**
   * An empty queue.
   *
   * @param shortOfWork raised when more should be claimed
   * @param room of all types together
   * @param allowances of all types together
   */
  public WorkQueue(
      TypeSettings settings,
      Signal shortOfWork,
      InputRoom room,
      Allowances allowances,
      LongSupplier nanos) {
    this.allowances = allowances;
    this.settings = settings;
    this.shortOfWork = shortOfWork;
    this.room = room;
    this.nanos = nanos;
    sizing = new ClaimSizing(settings);
    demand = new Demand(settings, sizing, allowances::weight, nanos.getAsLong());
  }

  ClaimSizing sizing() {
    return sizing;
  }

  /** There may be work of any tenant and priority, even if there is enough of what is known. */
  public void look() {
    lock.lock();
    try {
      demand.look();
    } finally {
      lock.unlock();
    }
  }

  /** There may be work again for whoever lacks some. */
  public void refresh() {
    lock.lock();
    try {
      demand.refresh();
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is a place for one more item. */
  public boolean hasPlace() {
    lock.lock();
    try {
      return hasRoom() && demand.lacksAny();
    } finally {
      lock.unlock();
    }
  }

  /** {@return what to claim; empty while there is enough, or nothing to be had} */
  Optional<Wanted> wanted() {
    lock.lock();
    try {
      Optional<Wanted> all = hasRoom() ? demand.wanted(nanos.getAsLong()) : Optional.empty();
      return allowances.areNone() ? all : all.flatMap(this::allowed);
    } finally {
      lock.unlock();
    }
  }

  /** No more than what may begin soon. */
  private Optional<Wanted> allowed(Wanted wanted) {
    long ofType = roomFor(LimitName.ofType(settings.type()));
    if (ofType == 0) {
      return Optional.empty();
    }
    Map<String, Share> shares = new HashMap<>(wanted.tenants());
    for (String tenant : allowances.limitedTenants()) {
      shares.put(tenant, wanted.of(tenant).atMost(roomFor(LimitName.ofTenant(tenant))));
    }
    return Optional.of(
        new Wanted(
            wanted.type(),
            (int) Math.min(wanted.items(), ofType),
            (int) Math.min(wanted.chunkItems(), ofType),
            wanted.leastItems(),
            shares,
            wanted.others().atMost(ofType),
            ofBatches()));
  }

  private Map<Long, Integer> ofBatches() {
    Map<Long, Integer> most = new HashMap<>();
    for (long batch : allowances.limitedBatches(settings.type())) {
      most.put(batch, (int) Math.min(Integer.MAX_VALUE, roomFor(LimitName.ofBatch(batch))));
    }
    return most;
  }

  /** How many more items are worth having. */
  private long roomFor(LimitName limit) {
    int perCall = sizing.perCall();
    long calls = allowances.room(limit, sizing.nanosPerItem() * perCall, nanos.getAsLong());
    if (calls > Integer.MAX_VALUE) {
      return calls;
    }
    int coming =
        limit.scope() == LimitScope.BATCH ? demand.coming(Long.parseLong(limit.name())) : 0;
    return Math.max(0, calls * perCall - waiting(limit) - coming);
  }

  /** How many items wait under a limit. */
  private int waiting(LimitName limit) {
    return switch (limit.scope()) {
      case TYPE -> flow.size();
      case TENANT -> demand.waiting(limit.name());
      case BATCH -> flow.waiting(Long.parseLong(limit.name()));
    };
  }

  /** What was wanted was claimed, and this is the answer. */
  public void claimed(Wanted wanted, Claim answer) {
    lock.lock();
    try {
      cut(wanted, answer);
      demand.claimed(wanted, answer, nanos.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** Of which limited batches all was claimed that was wanted, or none was wanted. */
  private void cut(Wanted wanted, Claim answer) {
    Map<Long, Integer> left = new HashMap<>(wanted.batches());
    for (ClaimedChunk chunk : answer.chunks()) {
      left.computeIfPresent(chunk.batch(), (batch, most) -> most - (chunk.to() - chunk.from()));
    }
    answer.parked().forEach(item -> left.computeIfPresent(item.batch(), (batch, most) -> most - 1));
    cutBatches.clear();
    left.forEach(
        (batch, most) -> {
          if (most <= 0) {
            cutBatches.add(batch);
          }
        });
  }

  /** Whether more of a batch may be claimed that was cut: with each second half that has run. */
  private boolean isUncut(LiveBatch batch) {
    LimitName limit = LimitName.ofBatch(batch.number());
    return cutBatches.contains(batch.number())
        && roomFor(limit) >= waiting(limit)
        && cutBatches.remove(batch.number());
  }

  /** Items of a lease were claimed, and will be loaded; if negative, so many will not. */
  public void comes(Lease lease, int items) {
    lock.lock();
    try {
      if (items > 0) {
        sizing.comes(settings.itemsPerCall(lease.batch()));
      }
      demand.comes(lease, items);
    } finally {
      lock.unlock();
    }
  }

  /** Nothing that was claimed will be loaded. */
  public void nothingComes() {
    lock.lock();
    try {
      demand.nothingComes();
    } finally {
      lock.unlock();
    }
  }

  /** Adds claimed items, which have been loaded. */
  void add(List<WorkItem> items) {
    lock.lock();
    try {
      for (List<WorkItem> ofBatch : byBatch(items)) {
        TenantLoad tenant = demand.came(ofBatch.get(0).lease(), ofBatch.size());
        flow.add(tenant, ofBatch, false, nanos.getAsLong());
      }
      room.add(bytes(items));
    } finally {
      lock.unlock();
    }
  }

  /** In parts of one batch and priority. */
  private static List<List<WorkItem>> byBatch(List<WorkItem> items) {
    List<List<WorkItem>> all = new ArrayList<>();
    for (int from = 0; from < items.size(); ) {
      int to = from + 1;
      while (to < items.size() && isAlike(items.get(from), items.get(to))) {
        to++;
      }
      all.add(items.subList(from, to));
      from = to;
    }
    return all;
  }

  private static boolean isAlike(WorkItem one, WorkItem two) {
    return one.batch() == two.batch() && one.lease().priority() == two.lease().priority();
  }

  /**
   * Items that a worker runs next, call by call.
   *
   * @param permit released when the worker has let go of them
   */
  public record Taken(List<WorkItem> items, Permit permit) {
    private static final Taken NOTHING = new Taken(List.of(), Permit.NONE);
  }

  /** Takes the items that a worker runs next, and may; empty if there are none. */
  public Taken take() {
    lock.lock();
    try {
      if (allowances.areNone()) {
        return new Taken(take(flow.next(), Integer.MAX_VALUE, line -> true), Permit.NONE);
      }
      long now = nanos.getAsLong();
      Line first = flow.next(line -> allowances.open(line.batch().header(), now) > 0);
      if (first == null) {
        return Taken.NOTHING;
      }
      LiveBatch batch = first.batch();
      int perCall = settings.itemsPerCall(batch);
      int calls = allowances.open(batch.header(), now);
      int most = (int) Math.min(Integer.MAX_VALUE, (long) calls * perCall);
      List<WorkItem> items = take(first, most, line -> haveOneLimit(batch, line.batch()));
      int begun = (items.size() + perCall - 1) / perCall;
      Permit permit = allowances.take(batch.header(), begun, now);
      if (permit == null) { // another type's worker was quicker
        putBackLocked(items);
        return Taken.NOTHING;
      }
      return new Taken(items, permit);
    } finally {
      lock.unlock();
    }
  }

  /** Whether what allows the calls of one batch allows those of another. */
  private static boolean haveOneLimit(LiveBatch one, LiveBatch two) {
    BatchHeader first = one.header();
    BatchHeader second = two.header();
    return one == two
        || (first.limit() == null
            && second.limit() == null
            && first.tenant().equals(second.tenant()));
  }

  /**
   * Takes the items of a worker.
   *
   * @param mayJoin of which lines items may be with those of the first
   */
  private List<WorkItem> take(@Nullable Line first, int mostAllowed, Predicate<Line> mayJoin) {
    int perCall = first == null ? 1 : settings.itemsPerCall(first.batch());
    int most = Math.min(mostAllowed, sizing.inHand(flow.size(), perCall));
    List<WorkItem> taken = new ArrayList<>(Math.min(most, flow.size()));
    long bytes = 0;
    boolean more = true;
    Line line = first;
    while (more) {
      long took = line == null ? 0 : take(line, most, bytes, taken);
      bytes += took;
      more = took > 0;
      line = more ? flow.next() : null;
      more &= line != null && mayJoin.test(line);
    }
    boolean wasFull = room.isFull();
    room.remove(bytes);
    inHand += taken.size();
    if (wasFull && !room.isFull()) {
      shortOfWork.raise(); // what is claimed can be loaded again
    }
    return taken;
  }

  /** Takes what may go with that which was taken; how many bytes. */
  private long take(Line line, int most, long bytesBefore, List<WorkItem> taken) {
    int perCall = settings.itemsPerCall(line.batch());
    long mostBytes = perCall > 1 ? MOST_BYTES_A_CALL : MOST_BYTES_IN_HAND;
    double each = sizing.nanosPerItem(line.load());
    long bytes = 0;
    int before = taken.size();
    while (taken.size() < most
        && bytesBefore + bytes < mostBytes
        && !line.items().isEmpty()
        && !isForAnotherCall(taken, line.items().element())) {
      WorkItem next = flow.take(line);
      next.lease().begins(next.index());
      next.charge(each);
      bytes += next.bytes();
      taken.add(next);
    }
    if (taken.size() > before) {
      flow.charge(line, each * (taken.size() - before), nanos.getAsLong());
    }
    return bytes;
  }

  private boolean isForAnotherCall(List<WorkItem> taken, WorkItem next) {
    if (taken.isEmpty()) {
      return false;
    }
    WorkItem first = taken.get(0);
    if (settings.itemsPerCall(first.batch()) == 1) {
      return settings.itemsPerCall(next.batch()) > 1;
    }
    if (!first.mayJoin(next)) {
      return true;
    }
    return next.lease() != first.lease()
        && (!first.lease().isParked() || next.batch() != first.batch());
  }

  /** Puts items back to the front, for any worker to take. */
  void putBack(List<WorkItem> items) {
    lock.lock();
    try {
      putBackLocked(items);
    } finally {
      lock.unlock();
    }
  }

  private void putBackLocked(List<WorkItem> items) {
    for (List<WorkItem> ofBatch : byBatch(items)) {
      TenantLoad tenant = demand.tenantOf(ofBatch.get(0).batch());
      flow.add(tenant, ofBatch, true, nanos.getAsLong());
      flow.correct(tenant, ofBatch.get(0).lease(), -charged(ofBatch));
    }
    room.add(bytes(items));
    inHand -= items.size();
  }

  /** Items that were taken have run, or need not run. */
  public void done(List<WorkItem> items) {
    lock.lock();
    try {
      boolean isShort = false;
      for (List<WorkItem> ofBatch : byBatch(items)) {
        TenantLoad tenant = demand.gone(ofBatch.get(0).lease(), ofBatch.size());
        if (isUncut(ofBatch.get(0).batch())) {
          demand.refresh();
        }
        isShort |= demand.isShort(tenant);
      }
      inHand -= items.size();
      if (isShort && hasRoom()) {
        shortOfWork.raise();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Calls have run these items in so long. */
  public void ran(List<WorkItem> items, long took) {
    if (items.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      sizing.measure(took, items.size());
      for (List<WorkItem> ofBatch : byBatch(items)) {
        Lease lease = ofBatch.get(0).lease();
        TenantLoad tenant = demand.tenantOf(lease.batch());
        long share = took / items.size() * ofBatch.size();
        tenant.mean().measure(share, ofBatch.size());
        flow.correct(tenant, lease, DurationMean.least(share, ofBatch.size()) - charged(ofBatch));
      }
    } finally {
      lock.unlock();
    }
  }

  private static double charged(List<WorkItem> items) {
    double charged = 0;
    for (WorkItem item : items) {
      charged += item.charged();
    }
    return charged;
  }

  /** Removes the items that wait, and answers them. */
  public List<WorkItem> clear() {
    lock.lock();
    try {
      return removed(List.copyOf(flow.clear()));
    } finally {
      lock.unlock();
    }
  }

  private List<WorkItem> removed(List<WorkItem> items) {
    byBatch(items).forEach(some -> demand.gone(some.get(0).lease(), some.size()));
    room.remove(bytes(items));
    return items;
  }

  /**
   * Items that were removed.
   *
   * @param ends at the end of their leases: no worker has come to anything from the first on
   * @param others parked ones, and items that a worker has put back
   */
  public record Idle(List<WorkItem> ends, List<WorkItem> others) {}

  /**
   * Removes items that wait too long, the last of each line first, and answers them: whatever is
   * beyond its tenant's part of a second's work, and lines of which nothing was taken for so long.
   *
   * @param running how long the calls that run have taken for an item, by tenant
   */
  Idle removeIdle(long mostIdleNanos, Map<String, List<Long>> running) {
    lock.lock();
    try {
      pace(running);
      long now = nanos.getAsLong();
      Map<TenantLoad, Integer> waiting = new HashMap<>();
      List<Line> lines = flow.lines();
      double work = 0;
      for (Line line : lines) {
        waiting.merge(line.load(), line.items().size(), Integer::sum);
        work += line.items().size() * sizing.nanosPerItem(line.load());
      }
      boolean isTooMuch = sizing.isTooMuch(work);
      Idle removed = new Idle(new ArrayList<>(), new ArrayList<>());
      for (Line line : lines) {
        boolean isIdle = now - line.servedAt() >= mostIdleNanos;
        double each = sizing.nanosPerItem(line.load());
        int most =
            isTooMuch ? sizing.mostWaiting(each, demand.sharing(line.load())) : Integer.MAX_VALUE;
        int excess = isIdle ? line.items().size() : waiting.getOrDefault(line.load(), 0) - most;
        int count = Math.min(excess, line.items().size());
        for (int i = 0; i < count; i++) {
          WorkItem last = flow.removeLast(line);
          boolean isEnd = !last.lease().isParked() && last.index() >= last.lease().begun();
          (isEnd ? removed.ends() : removed.others()).add(last);
        }
        waiting.merge(line.load(), -Math.max(0, count), Integer::sum);
      }
      removed(removed.ends());
      removed(removed.others());
      return removed;
    } finally {
      lock.unlock();
    }
  }

  private void pace(Map<String, List<Long>> running) {
    List<Long> all = new ArrayList<>();
    running.values().forEach(all::addAll);
    sizing.runsFor(Pace.of(all, settings.concurrency()));
    for (TenantLoad tenant : demand.active()) {
      int places = (int) (settings.concurrency() / demand.sharing(tenant));
      tenant.runningNanos = Pace.of(running.getOrDefault(tenant.tenant(), List.of()), places);
    }
  }

  /** Whether more inputs may be loaded. A type of which none wait need not wait for others. */
  public boolean hasRoom() {
    lock.lock();
    try {
      return flow.isEmpty() || !room.isFull();
    } finally {
      lock.unlock();
    }
  }

  private static long bytes(List<WorkItem> items) {
    long bytes = 0;
    for (WorkItem item : items) {
      bytes += item.bytes();
    }
    return bytes;
  }

  /** {@return how many items wait} */
  public int waiting() {
    lock.lock();
    try {
      return flow.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether an item waits that may begin. */
  boolean hasAllowed() {
    lock.lock();
    try {
      if (allowances.areNone()) {
        return !flow.isEmpty();
      }
      long now = nanos.getAsLong();
      return flow.next(line -> allowances.open(line.batch().header(), now) > 0) != null;
    } finally {
      lock.unlock();
    }
  }

  /** The calls that wait. */
  List<Allowances.Waiting.Part> waitingCalls() {
    lock.lock();
    try {
      int perCall = sizing.perCall();
      List<Allowances.Waiting.Part> parts = new ArrayList<>();
      for (Line line : flow.lines()) {
        int calls = (line.items().size() + perCall - 1) / perCall;
        parts.add(new Allowances.Waiting.Part(line.batch().header(), calls));
      }
      return parts;
    } finally {
      lock.unlock();
    }
  }

  /** {@return how many items are with workers, not counting those of abandoned workers} */
  public int inHand() {
    lock.lock();
    try {
      return inHand;
    } finally {
      lock.unlock();
    }
  }
}
