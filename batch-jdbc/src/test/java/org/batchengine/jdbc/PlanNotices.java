package org.batchengine.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Gathers the plans that the server tells of with each statement: {@code auto_explain}. */
final class PlanNotices {
  private final List<String> plans = Collections.synchronizedList(new ArrayList<>());
  private final DataSource proxy;

  PlanNotices(DataSource pool) {
    proxy = (DataSource) proxy(DataSource.class, pool);
  }

  DataSource dataSource() {
    return proxy;
  }

  /** The plans since the last call. */
  List<String> take() {
    synchronized (plans) {
      List<String> taken = List.copyOf(plans);
      plans.clear();
      return taken;
    }
  }

  private Object proxy(Class<?> type, Object target) {
    return Proxy.newProxyInstance(
        PlanNotices.class.getClassLoader(),
        new Class<?>[] {type},
        (self, method, arguments) -> call(target, method, arguments));
  }

  private Object call(Object target, Method method, Object[] arguments) throws Throwable {
    Object result;
    try {
      result = method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    if (target instanceof Statement statement && method.getName().startsWith("execute")) {
      read(statement.getWarnings());
      statement.clearWarnings();
    }
    // The last statement of a transaction ends, and is told of, with the commit.
    if (target instanceof Connection connection && method.getName().equals("commit")) {
      read(connection.getWarnings());
      connection.clearWarnings();
    }
    Class<?> type = method.getReturnType();
    boolean leadsOn = Connection.class == type || Statement.class.isAssignableFrom(type);
    return result != null && leadsOn ? proxy(type, result) : result;
  }

  private void read(@Nullable SQLWarning first) {
    for (SQLWarning each = first; each != null; each = each.getNextWarning()) {
      plans.add(String.valueOf(each.getMessage()));
    }
  }
}
