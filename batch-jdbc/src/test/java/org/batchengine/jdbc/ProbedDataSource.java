package org.batchengine.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/** Lends the connections of a pool, counts which are out, and notes what is executed on them. */
final class ProbedDataSource {
  private static final int MOST_NOTED = 10_000;

  private final AtomicInteger borrowed = new AtomicInteger();
  private final AtomicInteger out = new AtomicInteger();
  private final Deque<String> executed = new ArrayDeque<>();
  private final Around around;
  private final DataSource proxy;
  private volatile UnaryOperator<String> rewriting = UnaryOperator.identity();

  /** What happens in place of a step: of a statement, a commit or a rollback. */
  interface Around {
    Object step(String sql, Callable<Object> real) throws Exception;
  }

  ProbedDataSource(DataSource pool) {
    this(pool, (sql, real) -> real.call());
  }

  ProbedDataSource(DataSource pool, Around around) {
    this.around = around;
    proxy = proxy(DataSource.class, pool, this::onDataSource);
  }

  DataSource dataSource() {
    return proxy;
  }

  /** From now on statements are prepared as this makes of them. */
  void rewrite(UnaryOperator<String> sql) {
    rewriting = sql;
  }

  /** How many connections were lent so far. */
  int borrowed() {
    return borrowed.get();
  }

  int connectionsOut() {
    return out.get();
  }

  private void note(String sql) {
    synchronized (executed) {
      executed.add(sql);
      if (executed.size() > MOST_NOTED) {
        executed.remove();
      }
    }
  }

  /**
   * What was executed since the last call, each execution once, however many rows it was for: the
   * last of it, if nobody asks for long.
   */
  List<String> takeExecuted() {
    synchronized (executed) {
      List<String> taken = List.copyOf(executed);
      executed.clear();
      return taken;
    }
  }

  private Object onDataSource(DataSource target, Method method, Object[] arguments)
      throws Throwable {
    Object result = call(target, method, arguments);
    if (result instanceof Connection connection) {
      borrowed.incrementAndGet();
      out.incrementAndGet();
      return proxy(Connection.class, connection, new OnConnection());
    }
    return result;
  }

  private final class OnConnection implements Handler<Connection> {
    private boolean isClosed;

    @Override
    public Object invoke(Connection target, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("close") && !isClosed) {
        isClosed = true;
        out.decrementAndGet();
      }
      String name = method.getName();
      boolean ends = name.equals("commit") || name.equals("rollback");
      if (ends) {
        note(name);
      }
      if (name.startsWith("prepare")) {
        arguments[0] = rewriting.apply((String) arguments[0]);
      }
      Object result =
          ends || name.equals("unwrap") // for a COPY
              ? around.step(name, () -> callOrThrow(target, method, arguments))
              : call(target, method, arguments);
      if (result instanceof CallableStatement) {
        return result;
      }
      if (result instanceof PreparedStatement statement) {
        String sql = (String) arguments[0];
        return proxy(PreparedStatement.class, statement, noting(sql));
      }
      return result instanceof Statement statement
          ? proxy(Statement.class, statement, noting(""))
          : result;
    }
  }

  private <T extends Statement> Handler<T> noting(String prepared) {
    return (target, method, arguments) -> {
      if (method.getName().startsWith("execute")) {
        String sql = arguments == null ? prepared : (String) arguments[0];
        note(sql);
        return around.step(sql, () -> callOrThrow(target, method, arguments));
      }
      return call(target, method, arguments);
    };
  }

  private interface Handler<T> {
    Object invoke(T target, Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, T target, Handler<T> handler) {
    InvocationHandler invocations =
        (self, method, arguments) -> handler.invoke(target, method, arguments);
    ClassLoader loader = ProbedDataSource.class.getClassLoader();
    return type.cast(Proxy.newProxyInstance(loader, new Class<?>[] {type}, invocations));
  }

  private static Object callOrThrow(Object target, Method method, Object[] arguments)
      throws Exception {
    try {
      return call(target, method, arguments);
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
