package org.batchengine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Settlement;

/**
 * A node of a simulation: the parts of a real engine, its own clocks, and its way to the store, on
 * which calls are lost as the seed has it. It dies by no longer reaching the store.
 */
final class SimulatedNode {
  private static final List<String> LOCAL = List.of("hasTransactions", "toString", "close");

  private final Simulation simulation;
  private final Random random;
  final String name;
  final Machinery machinery;
  final EngineBatches batches;
  private final List<Worker> workers = new ArrayList<>();
  private final long origin;
  private Duration skew = Duration.ZERO;
  private boolean dead;
  private long pausedUntil;

  /** What becomes of a call. */
  private enum Fate {
    LOST,
    ANSWER_LOST,
    REFUSED,
    LATE,
    SLOW_THERE,
    SLOW_BACK,
    DIES_BEFORE,
    DIES_AFTER
  }

  SimulatedNode(
      Simulation simulation,
      Random random,
      String name,
      UnaryOperator<BatchEngine.Builder> options) {
    this.simulation = simulation;
    this.random = random;
    this.name = name;
    // Where a virtual machine's nanoseconds count from is its own affair.
    this.origin = random.nextLong() >> 2;
    BatchEngine.Builder builder =
        BatchEngine.builder(way()).clock(this::instant).node(name).listener(simulation::heard);
    machinery =
        Machinery.of(
            options.apply(builder).config(),
            WorkerThreads.none(),
            () -> origin + simulation.elapsed(),
            () -> random,
            () -> {},
            Worker.GRACE);
    batches = new EngineBatches(machinery, null);
    machinery.maintenance().startWorking();
    machinery
        .workers()
        .values()
        .forEach(
            each -> {
              for (int i = 0; i < each.options().concurrency(); i++) {
                workers.add(each.newWorker());
              }
            });
  }

  private Instant instant() {
    return Simulation.START.plusNanos(simulation.elapsed()).plus(skew);
  }

  boolean isDead() {
    return dead;
  }

  /** Whether it gets time to run. */
  boolean isAwake() {
    return !dead && simulation.elapsed() >= pausedUntil;
  }

  void die() {
    dead = true;
  }

  void pause(Duration time) {
    pausedUntil = simulation.elapsed() + time.toNanos();
  }

  /** Its wall clock jumps. */
  void skew(Duration by) {
    skew = skew.plus(by);
  }

  /** One pass of one of its loops. */
  boolean step() {
    int part = random.nextInt(10);
    if (part < 3) {
      return dispatch();
    } else if (part < 5) {
      return workers.isEmpty() ? dispatch() : work(workers.get(random.nextInt(workers.size())));
    } else if (part < 8) {
      return settle();
    }
    return maintain();
  }

  private boolean dispatch() {
    return pass("dispatcher", machinery.dispatcher()::runOnce);
  }

  private boolean maintain() {
    return pass("maintenance", machinery.maintenance()::runOnce);
  }

  private boolean work(Worker worker) {
    return machinery.settler().hasRoom()
        && pass("worker", () -> worker.runOnce() == Worker.Pass.WORKED);
  }

  /** One pass of each of its loops, in some order. */
  boolean round() {
    List<BooleanSupplier> loops =
        new ArrayList<>(List.of(this::maintain, this::dispatch, this::settle));
    for (Worker worker : workers) {
      loops.add(() -> work(worker));
    }
    Collections.shuffle(loops, random);
    boolean worked = false;
    for (BooleanSupplier loop : loops) {
      worked |= loop.getAsBoolean();
    }
    return worked;
  }

  private boolean settle() {
    return pass("settler", machinery.settler()::runOnce);
  }

  /** Closes as an engine does whose calls have all returned. */
  void close() {
    machinery.closing().set(true);
    machinery.dispatcher().stop();
    machinery.workers().values().forEach(Workers::dropWaiting);
    pass(
        "last settlements",
        () -> {
          while (machinery.settler().runOnce()) {
            // Until all is settled.
          }
          return false;
        });
    pass(
        "release",
        () -> {
          machinery.sessions().release();
          return false;
        });
    dead = true;
  }

  private boolean pass(String loop, BooleanSupplier body) {
    if (dead) {
      return false;
    }
    simulation.trace(() -> name + " " + loop);
    try {
      return body.getAsBoolean();
    } catch (StoreException e) {
      if (!dead && simulation.isCalm()) {
        throw simulation.violated(name + " met a failure where there is none", e);
      }
      return true;
    } catch (RuntimeException e) {
      throw simulation.violated(name + ": its " + loop + " threw", e);
    }
  }

  // --- Its way to the store ---

  private BatchStore way() {
    return (BatchStore)
        Proxy.newProxyInstance(
            BatchStore.class.getClassLoader(),
            new Class<?>[] {BatchStore.class},
            (proxy, method, arguments) -> call(method, arguments));
  }

  private Object call(Method method, Object[] arguments) throws Throwable {
    String verb = method.getName();
    if (LOCAL.contains(verb)) {
      return invoke(method, arguments);
    }
    if (dead) {
      throw lost(verb);
    }
    boolean settles = verb.equals("settle");
    int dice = simulation.isCalm() ? 1000 : random.nextInt(settles ? 400 : 1000);
    Fate fate = dice < simulation.lossRate() ? fate(settles) : null;
    if (fate == null) {
      return arrive(method, arguments);
    }
    simulation.trace(() -> "  " + name + " " + verb + ": " + fate);
    switch (fate) {
      case LOST -> throw lost(verb);
      case REFUSED -> throw StoreException.ofPermanent("the store has failed: " + verb, null);
      case DIES_BEFORE -> {
        dead = true;
        throw lost(verb);
      }
      case DIES_AFTER -> {
        arrive(method, arguments);
        dead = true;
        throw lost(verb);
      }
      case ANSWER_LOST -> {
        arrive(method, arguments);
        throw lost(verb);
      }
      case LATE -> {
        if (settles) {
          simulation.late((Settlement) arguments[0]);
        }
        throw lost(verb);
      }
      case SLOW_THERE -> {
        simulation.wait(this, slowness());
        return arrive(method, arguments);
      }
      case SLOW_BACK -> {
        Object answer = arrive(method, arguments);
        simulation.wait(this, slowness());
        return answer;
      }
    }
    throw new AssertionError(fate);
  }

  /** What becomes of settlements is of most interest. */
  private Fate fate(boolean settles) {
    if (settles && random.nextBoolean()) {
      return random.nextBoolean() ? Fate.LATE : Fate.ANSWER_LOST;
    }
    Fate[] all = Fate.values();
    return all[random.nextInt(all.length)];
  }

  private Duration slowness() {
    return Duration.ofMillis(random.nextInt(random.nextInt(3) == 0 ? 30_000 : 1_500));
  }

  private Object arrive(Method method, Object[] arguments) throws Throwable {
    return simulation.watch().arrive(this, method, arguments, () -> invoke(method, arguments));
  }

  private Object invoke(Method method, Object[] arguments) throws Exception {
    try {
      return method.invoke(simulation.store(), arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw (Error) e.getCause();
    }
  }

  private static StoreException lost(String verb) {
    return StoreException.ofTransient("the way to the store is gone: " + verb, null);
  }
}
