package org.batchengine.engine.limit;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.UUID;
import org.batchengine.engine.loop.Signal;
import org.batchengine.feed.EventKind;
import org.batchengine.limit.Limit;
import org.batchengine.limit.Limit.Breaker;
import org.batchengine.model.BatchId;
import org.batchengine.store.Attempts;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.batchengine.store.rules.Asking;
import org.batchengine.store.rules.Asking.Decision;
import org.batchengine.store.rules.Asking.Trial;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that share a breaker, in virtual time: first with trouble, then without, and at last with a
 * provider that is down. What the engine and the store decide is their own; a seed decides what
 * goes wrong. Time is in nanoseconds from the start.
 */
final class BreakerSimulation {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final long CALM_FROM = 100 * SECOND;

  /** The longest hold, twice for a clock that was set back, and calls that are given out again. */
  private static final long HEALED_WITHIN = 1_400 * SECOND;

  private static final long EXPIRY = 4 * SECOND;
  private static final long TIMEOUT = 5 * SECOND;
  private static final Duration PATIENCE = Duration.ofNanos(TIMEOUT + 2 * EXPIRY);
  private static final Instant START = Instant.parse("2026-11-01T12:00:00Z");
  private static final String TYPE = "send";
  private static final LimitName NAME = LimitName.ofType(TYPE);

  static final BatchHeader BATCH =
      new BatchHeader(
          1,
          BatchId.of(new UUID(0, 1)),
          TYPE,
          "t",
          null,
          5,
          "null",
          null,
          null,
          null,
          "json",
          "json",
          false,
          null,
          null,
          1_000_000,
          10,
          0,
          null,
          null,
          null);

  /** A rule that is broken. */
  enum Mutant {
    NONE,
    NO_REST_OF_A_FULL_WINDOW,
    TRIAL_CALLS_ARE_NOT_GIVEN_OUT_AGAIN,
    TRIAL_CALLS_ARE_NOT_COUNTED,
    NO_TRIAL,
    ATTEMPTS_FROM_BEFORE_IT_TRIPPED_COUNT,
    WHAT_WAS_TOLD_COUNTS_FOR_EVER,
    A_CLOCK_SET_BACK_HOLDS_FOR_LONGER,
    A_TRIAL_IS_NEVER_TOLD_OF
  }

  private record Event(long at, long order, Runnable step) {}

  private final Random random;
  private final Mutant mutant;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private long order;
  private long now;
  private Duration clockIsAhead = Duration.ZERO;
  private boolean isOver;

  // The store.
  private final Breaker breaker;
  private final Limit limit;
  private Asking.Row row;
  private final Map<Long, Asking.Permit> permits = new HashMap<>();
  private final Map<Long, Long> expiries = new HashMap<>();
  private long lastSession;

  // The provider, and what is seen.
  private final List<Node> nodes = new ArrayList<>();
  private boolean isDown;
  private long healedAt = Long.MAX_VALUE;
  private long lastOutageAt = Long.MAX_VALUE;
  private int trippedInLastOutage;
  private int failuresWhileClosed;
  private int deaths;
  private int closings;
  private int failuresInTrial;
  private int begunInTrial;
  private long trialSince;
  private long clockWasSetAt = -HEALED_WITHIN;
  private long trippedAt = -HEALED_WITHIN;
  private long heldNanos;

  BreakerSimulation(long seed, Mutant mutant) {
    this.mutant = mutant;
    random = new Random(seed * 7919 + 13);
    random.nextInt();
    breaker =
        new Breaker(List.of(0.3, 0.5, 0.8, 1.0).get(random.nextInt(4)), 5 + random.nextInt(46));
    limit = Limit.none().breaker(breaker.share(), breaker.ofLast());
    row = new Asking.Row(limit, null, null, Trial.NONE, 1);
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      nodes.add(new Node());
    }
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

  private Instant clock() {
    return START.plusNanos(now).plus(clockIsAhead).truncatedTo(ChronoUnit.MICROS);
  }

  // --- Script ---

  void run() {
    nodes.forEach(node -> at(between(0, SECOND), node::step));
    nodes.forEach(node -> at(0, node::renew));
    at(SECOND, this::trouble);
    at(0, this::reap);
    while (!isOver) {
      Event event = events.remove();
      now = event.at();
      event.step().run();
    }
  }

