package org.batchengine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.batchengine.SimulatedBatch.Shape;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.WorkerThreads;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;

/**
 * A node of a simulation: the parts of a real engine, its own clocks, and the order in which its
 * threads get on. It dies by no longer reaching the store.
 */
final class SimulatedNode {
  private static final Duration DELAY = Duration.ofMillis(700);
  private static final Duration DRAIN = Duration.ofSeconds(3);
  private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(2);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

  /** Its threads; workers are one here, since which of them gets on is a matter of chance. */
  private enum Part {
    DISPATCHER,
    SETTLER,
    MAINTENANCE,
    RENEWAL,
    WATCH,
    WORKERS,
    HOST_CODE
  }

  private final Simulation simulation;
  private final Random random;
  final String name;
  final EngineParts parts;
  final EngineBatches batches;
  final LossyLink way;

  /** Workers whose threads have started and are not in host code. */
  private final List<Worker> ready = new ArrayList<>();

  /** Lanes of listeners and the like whose threads have started. */
  private final List<Runnable> hostCode = new ArrayList<>();

  /** Those that run, the innermost last, and the calls that are under way. */
  private final Deque<Worker> running = new ArrayDeque<>();

  private final Map<Worker, SimulatedCall> calls = new HashMap<>();
  private final Map<Worker, SimulatedTransaction> transactions = new HashMap<>();
  private final Map<Part, Long> nextAt = new EnumMap<>(Part.class);
  private final long origin;
  private Duration skew = Duration.ZERO;
  private boolean dead;
  private long diedAt;
  private boolean leftClean;
  private long pausedUntil;
  private long closeAt = Long.MAX_VALUE;
  private boolean stopped;

  SimulatedNode(Simulation simulation, Random random, String name, List<Shape> shapes) {
    this.simulation = simulation;
    this.random = random;
    this.name = name;
    // Where a virtual machine's nanoseconds count from is its own affair.
    this.origin = random.nextLong() >> 2;
    this.way = new LossyLink(simulation, random, this);
    JobOptions options =
        JobOptions.defaults()
            .concurrency(1 + random.nextInt(2))
            .claim(1, 1 + random.nextInt(8))
            .timeout(Simulation.TIMEOUT)
            .retry(RetryPolicy.fixed(DELAY).maxRetries(Simulation.RETRIES));
    BatchEngine.Builder builder =
        BatchEngine.builder(way.store())
            .clock(this::instant)
            .node(name)
            .sessionExpiry(Simulation.EXPIRY)
            .pollInterval(Simulation.POLL)
            .registerAction(SimulatedBatch.TOLD, end -> {}, JobOptions.defaults().concurrency(1))
            .register(SimulatedCopies.TYPE, input -> input)
            .listener(event -> simulation.ends().heard(this, event));
    parts =
        new EngineParts(
            new SimulatedCode(simulation, random, this).register(builder, shapes, options).config(),
            new WorkerThreads(this::starts, this::starts),
            hostCode::add,
            new EngineClock(this::instant, () -> origin + simulation.elapsed()),
            random,
            Simulation.GRACE);
    parts.sessions.connect();
    batches = new EngineBatches(parts, null);
    parts.maintenance.start();
    wake();
  }

  private void starts(Runnable worker) {
    ready.add((Worker) worker);
  }

  private Instant instant() {
    return Simulation.START.plusNanos(simulation.elapsed()).plus(skew);
  }

  boolean isDead() {
    return dead || simulation.isOver();
  }

  /** When it died, or was closed. */
  long diedAt() {
    return diedAt;
  }

  /** Whether it was closed and has settled what it had in hand. */
  boolean leftClean() {
    return leftClean;
  }

  /** Whether it gets time to run. */
  boolean isAwake() {
    return !isDead() && simulation.elapsed() >= pausedUntil;
  }

  /** Whether it can do work of all shapes, and none of its calls hangs. */
  boolean isFit() {
    return isAwake()
        && !parts.closing.get()
        && calls.isEmpty()
        && parts.workers.size() == Shape.values().length + 2;
  }

  void die() {
    dead = true;
    diedAt = simulation.elapsed();
    disconnect();
  }

  /** The connection for renewals goes with the process. */
  void disconnect() {
    parts.sessions.disconnect();
  }

  void pause(Duration time) {
    pausedUntil = simulation.elapsed() + time.toNanos();
  }

  /** Its wall clock jumps. */
  void skew(Duration by) {
    skew = skew.plus(by);
  }

  // --- Calls of host code ---

  void begins(SimulatedCall call) {
    calls.put(running.getLast(), call);
    simulation.limits().begins(this, call);
  }

