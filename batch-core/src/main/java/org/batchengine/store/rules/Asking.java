package org.batchengine.store.rules;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.batchengine.feed.EventKind;
import org.batchengine.limit.Limit;
import org.batchengine.limit.Limit.Rate;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.Attempts;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.rules.Tripping.Judged;
import org.jspecify.annotations.Nullable;

/**
 * What a session may begin of a limit. The limit's row is locked meanwhile.
 *
 * <p>Rate: calls have places in time, one gap apart; those of the next half second are given out. A
 * place lapses {@link LimitAnswer#validNanos} after its time, so whatever begins in a window has
 * its place in a span that is longer by as much, and the gap is such that the span has as many
 * places as the limit allows calls.
 *
 * <p>Running: sessions that have lately wanted some stand in line, those in their turn of a second
 * before those that wait, and these before those whose turn is over. Each gets one in turn until
 * all are given out; a session may run as many as others have left of that. Stored is what it runs
 * already if that is more, so that the sum over all sessions is never less than what runs.
 *
 * <p>Breaker: {@link Tripping} says whether calls are held, and whether only those of a trial may
 * begin. These are given out once.
 *
 * <p>Not final: a test breaks the rules one at a time.
 */
public class Asking {
  /** Who asked within this time counts as one that has work. */
  public static final Duration LATELY = Duration.ofSeconds(5);

  /** A batch is paused since its breaker has tripped. */
  public static final String BREAKER = "BREAKER";

  /** After this it is asked whether a batch is still paused. */
  static final Duration PAUSED = Duration.ofSeconds(1);

  private static final long MILLISECOND = 1_000_000;
  private static final long SECOND = 1_000 * MILLISECOND;

  /** Places are given out so long before their time. */
  static final long AHEAD = SECOND / 2;

  /** How long a session keeps its turn; who has not asked for so long does not stand in line. */
  static final long TURN = SECOND;

  private static final long SOON = SECOND / 10;
  private static final long WITH_TOO_FEW = SECOND / 4;

  /** Less than {@link #LATELY}. */
  private static final long LONGEST_PAUSE = 3 * SECOND;

  /** 73 years: sums of some of them are numbers still. */
  private static final long NEVER = Long.MAX_VALUE / 4;

  private final Row row;
  private final @Nullable Event event;
  private final Limit limit;
  private final @Nullable Permit before;
  private final List<Permit> others;
  private final LimitAsk ask;
  private final Instant now;
  private final Duration heldFor;

  /**
   * What of a limit matters to calls.
   *
   * @param nextAt the first place of the rate that nobody has; null: none has been given out
   * @param heldUntil until when no call begins; null, or in the past: calls may
   * @param revision of its last change
   */
  public record Row(
      Limit limit,
      @Nullable Instant nextAt,
      @Nullable Instant heldUntil,
      Trial trial,
      long revision) {

    /**
     * {@return the row of a batch, with what is set for it}
     *
     * @param isPaused whether nothing of it may begin
     */
    public Row ofBatch(Limit set, boolean isPaused, Instant now) {
      return new Row(set, nextAt, isPaused ? now.plus(PAUSED) : null, trial, revision);
    }

    private Row nextAt(@Nullable Instant changed) {
      return new Row(limit, changed, heldUntil, trial, revision);
    }

    Row heldUntil(@Nullable Instant changed) {
      return new Row(limit, nextAt, changed, trial, revision);
    }

    Row with(Trial changed) {
      return new Row(limit, nextAt, heldUntil, changed, revision);
    }
  }

  /**
   * What a breaker waits for.
   *
   * @param number how often it has tripped in all
   * @param trips how often in a row; 0: it is closed
   * @param left how many calls may try that nobody was given yet
   * @param at since when they may, or since when some were given out; null if it is closed
   */
  public record Trial(int number, int trips, int left, @Nullable Instant at) {
    /** Of a breaker that has never tripped. */
    public static final Trial NONE = new Trial(0, 0, 0, null);

    /** {@return the same breaker, closed} */
    public Trial closed() {
      return isClosed() ? this : new Trial(number, 0, 0, null);
    }

    /** Whether calls begin as if there were no breaker. */
    public boolean isClosed() {
      return trips == 0;
    }

    Trial from(int calls, @Nullable Instant time) {
      return new Trial(number, trips, calls, time);
    }
  }

  /** What the history tells of a breaker. */
  public record Event(EventKind kind, String reason) {}

  /**
   * A session's part in a limit.
   *
   * @param asked the number of its last question
   * @param slots how many of its calls may run
   * @param wanted how many calls it had when it asked last
   * @param since when it began to wait for a place
   * @param turnAt when it got its places; null: it has none
   * @param attempts what it told of its last ones
   */
  public record Permit(
      long session,
      long asked,
      int slots,
      int wanted,
      Instant since,
      @Nullable Instant turnAt,
      Instant askedAt,
      Attempts attempts) {}

