package org.batchengine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.SessionRenewal;

/**
 * A way to a store on which calls are lost as a test says: a verb's next call may fail before it
 * arrives, its answer may get lost, or something may be done in its place. Verbs are named as the
 * methods of {@link BatchStore} and its ports.
 */
final class Faults {
  private final BatchStore store;
  private final Map<String, Queue<Detour>> detours = new ConcurrentHashMap<>();
  private final Map<String, Detour> standing = new ConcurrentHashMap<>();
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final AtomicInteger callsLeft = new AtomicInteger();
  private volatile boolean lastArrives;
  private volatile boolean away;

  /** What happens in place of a call. */
  interface Detour {
    Object call(Object[] arguments, Callable<Object> real) throws Exception;
  }

  Faults(BatchStore real) {
    this.store = proxy(BatchStore.class, () -> real);
  }

  /** A proxy of the store, or of one of its ports, which is found anew at each call. */
  private <T> T proxy(Class<T> type, Callable<?> target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              Callable<Object> arrive = () -> arrive(target.call(), method, arguments);
              if (method.getReturnType() == SessionRenewal.class) {
                Object renewal = arrive.call(); // it keeps its connection
                return proxy(SessionRenewal.class, () -> renewal);
              }
              if (isPort(method.getReturnType())) {
                return proxy(method.getReturnType(), arrive);
              }
              return type == SessionRenewal.class && method.getName().equals("close")
                  ? arrive.call()
                  : called(method.getName(), arguments, arrive);
            }));
  }

  private static boolean isPort(Class<?> type) {
    return type.isInterface()
        && type.getPackage() == BatchStore.class.getPackage()
        && type.getSimpleName().endsWith("Store");
  }

  private Object called(String verb, Object[] arguments, Callable<Object> arrive) throws Exception {
    calls.add(new Call(verb, firstOf(arguments)));
    if (callsLeft.decrementAndGet() == 0) {
      away = true;
      if (lastArrives) {
        arrive.call();
      }
      throw lost(verb);
    }
    if (away && !verb.equals("close")) {
      throw lost(verb);
    }
    Queue<Detour> waiting = detours.get(verb);
    Detour next = waiting == null ? null : waiting.poll();
    Detour detour = next == null ? standing.get(verb) : next;
    return detour == null ? arrive.call() : detour.call(arguments, arrive);
  }

  /** The store as an engine is to see it. */
  BatchStore store() {
    return store;
  }

  /** The verbs that were called so far, in order; those that failed too. */
  List<String> calls() {
    return calls.stream().map(Call::verb).toList();
  }

  long calls(String verb) {
    return calls.stream().filter(call -> call.verb.equals(verb)).count();
  }

  /** What the verb was sent so far, as its first argument; what was lost too. */
  <T> List<T> sent(String verb, Class<T> type) {
    return calls.stream()
        .filter(call -> call.verb.equals(verb))
        .map(call -> type.cast(call.argument.orElseThrow()))
        .toList();
  }

  void forgetCalls() {
    calls.clear();
  }

  /** From now on no call arrives. */
  void goAway() {
    away = true;
  }

  /**
   * As {@link #goAway}, from the call of this number on, counted from now.
   *
   * @param arrives whether that call is applied, and its answer lost
   */
  void goAwayAt(int call, boolean arrives) {
    lastArrives = arrives;
    callsLeft.set(call);
  }

  boolean isAway() {
    return away;
  }

  /** From now on calls arrive again. */
  void comeBack() {
    away = false;
  }

  /** The verb's next call does not arrive. */
  void loseCall(String verb) {
    instead(
        verb,
        (arguments, arrive) -> {
          throw lost(verb);
        });
  }

  /** The verb's next call arrives and is applied, and then its answer is lost. */
  void loseAnswer(String verb) {
    instead(
        verb,
        (arguments, arrive) -> {
          arrive.call();
          throw lost(verb);
        });
  }

  /** The verb's next call fails so. */
  void fail(String verb, RuntimeException failure) {
    instead(
        verb,
        (arguments, arrive) -> {
          throw failure;
        });
  }

  /**
   * The verb's next call is answered by this, after the calls that detours were made for before.
   */
  void instead(String verb, Detour detour) {
    detours.computeIfAbsent(checked(verb), absent -> new ConcurrentLinkedQueue<>()).add(detour);
  }

  /** Every call of the verb goes this way from now on, unless another was set for it. */
  void always(String verb, Detour detour) {
    standing.put(checked(verb), detour);
  }

  /** This is done before the verb's next call arrives. */
  void before(String verb, Runnable step) {
    instead(
        verb,
        (arguments, arrive) -> {
          step.run();
          return arrive.call();
        });
  }

  /** This is done with the answer of the verb's next call. */
  <T> void answer(String verb, Class<T> type, UnaryOperator<T> change) {
    instead(verb, (arguments, arrive) -> change.apply(type.cast(arrive.call())));
  }

  /** The first argument alone. */
  private record Call(String verb, Optional<Object> argument) {}

  private static Optional<Object> firstOf(Object[] arguments) {
    return arguments == null ? Optional.empty() : Optional.ofNullable(arguments[0]);
  }

  private static String checked(String verb) {
    boolean known =
        Stream.concat(
                Stream.of(BatchStore.class, SessionRenewal.class),
                Stream.of(BatchStore.class.getMethods()).map(Method::getReturnType))
            .flatMap(type -> Stream.of(type.getMethods()))
            .anyMatch(each -> each.getName().equals(verb));
    if (!known) {
      throw new IllegalArgumentException("a store has no verb " + verb);
    }
    return verb;
  }

  static StoreException lost(String verb) {
    return StoreException.ofTransient("the way to the store is gone: " + verb, null);
  }

  private static Object arrive(Object target, Method method, Object[] arguments) throws Exception {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw e;
    }
  }
}
