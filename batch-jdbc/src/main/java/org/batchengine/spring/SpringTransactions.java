package org.batchengine.spring;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.batchengine.CallInterceptor;
import org.batchengine.jdbc.JdbcTransaction;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;

/**
 * Spring's transactions and the engine's, each seen by the other.
 *
 * <ol>
 *   <li>A submit finds the transaction of its thread on the data source.
 *   <li>Around a call of a transactional processor, the item's connection is bound to the thread as
 *       the connection of a running transaction. So what asks Spring for a connection gets it, and
 *       {@code @Transactional} code takes part without ending anything.
 *   <li>If such code marks the transaction for rollback, the call fails, and the engine undoes what
 *       it wrote.
 *   <li>The engine commits later, perhaps together with other items. So what waits for the commit
 *       is told that its result is unknown.
 * </ol>
 */
final class SpringTransactions implements CallInterceptor {
  private final DataSource pool;

  /** What Spring knows the connections of the data source by: itself, or what is behind it. */
  private final List<DataSource> keys = new ArrayList<>();

  SpringTransactions(DataSource dataSource) {
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
    if (!TransactionSynchronizationManager.isActualTransactionActive()) {
      return Optional.empty();
    }
    for (DataSource key : keys) {
      if (TransactionSynchronizationManager.getResource(key) instanceof ConnectionHolder) {
        Connection connection = DataSourceUtils.getConnection(key);
        DataSourceUtils.releaseConnection(connection, key); // it stays with the transaction
        if (isInTransaction(connection)) {
          refuseReadOnly();
          return Optional.of(JdbcTransaction.of(connection));
        }
      }
    }
    return Optional.empty();
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
  public void around(Invocation call) throws Exception {
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
