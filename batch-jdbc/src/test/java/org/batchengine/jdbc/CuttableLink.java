package org.batchengine.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import javax.sql.DataSource;

/**
 * A node's way to the database, which can be cut and mended: to the others it is as if it died.
 * Connections that the node holds are cut too.
 */
final class CuttableLink {
  /** What a connection whose other end is gone can still do: it ends. */
  private static final Set<String> NEEDS_NO_LINK =
      Set.of("close", "isClosed", "abort", "rollback", "unwrap", "isWrapperFor", "toString");

  private final DataSource proxy;
  private volatile boolean cut;

  CuttableLink(DataSource pool) {
    proxy =
        proxy(
            DataSource.class,
            (method, arguments) -> {
              Object result = throughLink(pool, method, arguments);
              return result instanceof Connection connection ? cuttable(connection) : result;
            });
  }

  private Connection cuttable(Connection connection) {
    return proxy(
        Connection.class,
        (method, arguments) ->
            NEEDS_NO_LINK.contains(method.getName())
                ? invoke(connection, method, arguments)
                : throughLink(connection, method, arguments));
  }

  private Object throughLink(Object target, Method method, Object[] arguments) throws Throwable {
    if (cut) {
      throw new SQLException("the link is cut", "08001");
    }
    return invoke(target, method, arguments);
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            CuttableLink.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call.run(method, arguments)));
  }

  private interface Call {
    Object run(Method method, Object[] arguments) throws Throwable;
  }

  DataSource dataSource() {
    return proxy;
  }

  void cut() {
    cut = true;
  }

  void mend() {
    cut = false;
  }
}
