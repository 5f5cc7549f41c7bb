package org.batchengine.engine.limit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.batchengine.limit.Limit;
import org.batchengine.limit.Limit.Breaker;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.jspecify.annotations.Nullable;

/**
 * A limit, and what this session may begin under it. From when it asks until it is answered, no
 * more calls run than it reported: the store may give the rest to others. Guarded by {@link
 * Allowances}.
 */
final class Allowance {
  /** Places of a rate are asked for this long in advance. */
  private static final long AHEAD = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long SOON = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LATER = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long USUAL = TimeUnit.SECONDS.toNanos(1);

  /** At most one part in so many of the time goes into questions. */
  private static final int SHARE = 20;

  private final LimitName name;
  private Limit limit;
  private long revision;

  private int running;
  private int target;
  private int reported;
  private int wantedThen;
  private long number;
  private boolean isAsking;
  private boolean wasAnswered;
  private boolean wasAsked;
  private long sentAt;
  private long took;
  private long nextAt;
  private final Deque<Places> places = new ArrayDeque<>();
  private final BreakerWatch watch = new BreakerWatch();

  /** Whether it stands for a tenant that has what each one has. */
  private boolean isUnset;

  /** Of a batch: its type. */
  private @Nullable String type;

  /** Some calls could not begin since it was last told that more may. */
  private boolean hasRefused;

  /** Nothing was asked yet, and may be at once. */
  Allowance(LimitName name, Limit limit, long now) {
    this.name = name;
    this.limit = limit;
    sentAt = now;
    nextAt = now;
  }

  LimitName name() {
    return name;
  }

  Limit limit() {
    return limit;
  }

  boolean isUnset() {
    return isUnset;
  }

  static Allowance ofBatch(LimitName name, Limit limit, String type, long now) {
    Allowance allowance = new Allowance(name, limit, now);
    allowance.type = type;
    return allowance;
  }

  /** The one type whose calls it limits; null: those of each. */
  @Nullable String onlyOfType() {
    return name.scope() == LimitScope.TYPE ? name.name() : type;
  }

  /** Of a tenant that has what each one has. */
  static Allowance copy(LimitName name, Limit each, long now) {
    Allowance copy = new Allowance(name, each, now);
    copy.isUnset = true;
    return copy;
  }

  /** Whether nothing runs under it, and the store knows that. */
  boolean isIdle() {
    return running == 0
        && !isAsking
        && !watch.hasNews()
        && (wantedThen == 0 || limit.running().isEmpty());
  }

  /** It has what each tenant has. */
  void follow(Limit each) {
    if (isUnset) {
      limit = each;
    }
  }

  /** What is stored; older news is dropped. Whether it is news. */
  boolean changed(StoredLimit stored) {
    if (stored.revision() <= revision) {
      return false;
    }
    revision = stored.revision();
    isUnset = false;
    nextAt = sentAt; // it may have been held when it was asked
    watch.forget();
    if (!limit.equals(stored.limit())) {
      limit = stored.limit();
      places.clear();
    }
    return true;
  }

  /** Another session has no part in it yet. What still runs for the last one counts. */
  void forget(long now) {
    target = 0;
    isAsking = false;
    wasAnswered = false;
    wasAsked = false;
    wantedThen = 0;
    places.clear();
    watch.forget();
    sentAt = now;
    nextAt = now;
  }

  /** How many calls may run. */
  private int ceiling() {
    if (limit.running().isEmpty()) {
      return Integer.MAX_VALUE;
    }
    return isAsking ? Math.min(reported, target) : target;
  }

  /** How many more calls may wait for what limits them beside this. */
  int letsThrough(long now) {
    int most = limit.running().isEmpty() ? Integer.MAX_VALUE : Math.max(0, ceiling() - running);
    return limit.rate().isEmpty() ? most : Math.min(most, held(now));
  }

  /** How many calls one worker may begin now. */
  int open(long now) {
    int open = running >= ceiling() ? 0 : Integer.MAX_VALUE;
    if (limit.breaker().isPresent()) {
      open = Math.min(open, watch.open(now));
    }
    if (open > 0 && limit.rate().isPresent()) {
      open = Math.min(open, openPlaces(now));
    }
    hasRefused |= open == 0;
    return open;
  }

  private int openPlaces(long now) {
    int open = 0;
    while (!places.isEmpty() && places.getFirst().left(now) == 0) {
      places.removeFirst();
    }
    for (Places some : places) {
      open += some.open(now);
    }
    return open;
  }

  /** In which trial of the breaker calls begin now. */
  int trial() {
    return watch.trial();
  }

  /** Raised when calls that have not begun must not begin, though they were allowed. */
  int stops() {
    return watch.stops();
  }

  /** A call has ended, which was one attempt or several. */
  void ended(List<String> attempts, int trial) {
    limit.breaker().ifPresent(breaker -> watch.ended(attempts, trial, breaker));
  }

  /** Whether nothing more may begin now. */
  boolean isUsedUp(long now) {
    return running >= ceiling()
        || (limit.rate().isPresent() && places.stream().allMatch(some -> some.open(now) == 0));
  }

  /** A worker begins so many of those that may. When the place of the first of them lapses. */
  long use(int calls, long now) {
    running++;
    watch.use(calls, now);
    long lapses = Long.MAX_VALUE;
    int missing = limit.rate().isEmpty() ? 0 : calls;
    for (Places some : places) {
      int used = Math.min(missing, some.open(now));
      if (used > 0) {
        lapses = Math.min(lapses, some.use(used));
        missing -= used;
      }
    }
    return lapses;
  }