  private void trouble() {
    if (!isTroubled()) {
      isDown = false;
      nodes.forEach(node -> node.recover(node == nodes.get(0) || !by(0.3)));
      at(now + 10 * SECOND, this::awaitHealing);
      return;
    }
    Node node = nodes.get(random.nextInt(nodes.size()));
    switch (random.nextInt(8)) {
      case 0 -> node.pausedUntil = now + between(0, 8 * SECOND);
      case 1 -> node.die();
      case 2 -> node.backlog = random.nextInt(40);
      case 3 -> setClockBack();
      case 4, 5 -> goDown();
      default -> node.callNanos = between(5 * MILLI, 700 * MILLI);
    }
    at(now + between(0, 4 * SECOND), this::trouble);
  }

  private void setClockBack() {
    clockIsAhead =
        clockIsAhead.minusNanos(by(0.5) ? between(0, 3 * SECOND) : between(0, 7_200 * SECOND));
    clockWasSetAt = now;
  }

  private void goDown() {
    if (!isDown) {
      isDown = true;
      forgetFailures();
      at(now + between(0, 40 * SECOND), () -> isDown = false);
    }
  }

  private void forgetFailures() {
    failuresWhileClosed = 0;
    closings = 0;
    deaths = 0;
  }

  private void awaitHealing() {
    require(now < CALM_FROM + HEALED_WITHIN, "it does not close");
    if (row.trial().isClosed()) {
      healedAt = now;
      at(now + 60 * SECOND, () -> nodes.forEach(node -> node.begun = 0));
      at(now + 63 * SECOND, () -> nodes.get(nodes.size() - 1).leaveTheOthersAlone());
      at(now + 70 * SECOND, this::lastOutage);
    } else {
      at(now + SECOND, this::awaitHealing);
    }
  }

  private void lastOutage() {
    nodes.forEach(node -> node.requireWork(10 * SECOND));
    lastOutageAt = now;
    isDown = true;
    forgetFailures();
    at(now + 100 * SECOND, () -> require(trippedInLastOutage > 0, "it does not trip"));
  }

  private void recoverFromLastOutage() {
    at(now + 5 * SECOND, () -> isDown = false);
    at(now + 50 * SECOND, () -> require(row.trial().isClosed(), "it does not close soon"));
    at(now + 50 * SECOND, () -> nodes.forEach(node -> node.begun = 0));
    at(
        now + 60 * SECOND,
        () -> {
          nodes.forEach(node -> node.requireWork(10 * SECOND));
          isOver = true;
        });
  }

  private void reap() {
    for (long session : List.copyOf(expiries.keySet())) {
      if (expiries.get(session) + SECOND < now) {
        expiries.remove(session);
        permits.remove(session);
      }
    }
    at(now + SECOND / 4, this::reap);
  }

  // --- The store ---

  private @Nullable LimitAnswer ask(LimitAsk ask) {
    if (!expiries.containsKey(ask.session())) {
      return null;
    }
    Asking.Row before = row;
    Decision decision = Asking.decide(broken(row), stored(), broken(ask), clock());
    row = decision.row();
    permits.put(ask.session(), decision.permit());
    if (mutant == Mutant.TRIAL_CALLS_ARE_NOT_COUNTED && !row.trial().isClosed()) {
      Trial trial = row.trial();
      row = with(new Trial(trial.number(), trial.trips(), 3, trial.at()), row.heldUntil());
    }
    if (mutant == Mutant.A_CLOCK_SET_BACK_HOLDS_FOR_LONGER
        && before.trial().number() == row.trial().number()
        && !row.trial().isClosed()) {
      row =
          with(
              new Trial(
                  row.trial().number(),
                  row.trial().trips(),
                  row.trial().left(),
                  before.trial().at()),
              before.heldUntil());
    }
    Asking.Event event = decision.event();
    if (event != null) {
      seeEvent(event.kind(), before);
    }
    return decision.answer();
  }

  private Asking.Row with(Trial trial, @Nullable Instant heldUntil) {
    return new Asking.Row(limit, row.nextAt(), heldUntil, trial, row.revision());
  }

  private Asking.Row broken(Asking.Row stored) {
    Instant heldUntil = stored.heldUntil();
    boolean isHeld = heldUntil != null && heldUntil.isAfter(clock());
    return mutant == Mutant.NO_TRIAL && !isHeld ? with(stored.trial().closed(), heldUntil) : stored;
  }

