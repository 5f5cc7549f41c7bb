package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Gathers the plans that the server tells of with each statement: {@code auto_explain}. */
final class PlanNotices {
  private static final Pattern PAGES = Pattern.compile("shared hit=(\\d+)(?: read=(\\d+))?");
  private static final Pattern READ_ALONE = Pattern.compile("shared read=(\\d+)");

  private final List<String> plans = Collections.synchronizedList(new ArrayList<>());
  private final DataSource proxy;

  PlanNotices(DataSource pool) {
    proxy = (DataSource) proxy(DataSource.class, pool);
  }

  /** Connections whose server explains each statement as it runs it. */
  static HikariDataSource explaining(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setConnectionInitSql(
        """
        load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
        set auto_explain.log_buffers = on; set auto_explain.log_nested_statements = on;
        set client_min_messages = log\
        """);
    return new HikariDataSource(config);
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

  /** The plans since the last call of the statements with these words, of which there are some. */
  List<String> of(String words) {
    List<String> plans = take().stream().filter(plan -> plan.contains(words)).toList();
    assertThat(plans).isNotEmpty();
    return plans;
  }

  /** The pages that a statement read. */
  static long pages(String plan) {
    for (String line : plan.lines().toList()) {
      Matcher both = PAGES.matcher(line);
      Matcher read = READ_ALONE.matcher(line);
      if (both.find()) {
        return Long.parseLong(both.group(1))
            + (both.group(2) == null ? 0 : Long.parseLong(both.group(2)));
      } else if (read.find()) {
        return Long.parseLong(read.group(1));
      }
    }
    return 0;
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
