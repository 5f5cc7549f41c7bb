package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.batchengine.jdbc.sql.StoreThread;
import org.batchengine.model.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * Borrows connections of a data source. One that is not known to be a plain pool is asked on
 * threads of this: it may wait for ever, or give whoever asks the connection of the transaction
 * that is bound to his thread. Nobody's transaction is bound to these.
 */
final class Lender implements AutoCloseable {
  private final DataSource dataSource;
  private final Duration longestWait;
  private final @Nullable ExecutorService threads;

  private Lender(DataSource dataSource, Duration longestWait, @Nullable ExecutorService threads) {
    this.dataSource = dataSource;
    this.longestWait = longestWait;
    this.threads = threads;
  }

  /** Of a pool that bounds its waits, and knows nothing of transactions. */
  static Lender ofPlainPool(DataSource dataSource) {
    return new Lender(dataSource, Duration.ZERO, null);
  }

  /** Of any data source. */
  static Lender ofAny(DataSource dataSource, Duration longestWait) {
    return new Lender(
        dataSource,
        longestWait,
        Executors.newCachedThreadPool(
            task -> new StoreThread(task, "batch-borrow", dataSource.getClass().getClassLoader())));
  }

  boolean isPlain() {
    return threads == null;
  }

  DataSource dataSource() {
    return dataSource;
  }

  /** An interrupt stays pending. */
  Connection borrow() throws SQLException {
    ExecutorService elsewhere = threads;
    if (elsewhere == null) {
      return dataSource.getConnection();
    }
    CompletableFuture<Connection> borrowed = new CompletableFuture<>();
    try {
      elsewhere.execute(() -> borrow(borrowed));
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the store is closed", e);
    }
    return await(borrowed);
  }

  private void borrow(CompletableFuture<Connection> borrowed) {
    try {
      Connection connection = dataSource.getConnection();
      connection.getAutoCommit(); // some take the real connection at the first call
      if (!borrowed.complete(connection)) {
        connection.close();
      }
    } catch (SQLException | RuntimeException | Error e) {
      borrowed.completeExceptionally(e);
    }
  }

  private Connection await(CompletableFuture<Connection> borrowed) throws SQLException {
    long end = System.nanoTime() + longestWait.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return borrowed.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          // A connection that comes after this goes back.
          borrowed.completeExceptionally(
              StoreException.ofTransient(
                  "the pool has given no connection for %d ms: enlarge it"
                      .formatted(longestWait.toMillis()),
                  null));
          end = Long.MAX_VALUE;
        } catch (ExecutionException e) {
          throw thrown(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException thrown(ExecutionException e) throws SQLException {
    Throwable cause = e.getCause();
    if (cause instanceof SQLException failed) {
      throw failed;
    }
    if (cause instanceof Error failed) {
      throw failed;
    }
    return cause instanceof RuntimeException failed ? failed : new IllegalStateException(e);
  }

  @Override
  public void close() {
    if (threads != null) {
      threads.shutdownNow();
    }
  }
}
