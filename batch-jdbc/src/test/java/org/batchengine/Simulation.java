package org.batchengine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.SimulatedBatch.Shape;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.Settlement;
import org.jspecify.annotations.Nullable;

/**
 * Some nodes with real engines on one store, driven from one thread on a virtual clock, in an order
 * and with faults that a seed gives. First anything may happen; then nothing goes wrong any more,
 * and every batch must end by itself within a bounded time (I8). {@link SimulationWatch} looks
 * after every verb.
 *
 * <p>A call that hangs is under way on this thread's stack: it makes the simulation go on from
 * where it is, and returns when its time has come, or its node is gone. So of calls that hang the
 * one that began last ends first; its engine sees nothing of that.
 */
public final class Simulation {
  static final Instant START = Instant.parse("2026-11-01T12:00:00Z");
  static final Duration EXPIRY = Duration.ofSeconds(6);
  static final Duration POLL = Duration.ofSeconds(1);
  static final Duration TIMEOUT = Duration.ofMillis(2_500);
  static final Duration GRACE = Duration.ofSeconds(1);
  static final int RETRIES = 2;

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
  private static final int MOST_NODES = 3;

  /** How many calls hang at a time: each that hangs has those that began later on its stack. */
  static final int MOST_HANGING = 3;

  /** A bound for loops that find work without end. */
  private static final int MOST_PASSES = 20_000;

  private static final String REPLAY =
      "replay it with: mvn test -pl batch-jdbc -am -Dtest=SimulationTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dsimulation.from=%d -Dsimulation.seeds=1";

  private final long seed;
  private final SimulatedStore ground;
  private final int checkEvery;
  private final @Nullable List<String> trace;
  private final Random random;
  private final SimulationWatch watch;
  private final SimulatedEnds ends;
  private final SimulatedHosts hosts;
  private final SimulatedLocks locks;
  private final SimulatedLimits limits;
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final List<Settlement> stuck = new ArrayList<>();
  private final int acts;
  private final int steps;
  private final int lossRate;
  private final int mischief;
  private Phase phase = Phase.TROUBLE;
  private int act;
  private int step;
  private long elapsed;
  private long awayUntil;
  private Duration wentBack = Duration.ZERO;
  private int started;
  private int calls;
  private boolean isWaiting;
  private final Deque<Long> hanging = new ArrayDeque<>();
  private @Nullable AssertionError violated;

  // Of the phase in which nothing goes wrong.
  private long calmFrom;
  private long spentInCalls;
  private int deaths;
  private int passes;
  private long lastDeath;
  private boolean leftToSweep;
  private boolean allEnded;

  private enum Phase {
    TROUBLE,
    CALM,
    OVER
  }

  private Simulation(long seed, SimulatedStore ground, int checkEvery, boolean traced) {
    this.seed = seed;
    this.ground = ground;
    this.checkEvery = checkEvery;
    this.trace = traced ? new ArrayList<>() : null;
    // Seeds that follow each other begin alike.
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    this.watch = new SimulationWatch(this, ground);
    this.ends = new SimulatedEnds(this);
    this.hosts = new SimulatedHosts(this, random, seed);
    this.locks = new SimulatedLocks(this, random);
    this.limits = new SimulatedLimits(this);
    this.acts = random.nextInt(4) == 0 ? 2 : 1;
    this.steps = 20 + random.nextInt(120);
    this.lossRate = List.of(0, 20, 80, 160).get(random.nextInt(4));
    this.mischief = List.of(0, 10, 40, 60).get(random.nextInt(4));
  }

  /**
   * Runs a seed.
   *
   * @param checkEvery after how many verbs the rows are looked through
   * @throws AssertionError if something does not hold; with a trace, for which the seed is run
   *     again
   */
  public static void run(long seed, Supplier<SimulatedStore> stores, int checkEvery) {
    try {
      runOnce(seed, stores, checkEvery, false);
    } catch (AssertionError first) {
      runOnce(seed, stores, checkEvery, true);
      throw new AssertionError("seed " + seed + " fails, but not each time", first);
    }
  }

  /** Runs a seed, and returns what happened, step by step. */
  public static List<String> traceOf(long seed, Supplier<SimulatedStore> stores) {
    return runOnce(seed, stores, 1, true);
  }

