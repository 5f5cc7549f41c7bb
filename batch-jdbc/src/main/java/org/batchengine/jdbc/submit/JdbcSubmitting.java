package org.batchengine.jdbc.submit;

import java.sql.Connection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.limit.SubmitLimits;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.FireDao;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.jdbc.table.NewRehearsals;
import org.batchengine.model.BatchJob;
import org.batchengine.model.StoreException;
import org.batchengine.store.Actor;
import org.batchengine.store.FencedException;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Submits batches: in one transaction, in pages by a session, or in a transaction of the host. A
 * tenant with limits on that waits for its turn first: {@link SubmitLimits}.
 *
 * <ol>
 *   <li>The job row takes the id, then a row of its own takes the idempotency key.
 *   <li>Each page locks the job row, which must be SUBMITTING by its session still. So whoever ends
 *       the session waits for the page, and no page follows.
 *   <li>The chunks come last: before them nothing can be claimed.
 * </ol>
 */
public final class JdbcSubmitting implements SubmitStore {
  private final Transactions transactions;
  private final Transactions brief;
  private final ItemInserts items;
  private final HostSubmitter hosts;
  private final Function<HostTransaction, Connection> connections;
  private final @Nullable OwnedFire fire;

  /**
   * On an open database.
   *
   * @param connections the connection of a host's transaction; throws if it has none
   */
  public JdbcSubmitting(Database database, Function<HostTransaction, Connection> connections) {
    transactions = database.transactions();
    brief = database.brief();
    items = new ItemInserts(database);
    hosts = new HostSubmitter(database, items);
    this.connections = connections;
    fire = null;
  }

  private JdbcSubmitting(JdbcSubmitting other, OwnedFire fire) {
    transactions = other.transactions;
    brief = other.brief;
    items = other.items;
    hosts = other.hosts;
    connections = other.connections;
    this.fire = fire;
  }

  @Override
  public SubmitStore forFire(OwnedFire fire) {
    return new JdbcSubmitting(this, fire);
  }

  /** In the transaction that completes the submit. */
  private void markFire(Handle handle, long batch) {
    if (fire != null && !SqlObjects.on(handle, FireDao.class).submitted(fire, batch)) {
      throw new IllegalStateException(
          "the fire of %s is no longer that of session %d".formatted(fire.at(), fire.session()));
    }
  }

  @Override
  public Submitted submit(NewBatch batch, List<NewItem> all) {
    return submit(transactions, batch, all);
  }

  @Override
  public Submitted submitBriefly(NewBatch batch, List<NewItem> all) {
    return submit(brief, batch, all);
  }

  private Submitted submit(Transactions in, NewBatch batch, List<NewItem> all) {
    return in.inTransaction(
        handle -> {
          Submitted submitted = JobInserts.insert(handle, batch, null, all, SubmitLimits.EXACT);
          if (submitted instanceof Created created) {
            items.insert(handle, created.batch(), 0, all);
            JobInserts.finish(handle, created.batch(), all.size(), batch.by());
            if (batch.rehearsal() != null) {
              NewRehearsals.place(handle, created.batch());
            }
            markFire(handle, created.batch());
          }
          return submitted;
        });
  }

  @Override
  public Submitted begin(NewBatch batch, long session) {
    return transactions.inTransaction(
        handle -> {
          if (SqlObjects.on(handle, FenceDao.class).share(session).isEmpty()) {
            throw new FencedException(session);
          }
          return JobInserts.insert(handle, batch, session, List.of(), SubmitLimits.EXACT);
        });
  }

  @Override
  public void append(long batch, long session, List<NewItem> page) {
    try {
      transactions.useTransaction(
          handle -> items.append(handle, batch, session, page, SubmitLimits.EXACT));
    } catch (StoreException e) {
      if (SqlFaults.isDuplicateKey(e)) {
        transactions.useTransaction(handle -> ItemInserts.refuseTaken(handle, batch, page));
      }
      throw e;
    }
  }

  @Override
  public void finish(long batch, long session, Actor by) {
    transactions.useTransaction(
        handle -> {
          JobInserts.finishPages(handle, batch, session, by);
          markFire(handle, batch);
        });
  }

  @Override
  public void abandon(long batch, long session) {
    brief.useTransaction(handle -> JobChanges.abandon(handle, batch, session));
  }

  @Override
  public Submitted submit(
      HostTransaction transaction, NewBatch batch, Iterator<List<NewItem>> pages) {
    return hosts.submit(connections.apply(transaction), batch, pages);
  }

  @Override
  public Optional<BatchJob> findByKey(
      HostTransaction transaction, String tenant, String idempotencyKey) {
    return hosts.findByKey(connections.apply(transaction), tenant, idempotencyKey);
  }
}