  void ends(SimulatedCall call) {
    calls.values().remove(call);
    simulation.limits().ends(call);
  }

  void begins(SimulatedTransaction transaction) {
    transactions.put(running.getLast(), transaction);
  }

  /** That of the call which has just begun. */
  SimulatedTransaction transaction() {
    return Objects.requireNonNull(transactions.get(running.getLast()));
  }

  // --- Its threads ---

  /** One pass of one of its loops. */
  void step() {
    if (random.nextInt(40) == 0 && isAwake()) {
      giveBack();
    }
    int dice = random.nextInt(20);
    if (dice < 6) {
      pass(Part.DISPATCHER);
    } else if (dice < 10) {
      pass(ready.isEmpty() ? Part.DISPATCHER : Part.WORKERS);
    } else if (dice < 15) {
      pass(hostCode.isEmpty() || random.nextBoolean() ? Part.SETTLER : Part.HOST_CODE);
    } else if (dice < 19) {
      pass(Part.MAINTENANCE);
    } else {
      pass(Part.WATCH);
    }
  }

  /** All that is claimed and not begun, as if it had waited too long. */
  private void giveBack() {
    simulation.trace(() -> name + " gives back what waits");
    parts.givingBack.giveBack(0);
  }

  /** Its loops get on before it looks whether it was taken for dead. */
  void goOnAsBefore() {
    for (int i = 0; i < 4; i++) {
      pass(random.nextBoolean() ? Part.DISPATCHER : Part.SETTLER);
    }
  }

  /** One pass of each of its loops, in some order. */
  void round() {
    List<Part> parts = Arrays.asList(Part.values());
    Collections.shuffle(parts, random);
    parts.forEach(this::pass);
  }

  /** A pass of one of those loops whose time it is. False if it is no time for any. */
  boolean stepIfTime() {
    List<Part> parts = Arrays.asList(Part.values());
    Collections.rotate(parts, random.nextInt(parts.size()));
    for (Part part : parts) {
      if (isAwake() && nextAt(part) <= simulation.elapsed()) {
        pass(part);
        return true;
      }
    }
    return false;
  }

  /** When one of its loops is to be passed next. */
  long nextAt() {
    long next = Long.MAX_VALUE;
    for (Part part : Part.values()) {
      next = Math.min(next, nextAt(part));
    }
    return next;
  }

  private long nextAt(Part part) {
    return switch (part) {
      case WORKERS -> ready.isEmpty() ? Long.MAX_VALUE : 0;
      case HOST_CODE -> hostCode.isEmpty() ? Long.MAX_VALUE : 0;
      case WATCH -> {
        long next = closeAt;
        for (SimulatedCall call : calls.values()) {
          next = Math.min(next, call.nextLook());
        }
        yield next;
      }
      case DISPATCHER -> nextAt(part, parts.dispatcherSignal);
      case SETTLER -> nextAt(part, parts.settlerSignal);
      case MAINTENANCE -> nextAt(part, parts.maintenanceSignal);
      case RENEWAL -> nextAt(part, parts.renewalSignal);
    };
  }

  private long nextAt(Part part, Signal signal) {
    return signal.isRaised() ? 0 : nextAt.getOrDefault(part, 0L);
  }

  void wake() {
    nextAt.clear();
  }

  /** Passes a loop; whether it did something. */
  private boolean pass(Part part) {
    if (!isAwake()) {
      return false;
    }
    return switch (part) {
      case DISPATCHER -> {
        parts.dispatcherSignal.await(0);
        yield pass(part, parts.dispatcher::runOnce, parts.dispatcher::idleNanos);
      }
      case SETTLER -> {
        parts.settlerSignal.await(0);
        yield pass(part, parts.settler::runOnce, parts.settler::idleNanos);
      }
      case MAINTENANCE -> {
        parts.maintenanceSignal.await(0);
        yield pass(part, parts.maintenance::runOnce, parts.maintenance::idleNanos);
      }
      case RENEWAL -> {
        parts.renewalSignal.await(0);
        yield pass(part, parts.renewal::runOnce, parts.renewal::idleNanos);
      }
      case WATCH -> pass(part, this::watch, () -> 0);
      case WORKERS -> !ready.isEmpty() && pass(part, this::work, () -> 0);
      case HOST_CODE -> !hostCode.isEmpty() && pass(part, this::callHost, () -> 0);
    };
  }

  private interface Nanos {
    long get();
  }