  private LimitAsk broken(LimitAsk ask) {
    Attempts told = ask.attempts();
    Duration patience = ask.patience();
    switch (mutant) {
      case TRIAL_CALLS_ARE_NOT_GIVEN_OUT_AGAIN -> patience = Duration.ofDays(1);
      case ATTEMPTS_FROM_BEFORE_IT_TRIPPED_COUNT ->
          told =
              new Attempts(row.trial().number(), told.count(), told.failed(), told.fingerprint());
      case A_TRIAL_IS_NEVER_TOLD_OF -> told = row.trial().isClosed() ? told : Attempts.NONE;
      default -> {}
    }
    return new LimitAsk(
        ask.session(),
        NAME,
        ask.number(),
        ask.places(),
        ask.wanted(),
        ask.running(),
        told,
        patience);
  }

  private Collection<Asking.Permit> stored() {
    return mutant != Mutant.WHAT_WAS_TOLD_COUNTS_FOR_EVER
        ? permits.values()
        : permits.values().stream()
            .map(
                p ->
                    new Asking.Permit(
                        p.session(),
                        p.asked(),
                        p.slots(),
                        p.wanted(),
                        p.since(),
                        p.turnAt(),
                        clock(),
                        p.attempts()))
            .toList();
  }

  // --- A node ---

  private final class Node implements Allowances.Waiting {
    private long session = open();
    private Allowances allowances = fresh();
    private long renewedAt;
    private long pausedUntil;
    private int backlog = 1_000_000;
    private long callNanos = between(5 * MILLI, 300 * MILLI);
    private final int workers = 1 + random.nextInt(8);
    private int running;
    private int begun;
    private boolean isToldClosed;

    private long open() {
      expiries.put(++lastSession, now + EXPIRY);
      return lastSession;
    }

    private Allowances fresh() {
      Allowances none = new Allowances(new Signal(), () -> 0);
      none.changed(List.of(new StoredLimit(NAME, limit, Duration.ZERO, 1)), 1);
      return none;
    }

    /** Another process takes its place. */
    private void die() {
      deaths++;
      session = open();
      renewedAt = now;
      allowances = fresh();
      running = 0;
      isToldClosed = false;
      pausedUntil = now + between(0, SECOND);
    }

    private void recover(boolean withWork) {
      pausedUntil = now;
      backlog = withWork ? 1_000_000 : 0;
      callNanos = between(5 * MILLI, 300 * MILLI);
    }

    /** It has done well, and does nothing any more. */
    private void leaveTheOthersAlone() {
      backlog = nodes.size() == 1 ? backlog : 0;
    }

    private boolean isPaused() {
      return now < pausedUntil;
    }

    void renew() {
      if (!isPaused()) {
        if (expiries.containsKey(session)) {
          expiries.put(session, now + EXPIRY);
        } else {
          session = open();
          allowances.forget(now);
          deaths++;
        }
        renewedAt = now;
      }
      at(now + SECOND, this::renew);
    }

    void step() {
      if (!isPaused()) {
        begin();
        LimitAsk ask = allowances.ask(session, this, now);
        if (ask != null) {
          send(ask);
        }
      }
      boolean rests = running == 0 && allowances.open(BATCH, now) == 0;
      at(now + (rests ? 100 * MILLI : between(10 * MILLI, 30 * MILLI)), this::step);
    }

    private void begin() {
      while (backlog > 0 && running < workers && now < renewedAt + EXPIRY) {
        Permit permit = allowances.take(BATCH, 1, now);
        if (permit == null && mutant == Mutant.NO_REST_OF_A_FULL_WINDOW && isToldClosed) {
          permit = Permit.NONE;
        }
        if (permit == null || !permit.mayBegin(now)) {
          return;
        }
        call(permit);
      }
    }

    private void call(Permit permit) {
      backlog--;
      running++;
      begun++;
      seeBegin(this);
      boolean fails = isDown;
      boolean isOfATrial = !row.trial().isClosed() && permit != Permit.NONE;
      seeCall(fails);
      String end = fails ? "down" : by(0.02) && !isOfATrial ? "odd-" + order : "";
      Allowances of = allowances;
      boolean hangs = isTroubled() && isOfATrial && by(0.1);
      at(
          now + (hangs ? TIMEOUT : callNanos),
          () -> {
            if (of == allowances) {
              running--;
              permit.ended(List.of(end));
              permit.release();
            }
          });
    }

