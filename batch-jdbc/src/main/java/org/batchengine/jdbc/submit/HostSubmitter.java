package org.batchengine.jdbc.submit;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.limit.SubmitLimits;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.jdbc.table.StatusDao;
import org.batchengine.model.BatchJob;
import org.batchengine.model.StoreException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;

/**
 * Submits batches in transactions of the host: in the steps of a submit in pages, which nobody sees
 * before the host commits. A savepoint undoes what is not to stay. Keys are looked up before they
 * are written: a constraint error would end the host's transaction.
 */
final class HostSubmitter {
  /** Stands for the session that a submit in pages belongs to; no session has this id. */
  private static final long NOBODY = 0;

  private final Database database;
  private final ItemInserts items;

  HostSubmitter(Database database, ItemInserts items) {
    this.database = database;
    this.items = items;
  }

  Optional<BatchJob> findByKey(Connection connection, String tenant, String key) {
    return within(connection)
        .transactions()
        .autoCommit(handle -> SqlObjects.on(handle, StatusDao.class).findByKey(tenant, key));
  }

  Submitted submit(Connection connection, NewBatch batch, Iterator<List<NewItem>> pages) {
    Transactions there = within(connection).transactions();
    Savepoint before = savepoint(connection);
    Submitted submitted;
    try {
      submitted = submit(there, batch, pages);
    } catch (Throwable e) {
      undoAfter(e, connection, before);
      throw e;
    }
    end(connection, before, submitted instanceof Created);
    return submitted;
  }

  private Submitted submit(Transactions there, NewBatch batch, Iterator<List<NewItem>> pages) {
    Submitted submitted =
        there.inTransaction(
            handle ->
                JobInserts.insert(
                    handle,
                    batch,
                    batch.fill() == null ? NOBODY : null,
                    List.of(),
                    SubmitLimits.AS_SEEN));
    if (submitted instanceof Created created && batch.fill() != null) {
      there.useTransaction(handle -> JobInserts.finish(handle, created.batch(), 0, batch.by()));
    } else if (submitted instanceof Created created) {
      while (pages.hasNext()) {
        List<NewItem> page = pages.next();
        there.useTransaction(handle -> ItemInserts.refuseTaken(handle, created.batch(), page));
        there.useTransaction(
            handle -> items.append(handle, created.batch(), NOBODY, page, SubmitLimits.AS_SEEN));
      }
      there.useTransaction(
          handle -> JobInserts.finishPages(handle, created.batch(), NOBODY, batch.by()));
    }
    return submitted;
  }

  private Database within(Connection connection) {
    try {
      String product = connection.getMetaData().getDatabaseProductName();
      if (!product.equalsIgnoreCase(database.dialect().folder())) {
        throw new IllegalArgumentException(
            "connection: is of %s, but the batches are kept in %s"
                .formatted(product, database.dialect().folder()));
      }
      return database.within(connection);
    } catch (SQLException e) {
      throw SqlFaults.translated(new UncheckedSqlException(e));
    }
  }

  private static Savepoint savepoint(Connection connection) {
    try {
      return connection.setSavepoint();
    } catch (SQLException e) {
      throw SqlFaults.translated(new UncheckedSqlException(e));
    }
  }

  private static void end(Connection connection, Savepoint savepoint, boolean keep) {
    try {
      if (!keep) {
        connection.rollback(savepoint);
      }
      connection.releaseSavepoint(savepoint);
    } catch (SQLException e) {
      throw SqlFaults.translated(new UncheckedSqlException(e));
    }
  }

  private static void undoAfter(Throwable thrown, Connection connection, Savepoint savepoint) {
    try {
      end(connection, savepoint, false);
    } catch (RuntimeException e) {
      thrown.addSuppressed(
          StoreException.ofPermanent(
              "what was written of the batch could not be undone: roll the transaction back", e));
    }
  }
}
