package org.batchengine.engine.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.batchengine.engine.loop.Signal;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.jspecify.annotations.Nullable;

/**
 * What this engine may begin under the limits of job types, tenants and batches. While there are
 * none, it costs one look. Thread-safe; its lock is taken inside that of a queue.
 */
public final class Allowances {
  /** Tenants that have what each one has, and were seen here. */
  private static final int MOST_TENANTS = 10_000;

  /** Beyond so many, batches of which nothing runs are forgotten. */
  private static final int MOST_BATCHES = 1_000;

  private final Signal mayBegin;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<LimitName, Allowance> known = new HashMap<>();
  private long questions;
  private volatile boolean areNone = true;
  private volatile boolean areEqual = true;
  private volatile long revision = -1;
  private volatile long seen;

  /**
   * Nothing is limited, as far as is known.
   *
   * @param mayBegin raised when calls that were refused may begin
   * @param nanos the engine's clock, which may begin anywhere
   */
  public Allowances(Signal mayBegin, LongSupplier nanos) {
    this.mayBegin = mayBegin;
    this.nanos = nanos;
  }

  /** Calls that wait for workers, and how quickly these take them. */
  public interface Waiting {

    /** The calls of a type that wait, in parts of one batch. */
    List<Part> parts(String type);

    /** Calls of one batch that wait. */
    record Part(BatchHeader batch, int calls) {}

    /** How many calls of a type its workers can run at once. */
    int workers(String type);

    /** How many nanoseconds pass between two calls of a type when all its workers are busy. */
    double nanosBetween(String type);

    /** How long after calls of a type were allowed they have ended, or the session is gone. */
    Duration patience(String type);

    /** The job types that this engine runs. */
    Collection<String> types();
  }

  /** Whether no calls are limited. */
  public boolean areNone() {
    return areNone;
  }

  /** {@return up to which revision the limits are known; -1 if they were not read yet} */
  public long revision() {
    return revision;
  }

  /** The store has this revision; 0 if that is unknown. */
  public void seen(long stored) {
    seen = Math.max(seen, stored);
  }

  /** {@return the last revision that the store is known to have had; 0 if none is known} */
  public long seen() {
    return seen;
  }

  /** Whether limits were changed that are not known here. */
  public boolean areStale() {
    return revision < seen;
  }

  /**
   * Limits were read.
   *
   * @param since up to which revision they are known at least
   */
  public void changed(List<StoredLimit> changes, long since) {
    lock.lock();
    try {
      long last = Math.max(0, since);
      for (StoredLimit change : changes) {
        known
            .computeIfAbsent(
                change.name(), name -> new Allowance(name, change.limit(), nanos.getAsLong()))
            .changed(change);
        last = Math.max(last, change.revision());
      }
      Allowance each = known.get(LimitName.EACH_TENANT);
      if (each != null) {
        known.values().forEach(one -> one.follow(each.limit()));
      }
      revision = Math.max(revision, last);
      look();
    } finally {
      lock.unlock();
    }
    mayBegin.raise();
  }

  private void look() {
    areEqual = known.values().stream().allMatch(one -> one.limit().weight() == 1);
    areNone = known.values().stream().noneMatch(one -> one.limit().limitsCalls());
  }

  /** The header of a batch was read: what limits its calls is a setting of it. */
  public void changed(BatchHeader batch) {
    Limit limit = batch.limit();
    if (limit == null && areNone) {
      return;
    }
    boolean isNews;
    lock.lock();
    try {
      isNews = limit == null ? known.remove(nameOf(batch)) != null : isNews(batch, limit);
      if (isNews) {
        look();
      }
    } finally {
      lock.unlock();
    }
    if (isNews) {
      mayBegin.raise();
    }
  }

  private static LimitName nameOf(BatchHeader batch) {
    return LimitName.ofBatch(batch.number());
  }

  private boolean isNews(BatchHeader batch, Limit limit) {
    LimitName name = nameOf(batch);
    Allowance one = known.get(name);
    if (one == null) {
      forgetOldBatches();
      one = Allowance.ofBatch(name, limit, batch.type(), nanos.getAsLong());
      known.put(name, one);
      one.changed(new StoredLimit(name, limit, Duration.ZERO, batch.revision()));
      return true;
    }
    return one.changed(new StoredLimit(name, limit, Duration.ZERO, batch.revision()));
  }

  /** One that comes back is known again once something of it is claimed. */
  private void forgetOldBatches() {
    if (known.size() > MOST_BATCHES) {
      known.values().removeIf(one -> one.name().scope() == LimitScope.BATCH && one.isIdle());
    }
  }

