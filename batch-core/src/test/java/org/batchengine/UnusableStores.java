package org.batchengine;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.batchengine.store.BatchStore;

/** Stores that cannot be used, for tests that need none. */
final class UnusableStores {

  private UnusableStores() {}

  /** A store that must not be used: whatever it is asked throws. */
  static BatchStore unopened() {
    return fake(
        method -> {
          throw new AssertionError(method + " of a store that nobody opened");
        });
  }

  /** A store that fails in the method, and counts how often it is closed. */
  static BatchStore failing(String in, AtomicInteger closed) {
    return fake(
        method -> {
          if (method.equals(in)) {
            throw new IllegalStateException(method + " failed");
          }
          if (method.equals("close")) {
            closed.incrementAndGet();
          }
        });
  }

  private static BatchStore fake(Consumer<String> called) {
    return (BatchStore)
        Proxy.newProxyInstance(
            BatchStore.class.getClassLoader(),
            new Class<?>[] {BatchStore.class},
            (proxy, method, arguments) -> {
              called.accept(method.getName());
              return method.getReturnType() == int.class ? 0 : null;
            });
  }
}