  private boolean pass(Part part, BooleanSupplier body, Nanos idle) {
    simulation.trace(() -> name + " " + part);
    boolean worked = false;
    long wait;
    try {
      worked = body.getAsBoolean();
      wait = worked ? 0 : idle.get();
    } catch (StoreException e) {
      if (!isDead() && simulation.isCalm()) {
        throw simulation.violated(name + " met a failure where there is none", e);
      }
      wait = AFTER_FAILURE.toNanos();
    } catch (RuntimeException e) {
      throw simulation.violated(name + ": its " + part + " threw", e);
    }
    nextAt.put(part, simulation.elapsed() + Math.min(wait, Long.MAX_VALUE / 4));
    if (!isDead()) {
      simulation.ends().afterPass(this);
    }
    return worked;
  }

  /** As {@link Worker#run} does it, pass by pass. */
  private boolean work() {
    Worker worker = ready.remove(random.nextInt(ready.size()));
    Workers its = workersOf(worker);
    running.addLast(worker);
    Worker.Pass pass;
    try {
      pass = worker.runOnce();
    } finally {
      running.removeLastOccurrence(worker);
      transactions.remove(worker);
    }
    if (pass == Worker.Pass.HELD) {
      its.ended(worker);
    } else if (pass == Worker.Pass.WORKED || (pass == Worker.Pass.IDLE && !its.endIfIdle(worker))) {
      ready.add(worker);
    }
    return pass == Worker.Pass.WORKED;
  }

  /** Calls listeners of one lane until nothing waits for them, or one hangs. */
  private boolean callHost() {
    hostCode.remove(random.nextInt(hostCode.size())).run();
    return true;
  }

  /** Whether its host has heard all there is to hear. */
  boolean hasTold() {
    return parts.lanes.areIdle();
  }

  private Workers workersOf(Worker worker) {
    return parts.workers.values().stream()
        .filter(each -> each.running().contains(worker))
        .findFirst()
        .orElseThrow();
  }

  /** Looks at each call, as the thread of an engine does, and closes further if it closes. */
  private boolean watch() {
    for (Workers workers : parts.workers.values()) {
      for (Worker worker : workers.running()) {
        worker.watch(origin + simulation.elapsed());
        boolean interrupted = Thread.interrupted();
        SimulatedCall call = calls.get(worker);
        String wrong = interrupted ? "a worker without a call is interrupted" : "";
        if (call != null) {
          wrong = call.watched(interrupted, simulation.elapsed());
        }
        if (!wrong.isEmpty()) {
          throw simulation.violated(wrong, null);
        }
        SimulatedTransaction transaction = transactions.get(worker);
        if (call != null && call.isGivenUp() && transaction != null) {
          transaction.ends();
        }
      }
    }
    closeFurther();
    return false;
  }

  // --- Its end ---

  /** Begins to close, as {@link Engine#close} does it. */
  void close() {
    if (parts.closing.getAndSet(true)) {
      return;
    }
    parts.dispatcher.stop();
    parts.workers.values().forEach(each -> each.queue().clear());
    closeAt = simulation.elapsed() + DRAIN.toNanos();
    closeFurther();
  }

  private void closeFurther() {
    if (closeAt == Long.MAX_VALUE) {
      return;
    }
    boolean isQuiet = parts.workers.values().stream().allMatch(Workers::areQuiet);
    if (isQuiet) {
      settleRest(true);
    } else if (simulation.elapsed() >= closeAt && !stopped) {
      stopped = true;
      closeAt = simulation.elapsed() + AFTER_INTERRUPT.toNanos();
      parts.workers.values().forEach(workers -> workers.running().forEach(this::stop));
    } else if (simulation.elapsed() >= closeAt) {
      settleRest(false);
    }
  }

  private void stop(Worker worker) {
    worker.stop(origin + simulation.elapsed());
    boolean interrupted = Thread.interrupted();
    SimulatedCall call = calls.get(worker);
    if (call != null) {
      call.left(interrupted, simulation.elapsed());
    }
  }

  private void settleRest(boolean isQuiet) {
    closeAt = Long.MAX_VALUE;
    boolean settled = quietly(parts.settler::settleRest);
    Session session = parts.sessions.current();
    boolean isFenced = session != null && session.isGone();
    boolean released =
        isQuiet
            && quietly(
                () -> {
                  parts.sessions.release();
                  return true;
                });
    while (!hostCode.isEmpty()) {
      callHost();
    }
    simulation.trace(() -> name + " is closed" + (released ? "" : ", and leaves its session"));
    leftClean = settled && !isFenced && released && !stopped;
    if (!dead) {
      die();
    }
  }

  private boolean quietly(BooleanSupplier step) {
    try {
      return step.getAsBoolean();
    } catch (StoreException e) {
      return false;
    }
  }

  /** Whether the session is this node's present one. */
  boolean has(long session) {
    Session current = parts.sessions.current();
    return current != null && current.id() == session;
  }
}
