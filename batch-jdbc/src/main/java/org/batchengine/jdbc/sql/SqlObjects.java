package org.batchengine.jdbc.sql;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.extension.ExtensionContext;
import org.jdbi.v3.core.extension.Extensions;
import org.jdbi.v3.core.extension.HandleSupplier;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jspecify.annotations.Nullable;

/**
 * The SQL objects of a database, each made once. {@link Handle#attach} makes each method of one
 * anew for every handle, which costs more than most statements do.
 */
public final class SqlObjects implements HandleSupplier {
  private static final String ATTRIBUTE = SqlObjects.class.getName();

  /** That of the call which a thread is in. */
  private static final ThreadLocal<@Nullable Handle> current = new ThreadLocal<>();

  private final Jdbi jdbi;
  private final Map<Class<?>, Object> made = new ConcurrentHashMap<>();

  private SqlObjects(Jdbi jdbi) {
    this.jdbi = jdbi;
  }

  /** Makes the SQL objects of the database available to its handles. */
  public static void register(Jdbi jdbi) {
    jdbi.define(ATTRIBUTE, new SqlObjects(jdbi));
  }

  /** The SQL object of a type, on a handle; as long as the handle is open. */
  public static <T> T on(Handle handle, Class<T> type) {
    Object objects = handle.getConfig(SqlStatements.class).getAttribute(ATTRIBUTE);
    return ((SqlObjects) Objects.requireNonNull(objects)).with(handle, type);
  }

  private <T> T with(Handle handle, Class<T> type) {
    Object dao = made.computeIfAbsent(type, this::make);
    Object onHandle =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Handle before = current.get();
              current.set(handle);
              method.setAccessible(true); // most are hidden in the package of their verbs
              try {
                return method.invoke(dao, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              } finally {
                current.set(before);
              }
            });
    return type.cast(onHandle);
  }

  private <T> T make(Class<T> type) {
    return jdbi.getConfig(Extensions.class).findFor(type, this).orElseThrow();
  }

  @Override
  public Handle getHandle() {
    return Objects.requireNonNull(current.get());
  }

  @Override
  public Jdbi getJdbi() {
    return jdbi;
  }

  @Override
  public ConfigRegistry getConfig() {
    return jdbi.getConfig();
  }

  @Override
  public <V> V invokeInContext(ExtensionContext context, Callable<V> task) throws Exception {
    return task.call();
  }
}