  /**
   * A worker has let go of its calls. Whether others may have waited for that.
   *
   * @param unused of which so many have not begun
   * @param trial in which it was allowed
   */
  boolean released(int unused, int trial) {
    running--;
    watch.giveBack(unused, trial);
    boolean had = hasRefused;
    hasRefused = false;
    return had;
  }

  /** How many places of the rate it holds. */
  private int held(long now) {
    int held = 0;
    for (Places some : places) {
      held += some.left(now);
    }
    return held;
  }

  private long gap() {
    return limit.rate().map(rate -> Math.max(1, rate.per().toNanos() / rate.most())).orElse(1L);
  }

  /**
   * How many calls are worth having in hand.
   *
   * @param callNanos how long one takes
   */
  long room(double callNanos, long now) {
    double room = Double.MAX_VALUE;
    if (limit.running().isPresent()) {
      int slots = Math.max(wasAnswered ? target : 1, 1);
      room = Math.max(slots, slots * (AHEAD / callNanos));
    }
    if (limit.rate().isPresent()) {
      room = Math.min(room, nextAt - now > USUAL ? 0 : (double) (AHEAD / gap() + 1));
    }
    if (limit.breaker().isPresent() && watch.isTrial()) {
      room = Math.min(room, Breaker.TRIAL_CALLS);
    }
    return (long) room;
  }

  /**
   * How many calls could begin within half a second, at most.
   *
   * @param waiting calls that wait
   * @param eachNanos how long until the next, when all workers are busy
   */
  private int desired(int waiting, double eachNanos) {
    if (limit.rate().isEmpty()) {
      return 0;
    }
    return (int) Math.min(waiting, AHEAD / Math.max(eachNanos, (double) gap()) + 1);
  }

  /**
   * How long until it should be asked; not positive if now.
   *
   * @param waiting calls that wait
   * @param workers how many calls the workers can run at once
   * @param eachNanos how long until the next could begin, when all workers are busy
   */
  long untilAsk(int waiting, int workers, double eachNanos, long now) {
    int wanted = wanted(waiting, workers);
    long dueIn = limit.running().isPresent() ? untilSlots(wanted) : Long.MAX_VALUE;
    if (waiting > 0 && limit.rate().isPresent() && held(now) * 2 <= desired(waiting, eachNanos)) {
      dueIn = Math.min(dueIn, Math.max(0, nextAt - sentAt));
    }
    long bound = wasAsked ? Math.max(SOON, SHARE * took) : 0;
    if (limit.breaker().isPresent()) {
      dueIn = Math.min(dueIn, untilTold(wanted, now));
      bound = Math.min(bound, BreakerWatch.ASK_WITHIN);
    }
    return dueIn == Long.MAX_VALUE ? dueIn : sentAt + Math.max(bound, dueIn) - now;
  }

  /** Counted from when it was asked last. */
  private long untilSlots(int wanted) {
    if (wanted == 0 && wantedThen == 0 && !isAsking) {
      return Long.MAX_VALUE;
    }
    if (isAsking || !wasAnswered) {
      return 0;
    }
    if (running <= target && reported > target) {
      return 0; // the rest is free for others once they are told
    }
    if (wanted == 0) {
      return LATER;
    }
    if (target == 0) {
      return SOON;
    }
    return target < wanted ? LATER : USUAL;
  }

  /** Counted from when it was asked last. */
  private long untilTold(int wanted, long now) {
    if (wanted == 0 && !watch.hasNews()) {
      return Long.MAX_VALUE;
    }
    if (isAsking || !watch.isKnown(now) || watch.isUrgent()) {
      return 0;
    }
    return watch.isTrial() ? Math.max(0, nextAt - sentAt) : USUAL;
  }

  /** More places than workers would keep them from other nodes. */
  private int wanted(int waiting, int workers) {
    return Math.max(running, Math.min(waiting + running, workers));
  }

  LimitAsk ask(
      long session,
      long next,
      int waiting,
      int workers,
      double eachNanos,
      Duration patience,
      long now) {
    number = next;
    isAsking = true;
    wasAsked = true;
    sentAt = now;
    reported = running;
    wantedThen = wanted(waiting, workers);
    int desired = Math.max(0, desired(waiting, eachNanos) - held(now));
    return new LimitAsk(
        session, name, number, desired, wantedThen, reported, watch.tell(), patience);
  }

  /** The answer to the newest question; those to others are dropped. */
  void answered(LimitAsk ask, LimitAnswer answer, long now) {
    if (ask.number() != number) {
      return;
    }
    isAsking = false;
    wasAnswered = true;
    took = now - sentAt;
    target = answer.target();
    limit = answer.limit();
    hasRefused = false;
    watch.answered(answer, sentAt);
    if (answer.places() > 0 && limit.rate().isPresent()) {
      places.add(
          new Places(
              answer.places(),
              now + answer.firstNanos(),
              sentAt + answer.firstNanos() + answer.validNanos(),
              answer.gapNanos()));
      nextAt = sentAt;
    } else {
      nextAt = now + answer.nextIn().toNanos();
    }
  }

  /** How long until a place that it holds may be used, or a rest is over. */
  long untilPlace(long now) {
    long rest = limit.breaker().isPresent() ? watch.untilOpen(now) : 0;
    long until = rest > 0 ? rest : Long.MAX_VALUE;
    for (Places some : places) {
      if (some.left(now) > 0) {
        until = Math.min(until, some.untilNext(now));
      }
    }
    return until;
  }
}
