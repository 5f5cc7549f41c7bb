package org.batchengine.store.rules;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.batchengine.limit.Limit;
import org.batchengine.limit.Limit.Rate;
import org.batchengine.store.Attempts;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.rules.Asking.Decision;
import org.batchengine.store.rules.Asking.Permit;
import org.batchengine.store.rules.Asking.Trial;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that share a limit, in virtual time: first with trouble, then without. A seed decides what
 * goes wrong. Time is in nanoseconds from the start.
 */
final class LimitSimulation {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final long CALM_FROM = 15 * SECOND;
  private static final long SETTLED_FROM = 25 * SECOND;
  private static final long END = 45 * SECOND;
  private static final long EXPIRY = 4 * SECOND;
  private static final long LONGEST_STEP = 30 * MILLI;
  private static final Instant START = Instant.parse("2026-11-01T12:00:00Z");
  private static final LimitName NAME = LimitName.ofType("send");

  /** A rule that is broken. */
  enum Mutant {
    NONE(1),
    NO_CEILING_WHILE_AN_ASK_IS_UNDER_WAY(11),
    AN_OLDER_ANSWER_COUNTS(36),
    NO_NUMBERS(1),
    THE_TARGET_IS_RAISED_TO_WHAT_RUNS(2),
    NO_LINE(2),
    LESS_IS_STORED_THAN_RUNS(1),
    PERMITS_ARE_NOT_REAPED(1),
    AN_ASK_WITHOUT_FENCE(1),
    PLACES_DO_NOT_LAPSE(6),
    CALLS_BEGIN_ON_RECEIPT(4),
    NO_SLACK(3),
    A_FIXED_WINDOW(3),
    NEXT_IS_NOT_CORRECTED(3),
    NEXT_IS_CORRECTED_AND_NOT_STORED(181),
    DEMAND_NEVER_LAPSES(7),
    TIMES_STAY_AHEAD_OF_THE_CLOCK(50),
    A_TURN_COUNTS_FROM_THE_WAIT(50);

    /** A seed of about the first that notices. */
    final long noticedFrom;

    Mutant(long noticedFrom) {
      this.noticedFrom = noticedFrom;
    }
  }

  private record Event(long at, long order, Runnable step) {}

  /** A place of the rate, and until when it may be used. */
  private record Place(long from, long until) {}

  private final Random random;
  private final Mutant mutant;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private long order;
  private long now;
  private Duration clockIsAhead = Duration.ZERO;

  // The store.
  private Limit limit;
  private @Nullable Instant nextAt;
  private @Nullable Instant heldUntil;
  private final Map<Long, Permit> permits = new HashMap<>();
  private final Map<Long, Long> expiries = new HashMap<>();
  private long lastSession;
  private int windowCount;
  private long window;

  // What is seen.
  private final List<Node> nodes = new ArrayList<>();
  private final Deque<Long> begins = new ArrayDeque<>();
  private final List<Long> changes = new ArrayList<>();
  private final List<Integer> rates = new ArrayList<>();
  private boolean fitsIn = true;
  private long freeSince = Long.MAX_VALUE;
  private long longestFree;
  private int settledBegins;
  private int settledTurns;

