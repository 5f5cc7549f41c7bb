package org.batchengine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.InterceptedStore;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement;

/** A node's way to the store, on which calls are lost, late or slow as the seed has it. */
final class LossyLink {
  private static final Set<String> LOCAL = Set.of("toString", "close");
  private static final Set<String> CLAIMS =
      Set.of("claim", "claimSequential", "claimOverdue", "claimSuspect");

  private final Simulation simulation;
  private final Random random;
  private final SimulatedNode node;

  /** Claims that hold their locks, and whose answers nobody waits for any more. */
  private final Deque<Callable<Object>> claimsUnderWay = new ArrayDeque<>();

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

  LossyLink(Simulation simulation, Random random, SimulatedNode node) {
    this.simulation = simulation;
    this.random = random;
    this.node = node;
  }

  BatchStore store() {
    return InterceptedStore.of(simulation.ground().store(), this::call);
  }

  private interface Handler {
    Object call(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Handler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> handler.call(method, arguments)));
  }

  private Object call(String verb, Object[] arguments, Callable<Object> real) throws Exception {
    if (verb.equals("hasTransactions")) {
      return arguments[0] == simulation.ground().transactions();
    } else if (LOCAL.contains(verb)) {
      return real.call();
    } else if (verb.equals("beginTransaction")) {
      long session = (long) arguments[1];
      return sent(verb, false, false, () -> begun(session), () -> {});
    } else if (verb.equals("owned")) {
      return sent(verb, false, false, () -> owned(arguments, real), () -> {});
    } else if (verb.equals("lockedBy")) {
      return sent(
          verb,
          false,
          false,
          () -> simulation.locks().lockedBy((Settlement) arguments[0]),
          () -> {});
    } else if (verb.equals("settle")) {
      Settlement settlement = (Settlement) arguments[0];
      refuseWhatNoStoreKeeps(settlement);
      return sent(
          verb, true, true, () -> arrive(verb, arguments, real), () -> simulation.late(settlement));
    }
    Object answer =
        sent(
            verb,
            false,
            CLAIMS.contains(verb),
            () -> arrive(verb, arguments, real),
            () -> claimsUnderWay.add(() -> arrive(verb, arguments, real)));
    SimulatedEnds.of(verb, answer).forEach(job -> simulation.ends().answered(node, job));
    return answer;
  }

  private Object sent(
      String verb, boolean settles, boolean mayBeLate, Callable<Object> arrives, Runnable late)
      throws Exception {
    if (node.isDead() || simulation.isAway()) {
      throw lost(verb);
    }
    boolean isLast = settles && node.parts.closing.get();
    int dice = simulation.isCalm() ? 1000 : random.nextInt(isLast ? 200 : settles ? 400 : 1000);
    Fate fate = dice < simulation.lossRate() ? fate(settles) : null;
    if (fate == null) {
      return arrives.call();
    }
    simulation.trace(() -> "  " + node.name + " " + verb + ": " + fate);
    switch (fate) {
      case LOST -> throw lost(verb);
      case REFUSED -> throw StoreException.ofPermanent("the store has failed: " + verb, null);
      case DIES_BEFORE -> {
        node.die();
        throw lost(verb);
      }
      case DIES_AFTER -> {
        arrives.call();
        node.die();
        throw lost(verb);
      }
      case ANSWER_LOST -> {
        arrives.call();
        throw lost(verb);
      }
      case LATE -> {
        if (mayBeLate) {
          late.run();
        }
        if (random.nextInt(3) == 0) {
          node.die();
        }
        throw lost(verb);
      }
      case SLOW_THERE -> {
        simulation.wait(node, slowness());
        return arrives.call();
      }
      case SLOW_BACK -> {
        Object answer = arrives.call();
        simulation.wait(node, slowness());
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
    return Duration.ofMillis(random.nextInt(random.nextInt(3) == 0 ? 15_000 : 1_500));
  }

  private static void refuseWhatNoStoreKeeps(Settlement settlement) {
    for (Settlement.Outcome outcome : settlement.outcomes()) {
      refuseWhatNoStoreKeeps(outcome);
    }
  }

  private static void refuseWhatNoStoreKeeps(Settlement.Outcome outcome) {
    String output = outcome.output();
    if (output != null && output.startsWith(SimulatedCode.UNKEPT)) {
      throw new RefusedSettlementException(
          false, outcome + " cannot be stored", new IllegalArgumentException());
    }
  }

  // --- Claims that commit late ---

  /** It waits for claims that are under way: they hold the session's row. */
  private Object owned(Object[] arguments, Callable<Object> real) throws Exception {
    while (!claimsUnderWay.isEmpty()) {
      claimsCommit();
    }
    return arrive("owned", arguments, real);
  }

  /** One of the claims that nobody waits for any more commits. */
  void claimsCommit() {
    Callable<Object> late = claimsUnderWay.poll();
    if (late != null) {
      simulation.trace(() -> "late, for " + node.name + ":");
      try {
        late.call();
      } catch (RuntimeException e) {
        simulation.trace(() -> "  " + e.getMessage());
      } catch (Exception e) {
        throw simulation.violated("a late claim failed", e);
      }
    }
  }

  // --- Transactions of host code ---

  private ItemTransaction<?> begun(long session) {
    ItemTransaction<?> real = simulation.ground().begin(session);
    SimulatedTransaction seen = new SimulatedTransaction(real);
    node.begins(seen);
    return proxy(ItemTransaction.class, (method, arguments) -> call(seen, method, arguments));
  }

  private Object call(SimulatedTransaction seen, Method method, Object[] arguments)
      throws Throwable {
    switch (method.getName()) {
      case "commit" -> {
        List<?> outcomes = (List<?>) arguments[0];
        outcomes.forEach(each -> refuseWhatNoStoreKeeps((Settlement.Outcome) each));
        return sent("commit", false, false, () -> commit(seen, method, arguments), () -> {});
      }
      case "isCommitted" -> {
        if (node.isDead()) {
          throw new IllegalStateException("nobody is there to ask");
        }
        return invokeOn(seen.real, method, arguments);
      }
      case "close" -> {
        seen.ends();
        return invokeOn(seen.real, method, arguments);
      }
      default -> {
        return invokeOn(seen.real, method, arguments);
      }
    }
  }

  private Object commit(SimulatedTransaction seen, Method method, Object[] arguments)
      throws Exception {
    return simulation
        .watch()
        .arrive(
            node,
            method.getName(),
            arguments,
            () -> {
              Object answer = invokeOn(seen.real, method, arguments);
              seen.isCommitted = true;
              return answer;
            });
  }

  private Object arrive(String verb, Object[] arguments, Callable<Object> real) throws Exception {
    SimulatedLocks locks = simulation.locks();
    locks.refuse(verb, arguments);
    return simulation
        .watch()
        .arrive(node, verb, said(arguments), () -> locks.answer(verb, arguments, real));
  }

  /** Without whom the store tells of locked rows: its name differs from run to run. */
  private static Object[] said(Object[] arguments) {
    return Stream.of(arguments)
        .filter(each -> !(each instanceof LongConsumer || each instanceof Function))
        .toArray();
  }

  private static Object invokeOn(Object target, Method method, Object[] arguments)
      throws Exception {
    try {
      return method.invoke(target, arguments);
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