    private void send(LimitAsk ask) {
      Allowances of = allowances;
      if (!isTroubled() || !by(0.1)) {
        at(now + delay(), () -> arrive(ask, of));
      }
      if (isTroubled() && by(0.1)) {
        at(now + between(0, 9 * SECOND), () -> arrive(ask, of));
      }
    }

    private long delay() {
      return isTroubled() && by(0.05) ? between(0, 2 * SECOND) : between(MILLI / 10, 20 * MILLI);
    }

    private void arrive(LimitAsk ask, Allowances of) {
      LimitAnswer answer = BreakerSimulation.this.ask(ask);
      if (answer != null && (!isTroubled() || !by(0.1))) {
        at(now + delay(), () -> receive(ask, answer, of));
      }
    }

    private void receive(LimitAsk ask, LimitAnswer answer, Allowances of) {
      if (isPaused()) {
        at(pausedUntil, () -> receive(ask, answer, of));
      } else if (of == allowances && ask.session() == session) {
        allowances.answered(ask, answer, now);
        isToldClosed = answer.calls() == Integer.MAX_VALUE;
      }
    }

    /** While all is well a breaker holds nobody back. */
    void requireWork(long time) {
      double most = (double) workers * time / (callNanos + 40 * MILLI);
      require(backlog == 0 || begun >= most / 2, "a node has begun %d of %s", begun, most);
      begun = 0;
    }

    // What waits.

    @Override
    public List<Part> parts(String type) {
      return List.of(new Part(BATCH, backlog));
    }

    @Override
    public int workers(String type) {
      return workers;
    }

    @Override
    public double nanosBetween(String type) {
      return (double) callNanos / workers;
    }

    @Override
    public Duration patience(String type) {
      return PATIENCE;
    }

    @Override
    public Collection<String> types() {
      return List.of(TYPE);
    }
  }

  // --- What must hold ---

  private void seeEvent(EventKind kind, Asking.Row before) {
    if (kind == EventKind.BREAKER_CLOSED) {
      closings++;
      require(begunInTrial > 0, "a trial of which no call has begun has ended");
      nodes.forEach(node -> node.begun = 0);
      return;
    }
    require(
        before.trial().isClosed() || failuresInTrial > 0, "a trial of which no call failed trips");
    require(now < healedAt || now >= lastOutageAt, "it trips though all is well");
    if (now >= lastOutageAt) {
      require(++trippedInLastOutage == 1, "it trips again though all is well");
      recoverFromLastOutage();
    }
    trippedAt = now;
    heldNanos = Duration.between(clock(), row.heldUntil()).toNanos();
    trialSince = now + heldNanos;
    failuresInTrial = 0;
    begunInTrial = 0;
  }

  private void seeBegin(Node node) {
    boolean wasClockSet = clockWasSetAt >= trippedAt;
    boolean isHeld = now > trippedAt + 3 * SECOND && now < trippedAt + heldNanos;
    require(wasClockSet || !isHeld || row.trial().isClosed(), "a call begins while it is held");
    require(expiries.containsKey(node.session), "a session begins that is gone");
  }

  private void seeCall(boolean fails) {
    boolean isClosed = row.trial().isClosed();
    boolean isTrial = !isClosed && now >= trialSince;
    failuresInTrial += isTrial && fails ? 1 : 0;
    if (isTrial) {
      begunInTrial++;
      long most = Breaker.TRIAL_CALLS * (1 + (now - trialSince) / PATIENCE.toNanos());
      require(begunInTrial <= most, "calls of a trial: %d of %d", begunInTrial, most);
    } else if (fails) {
      failuresWhileClosed++;
      int workers = nodes.stream().mapToInt(node -> node.workers).sum();
      int ofAll = 2 * (nodes.size() * breaker.ofLast() + workers);
      int most = ofAll * (1 + closings) + deaths * (breaker.ofLast() + 8);
      require(failuresWhileClosed <= most, "failures: %d of %d", failuresWhileClosed, most);
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // it is called from here only
  private static void require(boolean holds, String what, Object... values) {
    if (!holds) {
      throw new AssertionError(what.formatted(values));
    }
  }
}
