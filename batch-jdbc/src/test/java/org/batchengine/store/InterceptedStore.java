package org.batchengine.store;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** A store that hands every call of a verb, of itself and of its ports, to a handler. */
public final class InterceptedStore {

  private InterceptedStore() {}

  /** What is done in place of a call. */
  public interface Handler {
    /**
     * Answers a call.
     *
     * @param verb the name of the method
     * @param arguments of the call; empty if it has none
     * @param real makes the call
     */
    Object call(String verb, Object[] arguments, Callable<Object> real) throws Throwable;
  }

  /** Finds the object that a proxy stands for; asked anew at each call. */
  private interface Target {
    Object get() throws Exception;
  }

  /** A store that goes through the handler before it reaches the real one. */
  public static BatchStore of(BatchStore real, Handler handler) {
    return of(real, handler, renewal -> {});
  }

  /**
   * The same.
   *
   * @param renewals told of each renewal that is made
   */
  public static BatchStore of(BatchStore real, Handler handler, Consumer<SessionRenewal> renewals) {
    return proxy(BatchStore.class, () -> real, handler, renewals);
  }

  private static <T> T proxy(
      Class<T> type, Target target, Handler handler, Consumer<SessionRenewal> renewals) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              Callable<Object> real = () -> invoke(target.get(), method, arguments);
              if (method.getReturnType() == SessionRenewal.class) {
                SessionRenewal renewal = (SessionRenewal) real.call(); // it keeps its connection
                renewals.accept(renewal);
                return proxy(SessionRenewal.class, () -> renewal, handler, renewals);
              }
              if (isPort(method.getReturnType())) {
                return proxy(method.getReturnType(), real::call, handler, renewals);
              }
              if (type == SessionRenewal.class && method.getName().equals("close")) {
                return real.call();
              }
              return handler.call(
                  method.getName(), arguments == null ? new Object[0] : arguments, real);
            }));
  }

  private static boolean isPort(Class<?> type) {
    return type.isInterface()
        && type.getPackage() == BatchStore.class.getPackage()
        && type.getSimpleName().endsWith("Store");
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Exception {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw (Error) e.getCause();
    }
  }
}
