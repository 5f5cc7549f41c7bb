package org.batchengine.engine.claim;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.batchengine.engine.limit.Allowances;
import org.batchengine.engine.run.WaitingCalls;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.LimitStore;
import org.batchengine.store.StoredLimit;
import org.jspecify.annotations.Nullable;

/**
 * Reads limits that were changed, before anything that was claimed since may begin; tells other
 * nodes that a service is overloaded; and asks what this session may begin. The revision of limits
 * comes with each claim; while there may be none, since workers have enough or a type is held, it
 * is read once a second.
 */
public final class LimitAsks implements Pass {
  private static final long LOOK = TimeUnit.SECONDS.toNanos(1);

  /** A service that is overloaded is told of so often. */
  private static final long TELL = TimeUnit.MILLISECONDS.toNanos(250);

  private final LimitStore store;
  private final Allowances allowances;
  private final Map<String, Workers> workers;
  private final WaitingCalls waiting;
  private final Looking looking;
  private final Map<String, Limit> declared;
  private final Set<String> toDeclare = new TreeSet<>();
  private long lookedAt;
  private long toldAt;

  /**
   * Nothing is known yet.
   *
   * @param declared what code says of the job types
   * @param expiry of sessions
   */
  public LimitAsks(
      LimitStore store,
      Allowances allowances,
      Map<String, Workers> workers,
      Map<String, Limit> declared,
      Duration expiry,
      Looking looking) {
    this.declared = declared;
    this.store = store;
    this.allowances = allowances;
    this.workers = workers;
    waiting = new WaitingCalls(workers, expiry);
    this.looking = looking;
    lookedAt = looking.now();
    toldAt = lookedAt - TELL;
  }

  @Override
  public String name() {
    return "asking what may begin";
  }

  /** A claim has brought this revision; 0 if it is not known. */
  void claimed(long revision) {
    allowances.seen(revision);
    lookedAt = looking.now();
  }

  @Override
  public boolean isDue() {
    return allowances.areStale() || !toDeclare.isEmpty() || untilDue() <= 0;
  }

  @Override
  public boolean runOnce(Session session) {
    if (allowances.areStale()) {
      read(store, allowances, workers);
      return true;
    }
    if (!toDeclare.isEmpty()) {
      declare();
      return true;
    }
    Workers slowed = slowed();
    if (slowed != null && looking.now() - toldAt >= TELL) {
      tell(slowed);
      return true;
    }
    LimitAsk ask = allowances.ask(session.id(), waiting, looking.now());
    if (ask != null) {
      answered(ask, store.ask(ask));
      return true;
    }
    if (looking.now() - lookedAt >= LOOK) {
      claimed(store.revision());
    }
    return true;
  }

  private void answered(LimitAsk ask, LimitAnswer answer) {
    allowances.answered(ask, answer, looking.now());
    if (!answer.heldFor().isZero()) {
      hold(workers, ask.name(), answer.heldFor(), answer.revision());
    }
  }

  private static void hold(
      Map<String, Workers> workers, LimitName name, Duration time, long revision) {
    Workers held = workers.get(name.name());
    if (held != null && name.scope() == LimitScope.TYPE) {
      held.slowDown().hold(time, revision);
    }
  }

  /** Code that says nothing takes back what it said before. */
  private void declare() {
    String type = toDeclare.iterator().next();
    Limit limit = declared.get(type);
    if (limit != null && (limit.limitsCalls() || allowances.knowType(type))) {
      store.declare(type, limit);
      read(store, allowances, workers);
    }
    toDeclare.remove(type);
  }

  /** Reads what was changed; for any thread. */
  public static void read(LimitStore store, Allowances allowances, Map<String, Workers> workers) {
    long since = allowances.revision();
    long seen = allowances.seen(); // not all revisions have a row, and none before it comes later
    List<StoredLimit> changes = store.changedSince(since);
    allowances.changed(changes, Math.max(since, seen));
    for (StoredLimit change : changes) {
      hold(workers, change.name(), change.heldFor(), change.revision());
    }
  }

  private @Nullable Workers slowed() {
    for (Workers each : workers.values()) {
      if (each.slowDown().isToBeTold()) {
        return each;
      }
    }
    return null;
  }

  private void tell(Workers slowed) {
    toldAt = looking.now();
    slowed.slowDown().takeToTell();
    long left = slowed.slowDown().nanosAsked();
    if (left > 0) {
      store.hold(slowed.type(), Duration.ofNanos(left), null, "a processor was told to slow down");
    }
  }

  @Override
  public long untilDue() {
    long now = looking.now();
    long until = allowances.untilDue(waiting, now);
    if (slowed() != null) {
      until = Math.min(until, toldAt + TELL - now);
    }
    if (lookedAt + LOOK - now >= until) {
      return until;
    }
    boolean mayMissClaims =
        workers.values().stream()
            .anyMatch(
                each -> each.queue().waiting() > 0 || !each.areQuiet() || each.slowDown().isOn());
    return mayMissClaims ? Math.min(until, lookedAt + LOOK - now) : until;
  }

  @Override
  public void forget() {
    allowances.forget(looking.now());
    toDeclare.addAll(declared.keySet());
  }
}
