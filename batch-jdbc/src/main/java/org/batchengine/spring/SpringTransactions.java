package org.batchengine.spring;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import javax.sql.DataSource;
import org.batchengine.CallInterceptor;
import org.batchengine.jdbc.JdbcTransaction;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.JdbcTransactionObjectSupport;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleConnectionHandle;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;

/**
 * Spring's transactions and the engine's, each seen by the other.
 *
 * <ol>
 *   <li>A submit finds the transaction of its thread on the data source. One that is over, as in an
 *       {@code afterCommit} callback, is none.
 *   <li>Around a call of a transactional processor, the item's connection is bound to the thread as
 *       the connection of a running transaction. So what asks Spring for a connection gets it, and
 *       {@code @Transactional} code takes part without ending anything, if its manager is that of
 *       the data source. The one of JPA refuses a connection that it has not opened.
 *   <li>If such code marks the transaction for rollback, the call fails, and the engine undoes what
 *       it wrote.
 *   <li>The engine commits later, perhaps together with other items. So what waits for the commit
 *       is told that its result is unknown.
 * </ol>
 */
final class SpringTransactions implements CallInterceptor, SmartInitializingSingleton {
  private final DataSource pool;

  /** What Spring knows the connections of the data source by: itself, or what is behind it. */
  private final List<DataSource> keys = new ArrayList<>();

  private final ObjectProvider<ConfigurableTransactionManager> managers;

  /** Connections whose transactions are committed, although Spring still has them as running. */
  private final Set<ConnectionHolder> ended =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  SpringTransactions(
      DataSource dataSource, ObjectProvider<ConfigurableTransactionManager> managers) {
    this.managers = managers;
    DataSource each = dataSource;
    keys.add(each);
    while (isProxy(each) && ((DelegatingDataSource) each).getTargetDataSource() != null) {
      each = ((DelegatingDataSource) each).getTargetDataSource();
      keys.add(each);
    }
    keys.removeIf(TransactionAwareDataSourceProxy.class::isInstance);
    pool = each;
  }

  private static boolean isProxy(DataSource dataSource) {
    return dataSource instanceof TransactionAwareDataSourceProxy
        || dataSource instanceof LazyConnectionDataSourceProxy;
  }

  @Override
  public void afterSingletonsInstantiated() {
    managers.forEach(manager -> manager.addListener(new Ending()));
  }

  /** Notes the end of transactions. {@code afterCommit} callbacks run within them. */
  private final class Ending implements TransactionExecutionListener {
    @Override
    public void beforeCommit(TransactionExecution transaction) {
      if (transaction instanceof DefaultTransactionStatus status
          && status.hasTransaction()
          && status.getTransaction() instanceof JdbcTransactionObjectSupport known
          && known.hasConnectionHolder()) {
        ended.add(known.getConnectionHolder());
      }
    }
  }

  /** {@return what is behind proxies that would join transactions, or come too late} */
  DataSource pool() {
    return pool;
  }

  /**
   * {@return the transaction of this thread, if there is one}
   *
   * @throws IllegalStateException if it is read-only
   */
  Optional<JdbcTransaction> current() {
    if (!TransactionSynchronizationManager.isActualTransactionActive()
        || !TransactionSynchronizationManager.isSynchronizationActive()) { // as in afterCompletion
      return Optional.empty();
    }
    for (DataSource key : keys) {
      if (TransactionSynchronizationManager.getResource(key) instanceof ConnectionHolder holder
          && !ended.contains(holder)) {
        Connection connection = DataSourceUtils.getConnection(key);
        DataSourceUtils.releaseConnection(connection, key); // it stays with the transaction
        if (isInTransaction(connection)) {
          refuseUnknown(holder, key);
          refuseReadOnly();
          return Optional.of(JdbcTransaction.of(connection));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Spring keeps a connection that was taken beside a transaction of another data source, and gives
   * it back without a commit.
   */
  private static void refuseUnknown(ConnectionHolder holder, DataSource key) {
    if (holder.getConnectionHandle() instanceof SimpleConnectionHandle
        && !new Known(key).isInTransaction()) {
      throw new IllegalStateException(
          "a batch cannot be submitted here: nothing tells whether the transaction of this thread"
              + " commits what is written on the connection that it has in"
              + " auto-commit=false. Submit outside of the transaction, submit with"
              + " JdbcTransaction.of(connection) if it does, let the pool have auto-commit=true, or"
              + " set batchengine.submit.join-transaction=false");
    }
  }

  /** What Spring's own manager of a data source knows about this thread. */
  @SuppressWarnings("serial")
  private static final class Known extends DataSourceTransactionManager {
    Known(DataSource dataSource) {
      super(dataSource);
    }

    boolean isInTransaction() {
      return isExistingTransaction(doGetTransaction());
    }
  }

  /** It may have been taken beside a transaction of another data source. */
  private static boolean isInTransaction(Connection connection) {
    try {
      return !connection.getAutoCommit();
    } catch (SQLException e) {
      throw new IllegalStateException("the connection of the transaction cannot be used", e);
    }
  }

  private static void refuseReadOnly() {
    if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
      throw new IllegalStateException(
          "a batch cannot be submitted in a read-only transaction: make the transaction writable,"
              + " submit outside of it, or set batchengine.submit.join-transaction=false");
    }
  }

  @Override
  public void intercept(Invocation call) throws Exception {
    Connection connection = connectionOf(call.transaction().orElse(null));
    if (connection == null) {
      call.proceed();
      return;
    }
    ConnectionHolder holder = new ConnectionHolder(connection, true);
    for (DataSource key : keys) {
      TransactionSynchronizationManager.bindResource(key, holder);
    }
    TransactionSynchronizationManager.setActualTransactionActive(true);
    TransactionSynchronizationManager.initSynchronization();
    try {
      call.proceed();
      if (holder.isRollbackOnly()) {
        throw new UnexpectedRollbackException(
            "code that the processor called marked the transaction as rollback-only");
      }
      TransactionSynchronizationUtils.triggerBeforeCommit(false);
    } finally {
      end();
    }
  }

  private void end() {
    List<TransactionSynchronization> waiting =
        TransactionSynchronizationManager.getSynchronizations();
    try {
      TransactionSynchronizationUtils.triggerBeforeCompletion();
    } finally {
      TransactionSynchronizationManager.clear();
      keys.forEach(TransactionSynchronizationManager::unbindResource);
    }
    TransactionSynchronizationUtils.invokeAfterCompletion(
        waiting, TransactionSynchronization.STATUS_UNKNOWN);
  }

  private static @Nullable Connection connectionOf(@Nullable Object transaction) {
    if (transaction instanceof Handle handle) {
      return handle.getConnection();
    }
    return transaction instanceof Connection connection ? connection : null;
  }
}
