package org.batchengine.jdbc.transaction;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.StoreThread;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between host code and a connection of the store.
 *
 * <ol>
 *   <li>Host code cannot end the transaction: that is refused, in whichever statement of a text.
 *       Savepoints of its own are allowed.
 *   <li>Host code cannot change the connection for whoever has it next: that is refused too. A
 *       setting that ends with the transaction ends with the item.
 *   <li>No interrupt reaches the driver, where it would close an H2 database under everyone: a
 *       pending one is kept back while a thread is inside.
 *   <li>Before the first statement that may write the transaction waits for its turn to.
 *   <li>A cancel ends the statement that runs; if none does, it interrupts the thread. Whatever
 *       comes after it is refused, but for closing things.
 * </ol>
 */
final class Guard {
  private static final Logger log = LoggerFactory.getLogger(Guard.class);

  private static final Set<String> ENDING =
      Set.of("commit", "close", "abort", "setAutoCommit", "setTransactionIsolation");

  /** Selects without a word in them that may write or lock. */
  private static final Pattern READS =
      Pattern.compile(
          "\\s*(?:select|values)\\b(?!.*(?:;|\\b(?:insert|update|delete|merge|next|nextval|call)\\b)).*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private static final Set<String> WRITES_OF_ROWS = Set.of("insertRow", "updateRow", "deleteRow");

  private final Connection target;
  private final Dialect dialect;
  private final LocalSettings settings;
  private final Runnable beforeWriting;
  private final Connection guarded;
  private @Nullable Handle handle;

  private int inside;
  private @Nullable Statement running;
  private @Nullable Thread cancelled;
  private @Nullable SQLException undoneBy;

  /**
   * Guards a connection.
   *
   * @param dialect knows which statements are refused
   * @param beforeWriting called before each statement that may write
   */
  Guard(Connection target, Dialect dialect, Runnable beforeWriting) {
    this.target = target;
    this.dialect = dialect;
    settings = new LocalSettings(target);
    this.beforeWriting = beforeWriting;
    guarded = proxy(Connection.class, target);
  }

  static boolean mayWrite(String sql) {
    return !READS.matcher(sql).matches();
  }

  Connection connection() {
    return guarded;
  }

  /** A handle on the guarded connection; another one if host code has closed the last. */
  Handle handle() {
    Handle last = handle;
    if (last == null || last.isClosed()) {
      last = Jdbi.create(new Factory()).installPlugin(new SqlObjectPlugin()).open();
      handle = last;
    }
    return last;
  }

  private final class Factory implements ConnectionFactory {
    @Override
    public Connection openConnection() {
      return guarded;
    }

    @Override
    public void closeConnection(Connection connection) throws SQLException {
      connection.close();
    }
  }

  /** Runs a step of the engine on the connection, which no cancel refuses. */
  void run(Runnable step) {
    boolean interrupted = enter(null);
    try {
      step.run();
    } finally {
      leave(null, interrupted);
    }
  }

  /**
   * Refuses a transaction that the database has undone as a whole: for the sake of another, as H2
   * does in a deadlock, or with its connection. Savepoints are gone with it.
   */
  synchronized void refuseUndone() throws SQLException {
    SQLException by = undoneBy;
    if (by != null) {
      String message = "the database has undone the transaction: " + by.getMessage();
      throw new SQLException(message, by.getSQLState(), by);
    }
  }

  /**
   * Ends what an item has set for its transaction: the next item, and the engine, come after it.
   */
  void endSettings() throws SQLException {
    settings.restore();
  }

  /** Ends what the worker is doing in host code, and all that it might begin. Does not wait. */
  synchronized void cancel(Thread worker) {
    cancelled = worker;
    Statement statement = running;
    if (statement != null) {
      ClassLoader loader = Guard.class.getClassLoader();
      new StoreThread(() -> cancel(statement), "batch-cancel", loader).start();
    } else if (inside == 0) {
      worker.interrupt();
    }
  }

  private static void cancel(Statement statement) {
    try {
      statement.cancel();
    } catch (SQLException e) {
      log.debug("could not cancel a statement", e);
    }
  }

  private synchronized boolean enter(@Nullable Statement statement) {
    inside++;
    if (statement != null) {
      running = statement;
    }
    return Thread.interrupted();
  }

  private synchronized void leave(@Nullable Statement statement, boolean interrupted) {
    inside--;
    if (statement != null) {
      running = null;
    }
    if (interrupted || (statement != null && Thread.currentThread() == cancelled)) {
      Thread.currentThread().interrupt();
    }
  }

  private <P> P proxy(Class<P> type, P object) {
    InvocationHandler guard = (self, method, arguments) -> guarded(self, object, method, arguments);
    ClassLoader loader = Guard.class.getClassLoader();
    return type.cast(Proxy.newProxyInstance(loader, new Class<?>[] {type}, guard));
  }

  private @Nullable Object guarded(
      Object self, Object object, Method method, @Nullable Object @Nullable [] arguments)
      throws Throwable {
    String name = method.getName();
    Object first = arguments == null || arguments.length == 0 ? null : arguments[0];
    if (first instanceof Class<?> type && (name.equals("unwrap") || name.equals("isWrapperFor"))) {
      return unwrapped(self, object, method, type);
    }
    if (method.getDeclaringClass() == Object.class) {
      return switch (name) {
        case "equals" -> self == first;
        case "hashCode" -> System.identityHashCode(self);
        default -> "guarded " + object;
      };
    }
    if (name.equals("getConnection")) {
      return guarded;
    }
    if (object == target && isAsItIs(method, arguments)) {
      return null;
    }
    refuse(object, method, first);
    return entered(object, method, arguments);
  }

  /**
   * What is no connection may be had: a driver's own functions, but not the way round the guard.
   */
  private @Nullable Object unwrapped(Object self, Object object, Method method, Class<?> type)
      throws Throwable {
    boolean isWrapped = type.isInstance(self);
    if (method.getName().equals("isWrapperFor")) {
      return isWrapped
          || (!Connection.class.isAssignableFrom(type)
              && Boolean.TRUE.equals(called(object, method, new Object[] {type})));
    }
    if (isWrapped) {
      return self;
    }
    if (Connection.class.isAssignableFrom(type)) {
      throw new SQLException(Dialect.ends("unwrap(" + type.getSimpleName() + ")"));
    }
    Object own = called(object, method, new Object[] {type});
    return object == target && own != null && type.isInterface() ? withoutSetters(own, type) : own;
  }

  /** A driver's own functions, but for those that change the connection. */
  private Object withoutSetters(Object own, Class<?> type) {
    InvocationHandler functions =
        (self, method, arguments) -> {
          String name = method.getName();
          if (name.startsWith("set") || name.startsWith("add")) {
            throw refused(method, Dialect.outlives(name));
          }
          return entered(own, method, arguments);
        };
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, functions);
  }

