package org.batchengine.engine.limit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.batchengine.engine.loop.Signal;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.jspecify.annotations.Nullable;

/**
 * What this engine may begin under the limits of job types and tenants. While there are none, it
 * costs one look. Thread-safe; its lock is taken inside that of a queue.
 */
public final class Allowances {
  /** Tenants that have what each one has, and were seen here. */
  private static final int MOST_TENANTS = 10_000;

  private final Signal mayBegin;
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
   */
  public Allowances(Signal mayBegin) {
    this.mayBegin = mayBegin;
  }

  /** Calls that wait for workers, and how quickly these take them. */
  public interface Waiting {

    /** How many calls of a type wait; of one tenant, if it is given. */
    int calls(String type, @Nullable String tenant);

    /** How many calls of a type its workers can run at once. */
    int workers(String type);

    /** How many nanoseconds pass between two calls of a type when all its workers are busy. */
    double nanosBetween(String type);

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
            .computeIfAbsent(change.name(), name -> new Allowance(name, change.limit()))
            .changed(change);
        last = Math.max(last, change.revision());
      }
      Allowance each = known.get(LimitName.EACH_TENANT);
      if (each != null) {
        known.values().forEach(one -> one.follow(each.limit()));
      }
      revision = Math.max(revision, last);
      areEqual = known.values().stream().allMatch(one -> one.limit().weight() == 1);
      areNone = known.values().stream().noneMatch(one -> one.limit().limitsCalls());
    } finally {
      lock.unlock();
    }
    mayBegin.raise();
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
    Allowance copy = Allowance.copy(name, each.limit());
    known.put(name, copy);
    return copy;
  }

  /** What limits calls of a type and a tenant, the narrower first. */
  private List<Allowance> of(String type, String tenant) {
    List<Allowance> all = new ArrayList<>(2);
    add(all, ofTenant(tenant));
    add(all, known.get(LimitName.ofType(type)));
    return all;
  }

  private static void add(List<Allowance> all, @Nullable Allowance one) {
    if (one != null && one.limit().limitsCalls()) {
      all.add(one);
    }
  }

  /** {@return how many calls of a type and a tenant one worker may begin now} */
  public int open(String type, String tenant, long now) {
    lock.lock();
    try {
      int open = Integer.MAX_VALUE;
      for (Allowance one : of(type, tenant)) {
        open = Math.min(open, one.open(now));
      }
      return open;
    } finally {
      lock.unlock();
    }
  }

  /** A worker takes so many calls, if so many may begin; null if not. */
  public @Nullable Permit take(String type, String tenant, int calls, long now) {
    lock.lock();
    try {
      if (open(type, tenant, now) < calls) {
        return null;
      }
      List<Allowance> parts = of(type, tenant);
      long lapses = Long.MAX_VALUE;
      for (Allowance one : parts) {
        lapses = Math.min(lapses, one.use(calls, now));
      }
      return parts.isEmpty() ? Permit.NONE : new Permit(this, parts, lapses);
    } finally {
      lock.unlock();
    }
  }

  void release(Permit permit) {
    boolean mayOthers = false;
    lock.lock();
    try {
      for (Allowance one : permit.takeParts()) {
        mayOthers |= one.released();
      }
    } finally {
      lock.unlock();
    }
    if (mayOthers) {
      mayBegin.raise();
    }
  }

  /**
   * {@return how many calls of a type are worth having in hand; of one tenant, if it is given}
   *
   * @param callNanos how long one takes
   */
  public long room(String type, @Nullable String tenant, double callNanos, long now) {
    lock.lock();
    try {
      Allowance one = tenant == null ? known.get(LimitName.ofType(type)) : ofTenant(tenant);
      return one == null || !one.limit().limitsCalls() ? Long.MAX_VALUE : one.room(callNanos, now);
    } finally {
      lock.unlock();
    }
  }

  /** {@return tenants whose calls are limited} */
  public List<String> limitedTenants() {
    lock.lock();
    try {
      return known.values().stream()
          .filter(one -> one.name().scope() == LimitScope.TENANT && one.limit().limitsCalls())
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
    lock.lock();
    try {
      return known.values().stream()
          .filter(one -> one.name().scope() == scope && one.limit().limitsCalls())
          .filter(one -> one.isUsedUp(now))
          .mapToInt(one -> due(one, calls, now).waiting)
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

  /** A limit that may be asked, and what for. */
  private record Due(Allowance limit, int waiting, int workers, double eachNanos, long until) {}

  private @Nullable Due mostUrgent(Waiting calls, long now) {
    Due first = null;
    for (Allowance one : known.values()) {
      Due due = due(one, calls, now);
      first = first == null || due.until < first.until ? due : first;
    }
    return first;
  }

  private static Due due(Allowance one, Waiting calls, long now) {
    boolean isType = one.name().scope() == LimitScope.TYPE;
    int waiting = 0;
    int workers = 0;
    double perNano = 0;
    for (String type : isType ? List.of(one.name().name()) : calls.types()) {
      int some = calls.calls(type, isType ? null : one.name().name());
      waiting += some;
      workers += calls.workers(type);
      perNano += some > 0 ? 1 / calls.nanosBetween(type) : 0;
    }
    double each = perNano == 0 ? 1 : 1 / perNano;
    return new Due(one, waiting, workers, each, one.untilAsk(waiting, workers, each, now));
  }

  /** {@return how long until a limit should be asked, or a place may be used that is waited for} */
  public long untilDue(Waiting calls, long now) {
    if (areNone) {
      return Long.MAX_VALUE;
    }
    lock.lock();
    try {
      Due due = mostUrgent(calls, now);
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
    lock.lock();
    try {
      Due due = mostUrgent(calls, now);
      return due == null || due.until > 0
          ? null
          : due.limit.ask(session, ++questions, due.waiting, due.workers, due.eachNanos, now);
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