  /**
   * An answer, and what is stored with it.
   *
   * @param event what the history tells; null: nothing
   */
  public record Decision(LimitAnswer answer, Row row, Permit permit, @Nullable Event event) {}

  private record Places(
      int count, long first, long gap, long valid, long opensIn, @Nullable Instant nextAt) {}

  /** A question about a limit. */
  Asking(Row row, Collection<Permit> permits, LimitAsk ask, Instant now) {
    this.limit = row.limit();
    this.ask = ask;
    this.now = now;
    before = permits.stream().filter(p -> p.session() == ask.session()).findFirst().orElse(null);
    others = permits.stream().filter(p -> p.session() != ask.session()).toList();
    Judged judged = isLate() ? new Judged(row, null) : Tripping.judge(row, others, ask, now);
    this.row = judged.row();
    event = judged.event();
    Instant heldUntil = this.row.heldUntil();
    heldFor =
        heldUntil != null && heldUntil.isAfter(now)
            ? Duration.between(now, heldUntil)
            : Duration.ZERO;
  }

  /**
   * Decides. A question that is not newer than the last one of the session leaves everything as it
   * is, and gets nothing: nobody waits for its answer.
   *
   * @param permits of all sessions in this limit
   */
  public static Decision decide(Row row, Collection<Permit> permits, LimitAsk ask, Instant now) {
    return new Asking(row, permits, ask, now).decide();
  }

  /** The answer where there is no limit. */
  public static LimitAnswer unlimited() {
    return new LimitAnswer(
        Limit.none(),
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        0,
        0,
        Long.MAX_VALUE,
        Duration.ofNanos(SECOND),
        Duration.ZERO,
        0,
        Integer.MAX_VALUE,
        0);
  }

  private boolean isLate() {
    return before != null && ask.number() <= before.asked();
  }

  final Decision decide() {
    if (before != null && isLate()) {
      Places none = new Places(0, 0, 0, 0, SOON, row.nextAt());
      return new Decision(answer(none, 0, 0, Duration.ofNanos(SOON)), row, before, null);
    }
    Permit me = me();
    List<Permit> line = line(me);
    int target = target(me, line);
    int mayTry = mayTry(target);
    int most = target == 0 ? 0 : Math.min(ask.places(), mayTry);
    Places places = places(most, Math.max(1, line.size()));
    int calls = mayTry == Integer.MAX_VALUE ? mayTry : Math.min(mayTry, places.count());
    Trial trial = row.trial();
    boolean areCounted = !trial.isClosed() && calls > 0;
    Row next = ask.name().scope() == LimitScope.BATCH ? row.heldUntil(null) : row;
    return new Decision(
        answer(places, target, calls, pause(places, target, calls)),
        next.nextAt(places.nextAt())
            .with(areCounted ? trial.from(trial.left() - calls, now) : trial),
        permit(me, target),
        event);
  }

  private LimitAnswer answer(Places places, int target, int calls, Duration nextIn) {
    return new LimitAnswer(
        limit,
        target,
        places.count(),
        places.first(),
        places.gap(),
        places.valid(),
        nextIn,
        heldFor,
        row.trial().number(),
        calls,
        row.revision());
  }

  /** What the session had, with what it says now. */
  private Permit me() {
    Instant since = before == null ? now : cut(before.since());
    Instant turnAt = before == null || before.turnAt() == null ? null : cut(before.turnAt());
    int slots = before == null ? 0 : before.slots();
    return new Permit(
        ask.session(), ask.number(), slots, ask.wanted(), since, turnAt, now, ask.attempts());
  }

  private Permit permit(Permit me, int target) {
    boolean hasPlaces = target > 0 && limit.running().isPresent();
    Instant turnAt = !hasPlaces ? null : turn(me) == 0 ? me.turnAt() : now;
    Instant since = !hasPlaces && me.turnAt() != null ? now : me.since();
    int slots = Math.max(ask.running(), limit.running().isPresent() ? target : 0);
    return new Permit(
        me.session(), me.asked(), slots, me.wanted(), since, turnAt, now, me.attempts());
  }

  private boolean isHeld() {
    return !heldFor.isZero();
  }

  /** The clock may have been set back since. */
  Instant cut(Instant time) {
    return time.isAfter(now) ? now : time;
  }

  // --- Rate ---