  /** Runs a seed, and says what does not hold; empty if all does. */
  public static String violation(long seed, Supplier<SimulatedStore> stores) {
    try {
      runOnce(seed, stores, 1, false);
      return "";
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static List<String> runOnce(
      long seed, Supplier<SimulatedStore> stores, int checkEvery, boolean traced) {
    try (SimulatedStore ground = stores.get()) {
      Simulation simulation = new Simulation(seed, ground, checkEvery, traced);
      simulation.run();
      return simulation.trace == null ? List.of() : simulation.trace;
    }
  }

  private void run() {
    int size = 1 + random.nextInt(MOST_NODES);
    for (int i = 0; i < size; i++) {
      nodes.add(node());
    }
    try {
      hosts.submit(pick(nodes));
      goOnWhile(() -> true, Long.MAX_VALUE);
    } catch (RuntimeException e) {
      throw violated("a verb threw", e);
    } finally {
      nodes.forEach(SimulatedNode::disconnect);
    }
    if (violated != null) {
      throw violated;
    }
  }

  /** Goes on until the condition does not hold any more, or the run is over. */
  void goOnWhile(BooleanSupplier condition, long until) {
    hanging.addLast(until);
    while (phase != Phase.OVER && violated == null && condition.getAsBoolean()) {
      if (phase == Phase.CALM) {
        settleDown();
      } else if (step++ < steps) {
        step();
      } else {
        calmDown();
      }
    }
    hanging.removeLast();
  }

  // --- What the others ask ---

  long seed() {
    return seed;
  }

  SimulatedStore ground() {
    return ground;
  }

  SimulationWatch watch() {
    return watch;
  }

  SimulatedEnds ends() {
    return ends;
  }

  SimulatedLimits limits() {
    return limits;
  }

  SimulatedLocks locks() {
    return locks;
  }

  /** Nanoseconds since the beginning. */
  long elapsed() {
    return elapsed;
  }

  int checkEvery() {
    return checkEvery;
  }

  /** How many of a thousand calls are lost. */
  int lossRate() {
    return lossRate;
  }

  /** Whether nothing goes wrong any more. */
  boolean isCalm() {
    return phase == Phase.CALM;
  }

  boolean isOver() {
    return phase == Phase.OVER || violated != null;
  }

  /** Whether the store is away. */
  boolean isAway() {
    return elapsed < awayUntil;
  }

  /** Whether others go on while a call of the store is under way. */
  boolean isWaiting() {
    return isWaiting;
  }

  /** How many calls hang. */
  int hanging() {
    return hanging.size() - 1;
  }

  int nextCall() {
    return ++calls;
  }

  /** Time passes, as it does in a call of host code. */
  void takeTime(Random dice) {
    Duration time = SimulatedCode.time(dice);
    spentInCalls += time.toNanos();
    pass(time);
  }

  private void pass(Duration time) {
    elapsed += time.toNanos();
    ground.move(time);
  }

  /** Host code has heard something, on a thread that serves nothing else. */
  void listens(SimulatedNode node) {
    boolean mayHang = !isCalm() && !isWaiting && hanging() < MOST_HANGING;
    if (random.nextInt(40) == 0 && mayHang && !node.parts.closing.get()) {
      long until =
          random.nextInt(4) == 0 ? Long.MAX_VALUE : elapsed + random.nextLong(2 * EXPIRY.toNanos());
      trace(() -> "  the host of " + node.name + " hangs" + until(until));
      goOnWhile(() -> !node.isDead() && elapsed < until, until);
      trace(() -> "  the host of " + node.name + " hangs no more");
    }
    if (random.nextInt(20) == 0) {
      throw new IllegalStateException("a listener's own");
    }
  }

  /** What ends with a session nobody looks at but the sweep. */
  void leftToSweep() {
    leftToSweep = true;
  }

  /** A copy of what is lost here may arrive at any time. */
  void late(Settlement settlement) {
    stuck.add(settlement);
  }

  void trace(Supplier<String> line) {
    if (trace != null) {
      trace.add(seconds(elapsed) + " " + line.get());
    }
  }

  static String until(long nanos) {
    return nanos == Long.MAX_VALUE ? "" : " until " + seconds(nanos);
  }

  static String seconds(long nanos) {
    return Duration.ofNanos(nanos).toMillis() / 1000.0 + " s";
  }

  /** The run is over: this does not hold. An engine may catch it; the first one counts. */
  AssertionError violated(String what, @Nullable Throwable cause) {
    if (violated == null) {
      String lines =
          trace == null ? "" : "\n" + REPLAY.formatted(seed) + "\n" + String.join("\n", trace);
      violated = new AssertionError("seed " + seed + ": " + what + lines, cause);
    }
    return violated;
  }

  // --- Trouble ---

  private void step() {
    limits.step(nodes.get(step % nodes.size()));
    int dice = random.nextInt(1000);
    if (dice < 700) {
      runNode();
    } else if (dice < 830) {
      pass(Duration.ofMillis(random.nextInt(500)));
    } else if (dice < 850) {
      pass(Duration.ofMillis(random.nextInt(5_000)));
    } else if (dice < 890) {
      hosts.steer(pick(nodes));
    } else if (dice < 915) {
      hosts.submit(pick(nodes));
    } else if (dice < 925) {
      hosts.answer(pick(nodes));
    } else if (dice < 940) {
      deliver();
    } else if (random.nextInt(60) < mischief) {
      mischief();
    } else {
      runNode();
    }
  }

  private void runNode() {
    SimulatedNode node = pick(nodes);
    if (node.isDead()) {
      if (random.nextInt(10) == 0) {
        replace(node);
      }
    } else if (random.nextInt(5) == 0 || !node.stepIfTime()) {
      node.step();
    }
  }

  private void deliver() {
    pick(nodes).way.claimsCommit();
    if (!stuck.isEmpty()) {
      watch.arriveLate(stuck.remove(random.nextInt(stuck.size())));
      leftToSweep = true;
    }
  }

  private void mischief() {
    SimulatedNode node = pick(nodes);
    switch (random.nextInt(13)) {
      case 0, 1 -> {
        trace(() -> node.name + " dies");
        node.die();
        othersGoOn();
      }
      case 2, 3 -> {
        Duration time = Duration.ofMillis(random.nextInt((int) LONGEST_PAUSE.toMillis()));
        trace(() -> node.name + " stands still for " + time);
        node.pause(time);
        othersGoOn();
      }
      case 4 -> {
        Duration by = Duration.ofSeconds(random.nextInt(172_800) - 86_400L);
        trace(() -> "the clock of " + node.name + " jumps by " + by);
        node.skew(by);
      }
      case 5 -> jump();
      case 6 -> {
        Duration time = Duration.ofMillis(random.nextInt((int) LONGEST_PAUSE.toMillis()));
        trace(() -> "the store is away for " + time);
        awayUntil = elapsed + time.toNanos();
        othersGoOn();
      }
      case 7, 8 -> overtake(node);
      case 9, 10, 11 -> {
        locks.lock(hosts.batches(), node);
        othersGoOn();
      }
      default -> {
        if (!node.isDead()) {
          trace(() -> node.name + " closes");
          node.close();
        }
      }
    }
  }

  /** Others take over from a node that stands still and, by its own time, does not do so long. */
  private void overtake(SimulatedNode node) {
    int seconds = 3 + random.nextInt(3);
    trace(() -> node.name + " is overtaken within " + seconds + " s");
    ground.move(EXPIRY);
    limits.jumped();
    node.pause(Duration.ofSeconds(seconds));
    othersGoOn(seconds);
    node.goOnAsBefore();
  }

  /** Perhaps for long enough to take over. */
  private void othersGoOn() {
    othersGoOn(random.nextInt(2) * random.nextInt(15));
    if (random.nextInt(4) == 0 && !isCalm()) {
      jump();
    }
  }

  private void othersGoOn(int seconds) {
    for (int i = 0; i < seconds && !isCalm(); i++) {
      pass(Duration.ofSeconds(1));
      for (SimulatedNode node : List.copyOf(nodes)) {
        node.round();
      }
    }
  }

  /** A call of the node takes so long; what others do meanwhile they do while it is under way. */
  void wait(SimulatedNode node, Duration time) {
    if (isWaiting || time.toSeconds() < 2) {
      pass(time);
      return;
    }
    isWaiting = true;
    node.pause(Duration.ofDays(1));
    othersGoOn((int) time.toSeconds());
    node.pause(Duration.ZERO);
    isWaiting = false;
  }

  /** The store's clock jumps. */
  private void jump() {
    int back = ground.canGoBack() ? 20 : 0;
    int most = random.nextInt(8) == 0 ? 3_600 : 20;
    Duration by = Duration.ofSeconds(random.nextInt(back + most + 1) - (long) back);
    trace(() -> "the store's clock jumps by " + by);
    ground.move(by);
    limits.jumped();
    if (by.isNegative()) {
      wentBack = wentBack.minus(by);
    }
  }

  private SimulatedNode node() {
    List<Shape> known = new ArrayList<>(List.of(Shape.values()));
    if (!isCalm()) {
      known.removeIf(shape -> shape != Shape.PLAIN && random.nextInt(5) == 0);
    }
    return new SimulatedNode(this, random, "node-" + ++started, known);
  }

  private void replace(SimulatedNode node) {
    SimulatedNode next = node();
    trace(() -> next.name + " starts in place of " + node.name);
    nodes.set(nodes.indexOf(node), next);
  }

  // --- The end ---

  /** From now on nothing goes wrong. */
  private void calmDown() {
    trace(() -> "nothing goes wrong any more");
    phase = Phase.CALM;
    awayUntil = elapsed;
    locks.letGo();
    nodes.forEach(node -> node.pause(Duration.ZERO));
    if (random.nextBoolean()) {
      nodes.get(0).die();
    }
    nodes.stream().filter(SimulatedNode::isDead).toList().forEach(this::replace);
    if (nodes.stream().noneMatch(SimulatedNode::isFit)) {
      nodes.add(node());
    }
    watch.discover();
    SimulatedNode fit = nodes.stream().filter(SimulatedNode::isFit).findFirst().orElseThrow();
    limits.calmDown(fit);
    hosts.resumeAll(fit);
    nodes.forEach(SimulatedNode::wake);
    calmFrom = elapsed;
    spentInCalls = 0;
    deaths = 0;
    passes = 0;
    allEnded = false;
    lastDeath = elapsed;
    leftToSweep = !watch.done().isEmpty();
  }

  /** I8: what is interrupted comes back by itself, and what was paused once it is resumed. */
  private void settleDown() {
    for (SimulatedNode node : List.copyOf(nodes)) {
      if (node.isDead()) {
        deaths++;
        lastDeath = elapsed;
        leftToSweep = true;
        replace(node);
      }
    }
    List<SimulatedNode> awake = nodes.stream().filter(SimulatedNode::isAwake).toList();
    int from = random.nextInt(awake.size());
    for (int i = 0; i < awake.size(); i++) {
      if (awake.get((from + i) % awake.size()).stepIfTime()) {
        if (++passes > MOST_PASSES) {
          throw violated("I8 the loops find work without end", null);
        }
        return;
      }
    }
    passes = 0;
    if (!stuck.isEmpty() && random.nextInt(10) == 0) {
      deliver();
      nodes.forEach(SimulatedNode::wake);
    } else if (allEnded) {
      ends.allAreTold();
      watch.endsAreTold();
      hosts.copies().areExact(ground.store().reading());
      nextAct();
    } else if (haveAllEnded()) {
      watch.lookAtAll();
      allEnded = true;
      // Those who wait at other nodes are told with the next poll.
      pass(POLL);
    } else if (!hosts.confirm(
        awake.stream().filter(SimulatedNode::isFit).findFirst().orElse(awake.get(0)))) {
      passTo(nextMoment());
    }
  }

  private void nextAct() {
    phase = ++act < acts ? Phase.TROUBLE : Phase.OVER;
    step = 0;
    if (phase == Phase.TROUBLE) {
      hosts.takeUpAgain(pick(nodes));
    }
  }

  private long nextMoment() {
    long next = hanging.getLast();
    for (SimulatedNode node : nodes) {
      next = Math.min(next, node.nextAt());
    }
    return next;
  }

  private void passTo(long moment) {
    List<SimulatedBatch> done = watch.done();
    if (!leftToSweep && !done.isEmpty() && !watch.hasLostSessions()) {
      throw violated("I8 done, and not ended by who has settled the last: " + state(), null);
    }
    pass(Duration.ofNanos(Math.max(1, moment - elapsed)));
    watch.sessionsAreReaped(calmFrom, lastDeath, spentInCalls, wentBack);
    Duration took = Duration.ofNanos(elapsed - calmFrom - spentInCalls);
    if (!allEnded && took.compareTo(bound()) > 0) {
      throw violated("I8 not over after " + took + ": " + state(), null);
    }
  }

  private Duration bound() {
    return wentBack
        .plus(limits.patience())
        .plusSeconds(45 + 15L * deaths + 20L * (hosts.waiting() + hosts.rehearsals()));
  }

  private boolean haveAllEnded() {
    List<BatchId> ids =
        Stream.concat(
                hosts.copies().ids().stream(),
                hosts.batches().stream()
                    .filter(batch -> batch.id != null && !batch.isGone)
                    .map(batch -> batch.id))
            .toList();
    return ground.store().reading().states(ids).values().stream().allMatch(BatchState::isTerminal);
  }

  private String state() {
    return hosts.batches().stream()
            .filter(batch -> batch.id != null)
            .map(
                batch ->
                    batch.name
                        + " "
                        + ground
                            .store()
                            .reading()
                            .find(batch.id, null)
                            .map(job -> job.state() + " " + job.counts())
                            .orElse("gone"))
            .collect(Collectors.joining(", "))
        + hosts.copies().state(ground.store().reading());
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
