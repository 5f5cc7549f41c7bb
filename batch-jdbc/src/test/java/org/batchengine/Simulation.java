package org.batchengine;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.SimulatedBatch.Kind;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Settlement;
import org.jspecify.annotations.Nullable;

/**
 * Some nodes with real engines on one store, driven from one thread on a virtual clock, in an order
 * and with faults that a seed gives. First anything may happen; then nothing goes wrong any more,
 * and every batch must end by itself within a bounded time (I8). {@link SimulationWatch} looks
 * after every verb.
 */
public final class Simulation {
  static final Instant START = Instant.parse("2026-11-01T12:00:00Z");
  static final Duration EXPIRY = Duration.ofSeconds(12);
  static final int RETRIES = 2;

  private static final Duration DELAY = Duration.ofMillis(700);

  /** How long nothing happens when nobody has anything to do. */
  private static final Duration IDLE = Duration.ofMillis(250);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int MOST_NODES = 3;
  private static final int MOST_BATCHES = 4;
  private static final int MOST_ITEMS = 20;

  /** A bound for a loop that finds work without end. */
  private static final int MOST_ROUNDS = 20_000;

  private static final String REPLAY =
      "replay it with: mvn test -pl batch-jdbc -am -Dtest=SimulationTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dsimulation.from=%d -Dsimulation.seeds=1";

  private static final JobType<String, String> PLAIN =
      JobType.of("plain", String.class, String.class);
  private static final JobType<String, String> ORDERED =
      JobType.of("ordered", String.class, String.class).sequential();

  private final long seed;
  private final SimulatedStore ground;
  private final int checkEvery;
  private final @Nullable List<String> trace;
  private final Random random;
  private final SimulationWatch watch;
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final List<SimulatedBatch> batches = new ArrayList<>();
  private final List<Settlement> stuck = new ArrayList<>();
  private final int acts;
  private final int steps;
  private final int lossRate;
  private final int mischief;
  private long elapsed;
  private long spentInCalls;
  private Duration wentBack = Duration.ZERO;
  private int deaths;
  private int started;
  private boolean calm;
  private boolean isWaiting;
  private @Nullable AssertionError violated;

  private Simulation(long seed, SimulatedStore ground, int checkEvery, boolean traced) {
    this.seed = seed;
    this.ground = ground;
    this.checkEvery = checkEvery;
    this.trace = traced ? new ArrayList<>() : null;
    // Seeds that follow each other begin alike.
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    this.watch = new SimulationWatch(this, ground);
    this.acts = 1 + random.nextInt(2);
    this.steps = 20 + random.nextInt(120);
    this.lossRate = List.of(0, 10, 40, 120).get(random.nextInt(4));
    this.mischief = List.of(0, 5, 20, 60).get(random.nextInt(4));
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
    submit();
    for (int act = 0; act < acts; act++) {
      for (int i = 0; i < steps; i++) {
        step();
        goOn();
      }
      settleDown();
      goOn();
      takeUpAgain();
    }
  }

  // --- What nodes and the watch ask ---

  BatchStore store() {
    return ground.store();
  }

  SimulationWatch watch() {
    return watch;
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
    return calm;
  }

  void pass(Duration time) {
    elapsed += time.toNanos();
    ground.move(time);
  }

  /** A copy of what is lost here may arrive at any time. */
  void late(Settlement settlement) {
    stuck.add(settlement);
  }

  void heard(BatchEvent event) {
    trace(() -> "  " + event.getClass().getSimpleName() + " " + event.batchId());
  }

  void trace(Supplier<String> line) {
    if (trace != null) {
      trace.add(SimulationWatch.seconds(elapsed) + " " + line.get());
    }
  }

  /** The run is over: this does not hold. An engine may catch it; the first one counts. */
  AssertionError violated(String what, @Nullable Throwable cause) {
    if (violated == null) {
      String steps =
          trace == null ? "" : "\n" + REPLAY.formatted(seed) + "\n" + String.join("\n", trace);
      violated = new AssertionError("seed " + seed + ": " + what + steps, cause);
    }
    return violated;
  }