  LimitSimulation(long seed, Mutant mutant) {
    this.mutant = mutant;
    random = new Random(seed * 7919 + 13);
    random.nextInt();
    limit = anyLimit(random.nextInt(3), SECOND * List.of(1, 2, 5).get(random.nextInt(3)));
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      nodes.add(new Node());
    }
    if (limit.rate().isPresent()) {
      rates.add(limit.rate().get().most());
    }
  }

  private Limit anyLimit(int kind, long per) {
    Limit any = Limit.none();
    if (kind != 1) {
      int calls = 4 + random.nextInt(60);
      any = any.rate(calls, Duration.ofNanos(per));
      any = random.nextInt(3) == 0 ? any.burst(1 + random.nextInt(3)) : any;
    }
    return kind != 0 ? any.running(1 + random.nextInt(12)) : any;
  }

  private void at(long time, Runnable step) {
    events.add(new Event(Math.max(now, time), order++, step));
  }

  private boolean isTroubled() {
    return now < CALM_FROM;
  }

  private boolean by(double chance) {
    return random.nextDouble() < chance;
  }

  private long between(long least, long most) {
    return least + (long) (random.nextDouble() * (most - least));
  }

  /** Of the database. */
  private Instant clock() {
    return START.plusNanos(now).plus(clockIsAhead).truncatedTo(ChronoUnit.MICROS);
  }

  // --- Script ---

  void run() {
    nodes.forEach(node -> at(between(0, SECOND), node::step));
    nodes.forEach(node -> at(0, node::renew));
    at(SECOND, this::trouble);
    at(0, this::reap);
    at(SETTLED_FROM, this::lookForFreePlaces);
    at(SETTLED_FROM, () -> nodes.forEach(node -> node.begunWhenSettled = node.begun));
    while (!events.isEmpty() && events.peek().at() < END) {
      Event event = events.remove();
      now = event.at();
      event.step().run();
    }
    checkEnd();
  }

  private void trouble() {
    if (!isTroubled()) {
      nodes.forEach(node -> node.recover(node == nodes.get(0) || !by(0.3)));
      heldUntil = null;
      return;
    }
    Node node = nodes.get(random.nextInt(nodes.size()));
    switch (random.nextInt(10)) {
      case 0, 1 -> node.pausedUntil = now + between(0, 8 * SECOND);
      case 2 -> node.die();
      case 3, 4 -> node.backlog = random.nextInt(40);
      case 5 -> changeLimit();
      case 6 -> setClockBack();
      case 7 -> heldUntil = clock().plusMillis(random.nextInt(2_000));
      default -> node.callNanos = between(5 * MILLI, 700 * MILLI);
    }
    at(now + between(0, 2 * SECOND), this::trouble);
  }

  private void changeLimit() {
    int kind = limit.rate().isEmpty() ? 1 : limit.running().isEmpty() ? 0 : 2;
    limit = anyLimit(kind, limit.rate().map(rate -> rate.per().toNanos()).orElse(SECOND));
    fitsIn = false;
    changed();
  }

  private void setClockBack() {
    clockIsAhead =
        clockIsAhead.minusNanos(by(0.5) ? between(0, 3 * SECOND) : between(0, 7_200 * SECOND));
    changed();
  }

  private void changed() {
    changes.add(now);
    limit.rate().ifPresent(rate -> rates.add(rate.most()));
  }

  private void reap() {
    for (long session : List.copyOf(expiries.keySet())) {
      if (expiries.get(session) + SECOND < now) {
        expiries.remove(session);
        if (mutant != Mutant.PERMITS_ARE_NOT_REAPED) {
          permits.remove(session);
        }
      }
    }
    at(now + SECOND / 4, this::reap);
  }

  // --- The store ---

  /** Empty if the session is fenced. */
  private @Nullable LimitAnswer ask(LimitAsk ask) {
    if (!expiries.containsKey(ask.session()) && mutant != Mutant.AN_ASK_WITHOUT_FENCE) {
      return null;
    }
    long before = slots();
    Decision decision =
        decide(new Asking.Row(limit, nextAt, heldUntil, Trial.NONE, 0), asStored(), numbered(ask));
    boolean isStored =
        mutant != Mutant.NEXT_IS_CORRECTED_AND_NOT_STORED || decision.answer().places() > 0;
    nextAt = isStored ? decision.row().nextAt() : nextAt;
    permits.put(ask.session(), decision.permit());
    if (limit.running().isPresent()) {
      int most = limit.running().getAsInt();
      require(slots() <= Math.max(before, most), "slots in all: %d of %d", slots(), most);
      fitsIn |= slots() <= most;
    }
    return decision.answer();
  }

  private long slots() {
    return permits.values().stream().mapToLong(Permit::slots).sum();
  }

  private LimitAsk numbered(LimitAsk ask) {
    return mutant == Mutant.NO_NUMBERS
        ? new LimitAsk(
            ask.session(),
            NAME,
            permits.containsKey(ask.session()) ? permits.get(ask.session()).asked() + 1 : 1,
            ask.places(),
            ask.wanted(),
            ask.running())
        : ask;
  }

  private Collection<Permit> asStored() {
    return mutant != Mutant.DEMAND_NEVER_LAPSES
        ? permits.values()
        : permits.values().stream()
            .map(p -> with(p, p.slots(), Math.max(1, p.wanted()), p.turnAt(), clock()))
            .toList();
  }

  private static Permit with(
      Permit p, int slots, int wanted, @Nullable Instant turnAt, Instant askedAt) {
    return new Permit(
        p.session(), p.asked(), slots, wanted, p.since(), turnAt, askedAt, Attempts.NONE);
  }

  private Decision decide(Asking.Row row, Collection<Permit> stored, LimitAsk ask) {
    Decision decided = new Broken(row, stored, ask, clock()).decide();
    Permit permit = decided.permit();
    LimitAnswer answer = decided.answer();
    return switch (mutant) {
      case THE_TARGET_IS_RAISED_TO_WHAT_RUNS ->
          new Decision(
              given(answer, Math.max(answer.target(), ask.running()), answer.places()),
              decided.row(),
              permit,
              null);
      case LESS_IS_STORED_THAN_RUNS ->
          new Decision(
              answer,
              decided.row(),
              limit.running().isEmpty()
                  ? permit
                  : with(permit, answer.target(), permit.wanted(), permit.turnAt(), clock()),
              null);
      case A_TURN_COUNTS_FROM_THE_WAIT ->
          new Decision(
              answer,
              decided.row(),
              permit.turnAt() == null
                  ? permit
                  : with(permit, permit.slots(), permit.wanted(), permit.since(), clock()),
              null);
      case A_FIXED_WINDOW -> new Decision(ofWindow(answer, ask), decided.row(), permit, null);
      default -> decided;
    };
  }

  private static LimitAnswer given(LimitAnswer answer, int target, int places) {
    return new LimitAnswer(
        answer.limit(),
        target,
        places,
        answer.firstNanos(),
        answer.gapNanos(),
        answer.validNanos(),
        answer.nextIn(),
        answer.heldFor(),
        answer.trial(),
        answer.calls(),
        answer.revision());
  }

  /** So many in each window of the clock, whenever they like. */
  private LimitAnswer ofWindow(LimitAnswer answer, LimitAsk ask) {
    if (limit.rate().isEmpty()) {
      return answer;
    }
    Rate rate = limit.rate().get();
    long present = now / rate.per().toNanos();
    windowCount = present == window ? windowCount : 0;
    window = present;
    int places = Math.min(ask.places(), rate.most() - windowCount);
    windowCount += Math.max(0, places);
    return new LimitAnswer(
        limit,
        answer.target(),
        Math.max(0, places),
        0,
        0,
        SECOND / 20,
        Duration.ofMillis(20),
        answer.heldFor(),
        answer.trial(),
        answer.calls(),
        answer.revision());
  }

  private final class Broken extends Asking {
    private final LimitAsk asked;

    Broken(Row row, Collection<Permit> permits, LimitAsk ask, Instant now) {
      super(row, permits, ask, now);
      asked = ask;
    }

    @Override
    Instant cut(Instant time) {
      return mutant == Mutant.TIMES_STAY_AHEAD_OF_THE_CLOCK ? time : super.cut(time);
    }

    @Override
    long gap(long per, long slack, int places) {
      return super.gap(per, mutant == Mutant.NO_SLACK ? 0 : slack, places);
    }

    @Override
    long corrected(long next, long gap) {
      return mutant == Mutant.NEXT_IS_NOT_CORRECTED ? next : super.corrected(next, gap);
    }

    @Override
    int part(Permit me, List<Permit> line, int most) {
      return mutant == Mutant.NO_LINE ? asked.wanted() : super.part(me, line, most);
    }
  }

  // --- A node ---

  private final class Node {
    private long session = open();
    private long renewedAt;
    private long pausedUntil;
    private int backlog = 1_000_000;
    private long callNanos = between(5 * MILLI, 300 * MILLI);
    private final int workers = 1 + random.nextInt(16);
    private int running;
    private int begun;
    private int begunWhenSettled;

    private int target;
    private int reported;
    private int wantedThen;
    private long number;
    private long newest;
    private boolean isAsking;
    private long sentAt = -SECOND;
    private long nextIn;
    private long lastAnswered;
    private final List<Place> places = new ArrayList<>();

    private long open() {
      expiries.put(++lastSession, now + EXPIRY);
      return lastSession;
    }

    /** A new session: what the last one had, and what still runs for it, is no part of it. */
    private void takeSession() {
      session = open();
      renewedAt = now;
      running = 0;
      target = 0;
      reported = 0;
      wantedThen = 0;
      isAsking = false;
      newest = number + 1;
      places.clear();
    }

    /** And another process takes its place. */
    private void die() {
      takeSession();
      number = 0;
      newest = 0;
      pausedUntil = now + between(0, SECOND);
    }

    private void recover(boolean withWork) {
      pausedUntil = now;
      backlog = withWork ? 1_000_000 : 0;
      callNanos = between(5 * MILLI, 300 * MILLI);
      nextIn = 0; // it learns that nothing is held
    }

    private boolean hasWork() {
      return backlog > 0;
    }

    private boolean isPaused() {
      return now < pausedUntil;
    }

    void renew() {
      if (!isPaused()) {
        if (expiries.containsKey(session)) {
          expiries.put(session, now + EXPIRY);
          renewedAt = now;
        } else {
          takeSession();
        }
      }
      at(now + SECOND, this::renew);
    }

    void step() {
      if (!isPaused()) {
        begin();
        askIfDue();
      }
      at(now + between(10 * MILLI, LONGEST_STEP), this::step);
    }

    private int ceiling() {
      if (limit.running().isEmpty()) {
        return Integer.MAX_VALUE;
      }
      boolean isBound = isAsking && mutant != Mutant.NO_CEILING_WHILE_AN_ASK_IS_UNDER_WAY;
      return isBound ? Math.min(reported, target) : target;
    }

    private void begin() {
      places.removeIf(place -> place.until() < now);
      while (backlog > 0
          && running < Math.min(workers, ceiling())
          && now < renewedAt + EXPIRY
          && target > 0
          && takePlace()) {
        backlog--;
        running++;
        begun++;
        long of = session;
        at(
            now + callNanos,
            () -> {
              if (session == of) {
                running--;
              }
            });
        seeBegin(this);
      }
    }

    private boolean takePlace() {
      if (limit.rate().isEmpty()) {
        return true;
      }
      boolean isOpen = !places.isEmpty() && places.get(0).from() <= now;
      if (isOpen) {
        places.remove(0);
      }
      return isOpen;
    }

    private int lacking() {
      if (limit.rate().isEmpty()) {
        return 0;
      }
      double each = (double) callNanos / Math.max(1, Math.min(workers, target));
      double gap = (double) limit.rate().get().per().toNanos() / limit.rate().get().most();
      int most = (int) (Asking.AHEAD / Math.max(each, gap) + 1);
      int desired = Math.min(backlog, most);
      return places.size() * 2 <= desired ? desired - places.size() : 0;
    }

    private void askIfDue() {
      int wanted = Math.min(workers, backlog + running);
      boolean wants = wanted > 0 || wantedThen > 0 || isAsking;
      long pause = isAsking ? SECOND / 2 : lacking() > 0 && lastAnswered > 0 ? 0 : nextIn;
      boolean mayGiveBack = !isAsking && running <= target && reported > target;
      if (wants && now - sentAt >= Math.max(SECOND / 10, mayGiveBack ? 0 : pause)) {
        send(wanted);
      }
    }

    private void send(int wanted) {
      isAsking = true;
      reported = running;
      wantedThen = wanted;
      sentAt = now;
      newest = ++number;
      LimitAsk ask = new LimitAsk(session, NAME, number, lacking(), wanted, running);
      long sent = now;
      if (!isTroubled() || !by(0.1)) {
        at(now + delay(), () -> arrive(ask, sent));
      }
      if (isTroubled() && by(0.1)) {
        at(now + between(0, 9 * SECOND), () -> arrive(ask, sent));
      }
    }

    private long delay() {
      return isTroubled() && by(0.05) ? between(0, 2 * SECOND) : between(MILLI / 10, 20 * MILLI);
    }

    private void arrive(LimitAsk ask, long sent) {
      LimitAnswer answer = ask(ask);
      if (answer != null && (!isTroubled() || !by(0.1))) {
        at(now + delay(), () -> receive(ask, answer, sent));
      }
    }

    private void receive(LimitAsk ask, LimitAnswer answer, long sent) {
      if (isPaused()) {
        at(pausedUntil, () -> receive(ask, answer, sent));
        return;
      }
      boolean counts = ask.number() == newest || mutant == Mutant.AN_OLDER_ANSWER_COUNTS;
      if (ask.session() != session || !counts) {
        return;
      }
      isAsking = false;
      settledTurns += now >= SETTLED_FROM && target == 0 && answer.target() > 0 ? 1 : 0;
      target = answer.target();
      lastAnswered = answer.places();
      nextIn = answer.nextIn().toNanos();
      if (heldUntil == null && !answer.heldFor().isZero()) {
        nextIn = 0; // it was released meanwhile, of which it learns
      }
      if (limit.rate().isPresent() && answer.limit().rate().isPresent()) {
        for (int i = 0; i < answer.places(); i++) {
          long offset = answer.firstNanos() + i * answer.gapNanos();
          places.add(
              new Place(
                  mutant == Mutant.CALLS_BEGIN_ON_RECEIPT ? now : now + offset,
                  mutant == Mutant.PLACES_DO_NOT_LAPSE
                      ? Long.MAX_VALUE
                      : sent + offset + answer.validNanos()));
        }
      }
    }
  }

  // --- What must hold ---

  private int runs() {
    return nodes.stream()
        .filter(node -> expiries.containsKey(node.session))
        .mapToInt(node -> node.running)
        .sum();
  }

  private void seeBegin(Node node) {
    require(expiries.containsKey(node.session), "a session begins that is gone");
    if (limit.running().isPresent() && fitsIn) {
      int most = limit.running().getAsInt();
      require(runs() <= most, "calls that run: %d of %d", runs(), most);
    }
    if (limit.rate().isPresent()) {
      long per = limit.rate().get().per().toNanos();
      begins.add(now);
      while (begins.getFirst() <= now - per) {
        begins.removeFirst();
      }
      int most = mostBegins(per);
      require(begins.size() <= most, "begins in a window: %d of %d", begins.size(), most);
    }
    settledBegins += now >= SETTLED_FROM ? 1 : 0;
  }

  /** With a change in the window, or among its places, what each of the limits allows. */
  private int mostBegins(long per) {
    int most = rates.get(rates.size() - 1);
    for (int i = changes.size() - 1; i >= 0 && changes.get(i) > now - 3 * per - SECOND; i--) {
      most += rates.get(i);
    }
    return most;
  }

  private void lookForFreePlaces() {
    if (limit.running().isEmpty() || limit.rate().isPresent()) {
      return;
    }
    int most = nodes.stream().filter(Node::hasWork).mapToInt(node -> node.workers).sum();
    int given = nodes.stream().mapToInt(node -> node.target).sum();
    if (given >= Math.min(most, limit.running().getAsInt())) {
      freeSince = Long.MAX_VALUE;
    } else {
      freeSince = Math.min(freeSince, now);
      longestFree = Math.max(longestFree, now - freeSince);
    }
    at(now + SECOND / 20, this::lookForFreePlaces);
  }

  private void checkEnd() {
    require(expiries.keySet().containsAll(permits.keySet()), "a permit of a session that is gone");
    require(longestFree < 3 * SECOND, "a place was free for %d ns", longestFree);
    double perNode = limit.rate().isEmpty() ? 100 : (END - SETTLED_FROM) / gap() / nodes.size();
    for (Node node : nodes) {
      require(
          !node.hasWork() || perNode < 10 || node.begun > node.begunWhenSettled,
          "a node with work begins nothing");
    }
    if (limit.running().isEmpty()) {
      checkRate();
    } else if (limit.rate().isEmpty() && limit.running().getAsInt() < nodes.size()) {
      checkTurns();
    }
  }

  private void checkRate() {
    double gap = gap();
    double byNodes =
        nodes.stream()
            .filter(Node::hasWork)
            .mapToDouble(n -> (double) n.workers / n.callNanos)
            .sum();
    if (byNodes < 2 / gap) {
      return; // workers that are always busy let places lapse
    }
    double most = (END - SETTLED_FROM) / gap;
    require(settledBegins > 0.75 * most, "begun: %d of %s", settledBegins, most);
  }

  private double gap() {
    Rate rate = limit.rate().orElseThrow();
    long slack = Asking.slack(rate.per().toNanos());
    return (double) (rate.per().toNanos() + slack) / (rate.most() - limit.burst() + 1);
  }

  private void checkTurns() {
    List<Long> times =
        nodes.stream()
            .filter(Node::hasWork)
            .map(n -> (n.begun - n.begunWhenSettled) * Math.max(n.callNanos, LONGEST_STEP))
            .sorted()
            .toList();
    long most = 2L * limit.running().getAsInt() * (END - SETTLED_FROM) / SECOND;
    require(settledTurns <= most, "turns: %d, and not %d", settledTurns, most);
    require(times.get(times.size() - 1) < 6 * times.get(0), "unfair: %s", times);
  }

  @SuppressWarnings("AnnotateFormatMethod") // it is called from here only
  private static void require(boolean holds, String what, Object... values) {
    if (!holds) {
      throw new AssertionError(what.formatted(values));
    }
  }
}