  /** Whether a setter sets what is set already, as libraries do to be sure. */
  private boolean isAsItIs(Method setter, @Nullable Object @Nullable [] arguments)
      throws Throwable {
    String name = setter.getName();
    if (!name.startsWith("set") || arguments == null || arguments.length != 1) {
      return false;
    }
    String property = name.substring("set".length());
    for (Method each : Connection.class.getMethods()) {
      if (each.getParameterCount() == 0
          && (each.getName().equals("get" + property) || each.getName().equals("is" + property))) {
        return Objects.equals(entered(target, each, null), arguments[0]);
      }
    }
    return false;
  }

  private void refuse(Object object, Method method, @Nullable Object first) throws SQLException {
    String name = method.getName();
    if (object == target) {
      if (ENDING.contains(name) || (name.equals("rollback") && first == null)) {
        throw new SQLException(Dialect.ends(name));
      }
      if (name.startsWith("set") && !name.equals("setSavepoint")) {
        throw refused(method, Dialect.outlives(name));
      }
    }
    if (first instanceof String sql
        && (name.startsWith("prepare") || name.startsWith("execute") || name.equals("addBatch"))) {
      refuse(sql);
    }
    if (WRITES_OF_ROWS.contains(name)) {
      beforeWriting.run();
    }
  }

  /** What the method may throw: a proxy hides everything else. */
  private static SQLException refused(Method method, String message) {
    List<Class<?>> declared = List.of(method.getExceptionTypes());
    if (declared.contains(SQLException.class)) {
      return new SQLException(message);
    }
    if (declared.contains(SQLClientInfoException.class)) {
      return new SQLClientInfoException(message, Map.of());
    }
    throw new UnsupportedOperationException(message);
  }

  private void refuse(String sql) throws SQLException {
    Optional<String> refusal = dialect.refusal(sql);
    if (refusal.isPresent()) {
      throw new SQLException(refusal.get());
    }
    if (mayWrite(sql)) {
      refuseCancelled();
      beforeWriting.run();
    }
    List<String> changed = dialect.settingsOf(sql);
    if (!changed.isEmpty()) {
      boolean interrupted = enter(null);
      try {
        refuseCancelled();
        settings.remember(changed);
      } finally {
        leave(null, interrupted);
      }
    }
  }

  private @Nullable Object entered(
      Object object, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    boolean isClose = method.getName().equals("close");
    Statement statement =
        object instanceof Statement any && method.getName().startsWith("execute") ? any : null;
    boolean interrupted = enter(statement);
    try {
      if (!isClose) {
        refuseCancelled();
      }
      return wrapped(called(object, method, arguments), method.getReturnType());
    } finally {
      leave(statement, interrupted);
    }
  }

  private synchronized void refuseCancelled() throws SQLException {
    if (cancelled != null) {
      throw new SQLException("the call was cancelled or timed out", "57014");
    }
  }

  private @Nullable Object called(
      Object object, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(object, arguments);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      note(cause);
      throw cause == null ? e : cause;
    }
  }

  private synchronized void note(@Nullable Throwable thrown) {
    if (undoneBy == null && thrown instanceof SQLException e && SqlFaults.undoesTransaction(e)) {
      undoneBy = e;
    }
  }

  private @Nullable Object wrapped(@Nullable Object result, Class<?> type) {
    if (result instanceof CallableStatement statement && type == CallableStatement.class) {
      return proxy(CallableStatement.class, statement);
    }
    if (result instanceof PreparedStatement statement && type == PreparedStatement.class) {
      return proxy(PreparedStatement.class, statement);
    }
    if (result instanceof Statement statement && type == Statement.class) {
      return proxy(Statement.class, statement);
    }
    if (result instanceof ResultSet rows && type == ResultSet.class) {
      return proxy(ResultSet.class, rows);
    }
    if (result instanceof DatabaseMetaData metaData && type == DatabaseMetaData.class) {
      return proxy(DatabaseMetaData.class, metaData);
    }
    return result;
  }
}