  private void goOn() {
    if (violated != null) {
      throw violated;
    }
  }

  // --- Steps ---

  private void step() {
    int dice = random.nextInt(1000);
    if (dice < 700) {
      runNode();
    } else if (dice < 830) {
      pass(Duration.ofMillis(random.nextInt(500)));
    } else if (dice < 850) {
      pass(Duration.ofMillis(random.nextInt(5_000)));
    } else if (dice < 900) {
      steer();
    } else if (dice < 925) {
      submit();
    } else if (dice < 945) {
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
    } else if (node.isAwake()) {
      node.step();
    }
  }

  private void deliver() {
    if (!stuck.isEmpty()) {
      watch.arriveLate(stuck.remove(random.nextInt(stuck.size())));
    }
  }

  private void mischief() {
    SimulatedNode node = pick(nodes);
    switch (random.nextInt(7)) {
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
      default -> {
        if (!node.isDead()) {
          trace(() -> node.name + " closes");
          node.close();
        }
      }
    }
  }

  /** Perhaps for long enough to take over. */
  private void othersGoOn() {
    othersGoOn(random.nextInt(2) * random.nextInt(30));
    if (random.nextInt(4) == 0) {
      jump();
    }
  }

  private void othersGoOn(int seconds) {
    for (int i = 0; i < seconds; i++) {
      pass(Duration.ofSeconds(1));
      for (SimulatedNode node : List.copyOf(nodes)) {
        if (node.isAwake()) {
          node.round();
        }
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
    int most = ground.canGoBack() ? 60 : 0;
    Duration by = Duration.ofSeconds(random.nextInt(61 + most) - (long) most);
    trace(() -> "the store's clock jumps by " + by);
    ground.move(by);
    if (by.isNegative()) {
      wentBack = wentBack.minus(by);
    }
  }

  private SimulatedNode node() {
    String name = "node-" + ++started;
    boolean knowsOrdered = calm || random.nextInt(4) > 0;
    int concurrency = 1 + random.nextInt(2);
    JobOptions options =
        JobOptions.defaults()
            .concurrency(concurrency)
            .claim(1, 1 + random.nextInt(8))
            .retry(RetryPolicy.fixed(DELAY).maxRetries(RETRIES));
    SimulatedNode[] self = new SimulatedNode[1];
    ItemFunctionOf code = (input, context) -> call(self[0], input, context);
    self[0] =
        new SimulatedNode(
            this,
            random,
            name,
            builder -> {
              BatchEngine.Builder plain = builder.register(PLAIN, code::process, options);
              return knowsOrdered ? plain.register(ORDERED, code::process, options) : plain;
            });
    return self[0];
  }

  private interface ItemFunctionOf {
    String process(String input, ItemContext context) throws Exception;
  }

  private void replace(SimulatedNode node) {
    SimulatedNode next = node();
    trace(() -> next.name + " starts in place of " + node.name);
    nodes.set(nodes.indexOf(node), next);
  }

  // --- Host code ---

  private String call(SimulatedNode node, String input, ItemContext context) throws IOException {
    if (node.isDead()) {
      throw new IOException("nobody is there");
    }
    Item item = watch.item(input);
    int attempt = context.attempt();
    trace(() -> "  " + node.name + " calls " + item + ", attempt " + attempt);
    watch.called(node, item, attempt, context.isLastAttempt());
    Duration time = Duration.ofMillis(random.nextInt(random.nextInt(8) == 0 ? 1_500 : 30));
    spentInCalls += time.toNanos();
    pass(time);
    switch (item.kind) {
      case KILLER -> {
        watch.killed(item);
        trace(() -> "  " + node.name + " is taken down by " + item);
        deaths++;
        node.die();
        throw new IOException("nobody sees this");
      }
      case BAD -> {
        item.failed.add(attempt);
        throw new IOException("attempt " + attempt);
      }
      case FLAKY -> {
        if (random.nextBoolean()) {
          item.failed.add(attempt);
          throw new IOException("attempt " + attempt);
        }
      }
      case SKIPPED -> {
        return context.skip("as the seed has it");
      }
      default -> {}
    }
    item.returned.add(attempt);
    return item.output();
  }

  // --- Hosts ---

  private void submit() {
    SimulatedNode node = pick(nodes);
    if (batches.size() >= MOST_BATCHES || !node.isAwake()) {
      return;
    }
    SimulatedBatch batch =
        new SimulatedBatch(
            "b" + batches.size(),
            "tenant-" + random.nextInt(2),
            "owner-" + random.nextInt(2),
            random.nextInt(4) == 0);
    int size = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(MOST_ITEMS);
    int badness = random.nextInt(4);
    for (int i = 0; i < size; i++) {
      batch.add(kind(badness));
    }
    batches.add(batch);
    watch.expect(batch);
    BatchRequest<String> request = request(batch);
    trace(() -> node.name + " submits " + request + " as " + batch.name);
    try {
      node.batches.submit(request);
    } catch (StoreException e) {
      trace(() -> "  is not answered");
    } catch (RuntimeException e) {
      if (!node.isDead()) {
        throw violated("a submit failed", e);
      }
    }
    watch.discover();
    watch.lookAtBatches();
  }

  private Kind kind(int badness) {
    if (random.nextInt(4) >= badness) {
      return Kind.FINE;
    }
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> Kind.FLAKY;
      case 3, 4 -> Kind.BAD;
      case 5 -> Kind.SKIPPED;
      case 6 -> Kind.KILLER;
      default -> Kind.FINE;
    };
  }

  private BatchRequest<String> request(SimulatedBatch batch) {
    List<String> inputs = batch.items.stream().map(Item::input).toList();
    BatchRequest<String> request =
        BatchRequest.of(batch.sequential ? ORDERED : PLAIN, inputs)
            .name(batch.name)
            .tenant(batch.tenant)
            .submittedBy(batch.owner)
            .priority(random.nextInt(10));
    if (random.nextInt(4) == 0) {
      request = request.idempotencyKey(batch.name);
      // Written page by page: it may break off, and is removed then.
      batch.mayVanish = true;
    }
    if (random.nextInt(5) == 0) {
      request = request.startAt(ground.now().plusMillis(random.nextInt(8_000)));
    }
    if (random.nextInt(6) == 0) {
      request = request.tolerateFailures(random.nextInt(3));
      batch.mayStop = true;
    }
    if (random.nextInt(12) == 0) {
      request = request.deadline(Duration.ofSeconds(1 + random.nextInt(30)));
      batch.mayStop = true;
    }
    return request;
  }

  private void steer() {
    SimulatedNode node = pick(nodes);
    SimulatedBatch batch = pick(batches);
    if (!node.isAwake() || batch.id == null || batch.isGone) {
      return;
    }
    int what = random.nextInt(12);
    boolean foreign = random.nextInt(8) == 0;
    trace(() -> node.name + " steers " + batch.name + (foreign ? " for another tenant" : ""));
    try {
      if (foreign) {
        steer(node.batches.forTenant("tenant-2"), batch, what, true);
      } else {
        steer(node.batches, batch, what, false);
      }
    } catch (StoreException | IllegalTransitionException e) {
      trace(() -> "  " + e.getMessage());
    } catch (BatchNotFoundException e) {
      if (!foreign && !batch.mayVanish) {
        throw violated("batch " + batch.name + " is not found", e);
      }
    } catch (RuntimeException e) {
      throw violated("steering failed", e);
    }
  }

  private void steer(Batches view, SimulatedBatch batch, int what, boolean foreign) {
    String reason = SimulationWatch.STEERED;
    switch (what) {
      case 0, 1, 2 -> view.pause(batch.id, reason);
      case 3, 4, 5 -> view.resume(batch.id, reason);
      case 6 -> {
        batch.mayStop |= !foreign;
        view.cancel(
            batch.id, random.nextBoolean() ? CancelMode.GRACEFUL : CancelMode.FORCED, reason);
      }
      case 7, 8, 9 -> {
        batch.mayReopen |= !foreign;
        view.retryFailed(batch.id, failedItems(), reason);
      }
      case 10 -> {
        batch.mayVanish |= !foreign;
        view.delete(batch.id);
      }
      default -> {
        for (SimulatedBatch each : batches) {
          if (!foreign && each.owner.equals(batch.owner) && random.nextInt(3) == 0) {
            removeAll(view, each.owner);
            return;
          }
        }
      }
    }
  }

  private void removeAll(Batches view, String owner) {
    for (SimulatedBatch each : batches) {
      if (each.owner.equals(owner)) {
        each.mayStop = true;
        each.mayVanish = true;
      }
    }
    view.deleteSubmittedBy(owner);
  }

  private FailedItems failedItems() {
    return switch (random.nextInt(3)) {
      case 0 -> FailedItems.at(random.nextInt(MOST_ITEMS), random.nextInt(MOST_ITEMS));
      case 1 -> FailedItems.ofType("java.io.IOException");
      default -> FailedItems.all();
    };
  }

  // --- The end ---

  /** I8: what is interrupted comes back by itself, and what was paused once it is resumed. */
  private void settleDown() {
    trace(() -> "nothing goes wrong any more");
    calm = true;
    if (random.nextBoolean()) {
      nodes.stream().filter(SimulatedNode::isDead).toList().forEach(this::replace);
    } else {
      replace(nodes.get(0));
    }
    if (nodes.stream().noneMatch(node -> node.machinery.workers().size() == 2)) {
      nodes.add(node());
    }
    while (!stuck.isEmpty() && random.nextInt(4) > 0) {
      deliver();
    }
    watch.discover();
    resumeAll();
    long from = elapsed;
    deaths = 0;
    spentInCalls = 0;
    int rounds = 0;
    while (!isOver()) {
      boolean worked = false;
      for (SimulatedNode node : List.copyOf(nodes)) {
        if (node.isDead()) {
          replace(node);
          worked = true;
        } else if (node.isAwake()) {
          worked |= node.round();
        }
        goOn();
      }
      if (!worked) {
        rounds = 0;
        pass(IDLE);
      } else if (++rounds > MOST_ROUNDS) {
        throw violated("I8 the loops find work without end", null);
      }
      Duration took = Duration.ofNanos(elapsed - from - spentInCalls);
      if (took.compareTo(bound()) > 0) {
        throw violated("I8 not over after " + took + ": " + state(), null);
      }
    }
    watch.lookAtBatches();
  }

  /** All have ended: what failed is taken up again, and anything may happen again. */
  private void takeUpAgain() {
    calm = false;
    for (SimulatedBatch batch : batches) {
      if (batch.id != null && !batch.isGone && random.nextInt(3) > 0) {
        batch.mayReopen = true;
        trace(() -> batch.name + " is taken up again");
        try {
          pick(nodes).batches.retryFailed(batch.id, failedItems(), SimulationWatch.STEERED);
        } catch (StoreException | BatchNotFoundException e) {
          trace(() -> "  " + e.getMessage());
        }
      }
    }
    goOn();
  }

  private Duration bound() {
    return wentBack.plus(LONGEST_PAUSE).plusSeconds(60 + 25L * deaths);
  }

  private void resumeAll() {
    for (SimulatedBatch batch : batches) {
      if (batch.id != null) {
        try {
          nodes.get(0).batches.resume(batch.id, SimulationWatch.STEERED);
        } catch (BatchNotFoundException e) {
          batch.isGone = true;
        }
      }
    }
  }

  private boolean isOver() {
    List<BatchId> ids =
        batches.stream()
            .filter(batch -> batch.id != null && !batch.isGone)
            .map(batch -> batch.id)
            .toList();
    return store().states(ids).values().stream().allMatch(BatchState::isTerminal);
  }

  private String state() {
    Function<SimulatedBatch, String> words =
        batch ->
            batch.name
                + " "
                + store()
                    .find(batch.id, null)
                    .map(job -> job.state() + " " + job.counts())
                    .orElse("gone");
    return batches.stream()
        .filter(batch -> batch.id != null)
        .map(words)
        .collect(Collectors.joining(", "));
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