  /** Who may run none gets none: they would lapse. */
  private Places places(int most, int sessions) {
    if (limit.rate().isEmpty()) {
      int all = isHeld() ? 0 : Integer.MAX_VALUE;
      return new Places(all, 0, 0, Long.MAX_VALUE, 0, row.nextAt());
    }
    Rate rate = limit.rate().get();
    long slack = slack(rate.per().toNanos());
    long gap = gap(rate.per().toNanos(), slack, rate.most() - limit.burst() + 1);
    long saved = gap > NEVER / limit.burst() ? NEVER : (limit.burst() - 1) * gap;
    long next = row.nextAt() == null ? -NEVER : corrected(nanosTo(row.nextAt()), gap);
    long held = row.heldUntil() == null ? -NEVER : nanosTo(row.heldUntil());
    long first = Math.max(next, Math.max(held, -saved));
    long open = isHeld() || first > AHEAD ? 0 : (AHEAD - first) / gap + 1;
    int count = (int) Math.min(most, ceilDiv(open, sessions));
    long then = count > 0 ? first + count * gap : next;
    Instant nextAt = then == -NEVER ? row.nextAt() : now.plusNanos(ceilDiv(then, 1_000) * 1_000);
    return new Places(count, first, gap, saved + slack, Math.max(0, first - AHEAD), nextAt);
  }

  /** How long after its time a place may be used, with a burst of one. */
  static long slack(long per) {
    return Math.max(SECOND / 10, Math.min(5 * SECOND, per / 20));
  }

  long gap(long per, long slack, int places) {
    return ceilDiv(per + slack, places);
  }

  /**
   * The first place that nobody has. It is farther ahead than this only if the clock was set back
   * or the rate was raised.
   */
  long corrected(long next, long gap) {
    return next > AHEAD + 2 * gap ? gap : next;
  }

  private long nanosTo(Instant time) {
    Duration duration = Duration.between(now, time);
    long most = NEVER / SECOND;
    return duration.toSeconds() >= most
        ? NEVER
        : duration.toSeconds() <= -most ? -NEVER : duration.toNanos();
  }

  private static long ceilDiv(long dividend, long divisor) {
    return -Math.floorDiv(-dividend, divisor);
  }

  // --- Running ---

  private int target(Permit me, List<Permit> line) {
    if (isHeld()) {
      return 0;
    }
    if (limit.running().isEmpty()) {
      return Integer.MAX_VALUE;
    }
    int most = limit.running().getAsInt();
    long left = most - others.stream().mapToLong(Permit::slots).sum();
    return (int) Math.max(0, Math.min(part(me, line, most), left));
  }

  private List<Permit> line(Permit me) {
    List<Permit> line = new ArrayList<>(others.stream().filter(this::wants).toList());
    if (me.wanted() > 0) {
      line.add(me);
    }
    line.sort(
        comparingInt(this::turn)
            .thenComparing(p -> cut(p.turnAt() == null ? p.since() : p.turnAt()))
            .thenComparing(comparing(Permit::session)));
    return line;
  }

  /** Who asked at a time to come did so before the clock was set back. */
  private boolean wants(Permit other) {
    return other.wanted() > 0 && Math.abs(nanosTo(other.askedAt())) < TURN;
  }

  private int turn(Permit permit) {
    if (permit.turnAt() == null) {
      return 1;
    }
    return -nanosTo(cut(permit.turnAt())) < TURN ? 0 : 2;
  }

  /** Of so many, given one by one to those in line, each at most what it wants. */
  int part(Permit me, List<Permit> line, int most) {
    List<Permit> lacking = line;
    int each = 0;
    int left = most;
    while (!lacking.isEmpty() && left >= lacking.size()) {
      int level = lacking.stream().mapToInt(Permit::wanted).min().getAsInt();
      int more = Math.min(level - each, left / lacking.size());
      each += more;
      left -= more * lacking.size();
      int reached = each;
      lacking = lacking.stream().filter(p -> p.wanted() > reached).toList();
    }
    int place = lacking.indexOf(me);
    return place < 0 ? me.wanted() : each + (place < left ? 1 : 0);
  }

  // --- Breaker ---

  /** How many calls it may begin, as far as the breaker goes. */
  private int mayTry(int target) {
    if (isHeld()) {
      return 0;
    }
    if (row.trial().isClosed()) {
      return Integer.MAX_VALUE;
    }
    int lacking = Math.min(ask.wanted(), target) - ask.running();
    return Math.max(0, Math.min(row.trial().left(), lacking));
  }

  private Duration pause(Places places, int target, int calls) {
    if (isHeld()) {
      return heldFor;
    }
    if (!row.trial().isClosed()) {
      return Duration.ofNanos(calls == 0 ? WITH_TOO_FEW : SECOND);
    }
    boolean lacks = target < ask.wanted();
    long pause = target == 0 && lacks ? SOON : lacks ? WITH_TOO_FEW : SECOND;
    if (ask.places() > 0 && places.count() == 0) {
      long opensIn = Math.min(places.opensIn(), LONGEST_PAUSE);
      pause = target == 0 ? Math.max(opensIn, SOON) : opensIn;
    }
    return Duration.ofNanos(pause);
  }
}