  /** Whether the store has a limit of a job type. */
  public boolean knowType(String type) {
    lock.lock();
    try {
      return known.containsKey(LimitName.ofType(type));
    } finally {
      lock.unlock();
    }
  }

  /** Another session has no part in any limit yet. */
  public void forget(long now) {
    lock.lock();
    try {
      known.values().forEach(one -> one.forget(now));
    } finally {
      lock.unlock();
    }
  }

  /** {@return the tenant's share of the workers beside others} */
  public int weight(String tenant) {
    if (areEqual) {
      return 1;
    }
    lock.lock();
    try {
      Allowance one = ofTenant(tenant);
      return one == null ? 1 : one.limit().weight();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Allowance ofTenant(String tenant) {
    LimitName name = LimitName.ofTenant(tenant);
    Allowance own = known.get(name);
    Allowance each = known.get(LimitName.EACH_TENANT);
    if (own != null || each == null) {
      return own;
    }
    if (known.size() > MOST_TENANTS) {
      known.values().removeIf(one -> one.isUnset() && one.isIdle());
    }
    Allowance copy = Allowance.copy(name, each.limit(), nanos.getAsLong());
    known.put(name, copy);
    return copy;
  }

  /** What limits calls of a batch, the narrower first. */
  private List<Allowance> of(BatchHeader batch) {
    List<Allowance> all = new ArrayList<>(3);
    if (batch.limit() != null) {
      add(all, known.get(nameOf(batch)));
    }
    add(all, ofTenant(batch.tenant()));
    add(all, known.get(LimitName.ofType(batch.type())));
    return all;
  }

  private static void add(List<Allowance> all, @Nullable Allowance one) {
    if (one != null && one.limit().limitsCalls()) {
      all.add(one);
    }
  }

  /** {@return how many calls of a batch one worker may begin now} */
  public int open(BatchHeader batch, long now) {
    lock.lock();
    try {
      int open = Integer.MAX_VALUE;
      for (Allowance one : of(batch)) {
        open = Math.min(open, one.open(now));
      }
      return open;
    } finally {
      lock.unlock();
    }
  }

  /** A worker takes so many calls, if so many may begin; null if not. */
  public @Nullable Permit take(BatchHeader batch, int calls, long now) {
    lock.lock();
    try {
      if (open(batch, now) < calls) {
        return null;
      }
      List<Allowance> parts = of(batch);
      long lapses = Long.MAX_VALUE;
      for (Allowance one : parts) {
        lapses = Math.min(lapses, one.use(calls, now));
      }
      return parts.isEmpty() ? Permit.NONE : new Permit(this, parts, calls, lapses);
    } finally {
      lock.unlock();
    }
  }

  /** A call has ended that was allowed, with these attempts. */
  void ended(Permit permit, List<String> attempts) {
    lock.lock();
    try {
      permit.use().forEach(part -> part.of().ended(attempts, part.trial()));
    } finally {
      lock.unlock();
    }
  }

  void release(Permit permit) {
    boolean mayOthers = false;
    lock.lock();
    try {
      int unused = permit.unused();
      for (Permit.Part part : permit.takeParts()) {
        mayOthers |= part.of().released(unused, part.trial());
      }
    } finally {
      lock.unlock();
    }
    if (mayOthers) {
      mayBegin.raise();
    }
  }

  /**
   * {@return how many calls under a limit are worth having in hand}
   *
   * @param callNanos how long one takes
   */
  public long room(LimitName name, double callNanos, long now) {
    lock.lock();
    try {
      Allowance one = name.scope() == LimitScope.TENANT ? ofTenant(name.name()) : known.get(name);
      return one == null || !one.limit().limitsCalls() ? Long.MAX_VALUE : one.room(callNanos, now);
    } finally {
      lock.unlock();
    }
  }

  /** {@return tenants whose calls are limited} */
  public List<String> limitedTenants() {
    return limited(LimitScope.TENANT, one -> true);
  }

  /** {@return the numbers of batches of a type whose calls are limited} */
  public List<Long> limitedBatches(String type) {
    return limited(LimitScope.BATCH, one -> type.equals(one.onlyOfType())).stream()
        .map(Long::valueOf)
        .toList();
  }

  private List<String> limited(LimitScope scope, Predicate<Allowance> which) {
    lock.lock();
    try {
      return known.values().stream()
          .filter(one -> one.name().scope() == scope && one.limit().limitsCalls())
          .filter(which)
          .map(one -> one.name().name())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** {@return how many calls wait in hand under limits of a scope that now let nothing begin} */
  public int waiting(LimitScope scope, Waiting calls, long now) {
    if (areNone) {
      return 0;
    }
    Map<String, List<Waiting.Part>> parts = parts(calls);
    lock.lock();
    try {
      return needs(calls, parts, now).entrySet().stream()
          .filter(each -> each.getKey().name().scope() == scope && each.getKey().isUsedUp(now))
          .mapToInt(each -> each.getValue().all)
          .sum();
    } finally {
      lock.unlock();
    }
  }

  /** {@return how often the store was asked what may begin} */
  public long asked() {
    lock.lock();
    try {
      return questions;
    } finally {
      lock.unlock();
    }
  }

  /** What waits for a limit. Of a wider one it is what the narrower ones let through. */
  private static final class Need {
    private int all;
    private int waiting;
    private int workers;
    private double perNano;

    double eachNanos() {
      return perNano == 0 ? 1 : 1 / perNano;
    }
  }

  /**
   * Who wants no place of a type while its tenant has none leaves it to nodes that have one. Else
   * two nodes that each have what the other one lacks would wait for each other.
   */
  private Map<Allowance, Need> needs(
      Waiting calls, Map<String, List<Waiting.Part>> parts, long now) {
    Map<Allowance, Need> needs = new HashMap<>();
    Map<Allowance, Integer> left = new HashMap<>();
    for (String type : parts.keySet()) {
      Set<Allowance> ofType = new HashSet<>();
      for (Waiting.Part part : parts.get(type)) {
        int through = part.calls();
        for (Allowance one : of(part.batch())) {
          Need need = needs.computeIfAbsent(one, any -> new Need());
          need.all += part.calls();
          need.waiting += through;
          if (ofType.add(one)) {
            need.workers += calls.workers(type);
            need.perNano += 1 / calls.nanosBetween(type);
          }
          int most = left.computeIfAbsent(one, any -> any.letsThrough(now));
          through = Math.min(through, most);
          left.put(one, most - through);
        }
      }
    }
    return needs;
  }

  /** A limit that may be asked, and what for. */
  private record Due(Allowance limit, Need need, long until) {}

  /** Taken without the lock: a queue that is asked takes its own, inside which is this one. */
  private static Map<String, List<Waiting.Part>> parts(Waiting calls) {
    Map<String, List<Waiting.Part>> parts = new HashMap<>();
    calls.types().forEach(type -> parts.put(type, calls.parts(type)));
    return parts;
  }

  private @Nullable Due mostUrgent(Waiting calls, Map<String, List<Waiting.Part>> parts, long now) {
    Map<Allowance, Need> needs = needs(calls, parts, now);
    Need none = new Need();
    Due first = null;
    for (Allowance one : known.values()) {
      Need need = needs.getOrDefault(one, none);
      long until = one.untilAsk(need.waiting, need.workers, need.eachNanos(), now);
      first = first == null || until < first.until ? new Due(one, need, until) : first;
    }
    return first;
  }

  private static Duration patience(Allowance one, Waiting calls) {
    String only = one.onlyOfType();
    return (only == null ? calls.types() : List.of(only))
        .stream().map(calls::patience).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
  }

  /** {@return how long until a limit should be asked, or a place may be used that is waited for} */
  public long untilDue(Waiting calls, long now) {
    if (areNone) {
      return Long.MAX_VALUE;
    }
    Map<String, List<Waiting.Part>> parts = parts(calls);
    lock.lock();
    try {
      Due due = mostUrgent(calls, parts, now);
      long until = due == null ? Long.MAX_VALUE : due.until;
      for (Allowance one : known.values()) {
        long place = one.untilPlace(now);
        until = place > 0 ? Math.min(until, place) : until;
      }
      return until;
    } finally {
      lock.unlock();
    }
  }

  /** The question that is due; null if none is. */
  public @Nullable LimitAsk ask(long session, Waiting calls, long now) {
    Map<String, List<Waiting.Part>> parts = parts(calls);
    lock.lock();
    try {
      Due due = mostUrgent(calls, parts, now);
      if (due == null || due.until > 0) {
        return null;
      }
      Need need = due.need;
      Duration patience = patience(due.limit, calls);
      return due.limit.ask(
          session, ++questions, need.waiting, need.workers, need.eachNanos(), patience, now);
    } finally {
      lock.unlock();
    }
  }

  /** A question was answered. */
  public void answered(LimitAsk ask, LimitAnswer answer, long now) {
    lock.lock();
    try {
      Allowance one = known.get(ask.name());
      if (one != null) {
        one.answered(ask, answer, now);
      }
    } finally {
      lock.unlock();
    }
  }
}
