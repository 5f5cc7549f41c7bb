package org.batchengine.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * Lends the connections of a pool. Commits of transactions that the host has written in may lose
 * their answer, on the way there or on the way back.
 */
final class LostAnswers {
  /** What becomes of a commit. */
  enum Fate {
    ARRIVES,
    LOST_ON_THE_WAY_THERE,
    LOST_ON_THE_WAY_BACK
  }

  private final Queue<Fate> next = new ConcurrentLinkedQueue<>();
  private final AtomicInteger commits = new AtomicInteger();
  private final AtomicBoolean failsStatement = new AtomicBoolean();
  private volatile String state = "08006";
  private final DataSource proxy;

  LostAnswers(DataSource pool) {
    proxy =
        proxy(
            DataSource.class,
            (method, arguments) -> {
              Object result = call(pool, method, arguments);
              return result instanceof Connection connection
                  ? proxy(Connection.class, new OnConnection(connection))
                  : result;
            });
  }

  DataSource dataSource() {
    return proxy;
  }

  /** The next commit of what the host has written meets this. */
  void next(Fate fate) {
    next.add(fate);
  }

  /** The SQL state of what fails from now on. */
  void failWith(String state) {
    this.state = state;
  }

  /** The next statement of the host fails. */
  void failStatement() {
    failsStatement.set(true);
  }

  /** How many transactions were committed, or tried to be, in which the host has written. */
  int commits() {
    return commits.get();
  }

  private final class OnConnection implements Handler {
    private final Connection connection;
    private boolean isHosts;

    OnConnection(Connection connection) {
      this.connection = connection;
    }

    @Override
    public Object invoke(Method method, Object[] arguments) throws Throwable {
      String name = method.getName();
      if (name.startsWith("prepare") && String.valueOf(arguments[0]).contains("booking")) {
        isHosts = true;
        if (failsStatement.getAndSet(false)) {
          throw new SQLException("for a test", state);
        }
      }
      if (name.equals("commit") && isHosts) {
        commits.incrementAndGet();
        Fate fate = next.isEmpty() ? Fate.ARRIVES : next.remove();
        if (fate != Fate.LOST_ON_THE_WAY_THERE) {
          connection.commit();
        }
        isHosts = false;
        if (fate != Fate.ARRIVES) {
          throw new SQLException("the connection is lost", state);
        }
        return null;
      }
      return call(connection, method, arguments);
    }
  }

  private interface Handler {
    Object invoke(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Handler handler) {
    InvocationHandler invocations = (self, method, arguments) -> handler.invoke(method, arguments);
    ClassLoader loader = LostAnswers.class.getClassLoader();
    return type.cast(Proxy.newProxyInstance(loader, new Class<?>[] {type}, invocations));
  }

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
