package org.batchengine.jdbc.steer;

import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.model.RowsLockedException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the priority of a batch, which was changed, to its chunks and parked items that wait. Each
 * slice is a transaction that holds the batch and passes over rows that others hold. What is given
 * back later, or passed over, is corrected by the next sweep.
 */
public final class Priorities {
  private static final Logger log = LoggerFactory.getLogger(Priorities.class);
  private static final int SLICE = 2_000;
  private static final int MOST_SLICES = 25;

  private final Transactions transactions;

  /** On an open database. */
  public Priorities(Database database) {
    transactions = database.brief();
  }

  interface PriorityDao {

    @SqlQuery(
        """
        select priority from batch_job
        where batch_no = :batch and state in ('PENDING', 'RUNNING', 'PAUSED')
        for update <brief>
        """)
    Optional<Integer> lock(@Bind("batch") long batch);

    @SqlQuery(
        """
        select from_index from batch_chunk
        where batch_no = :batch and session_id is null and priority <> :priority
        <first from_index>
        fetch first :most rows only
        for update skip locked
        """)
    List<Integer> lockChunks(
        @Bind("batch") long batch, @Bind("priority") int priority, @Bind("most") int most);

    @SqlUpdate(
        """
        update batch_chunk set priority = :priority
        where batch_no = :batch and from_index = any(:chunks)
        """)
    void correctChunks(
        @Bind("batch") long batch,
        @Bind("priority") int priority,
        @Bind("chunks") Integer[] chunks);

    @SqlQuery(
        """
        select item_id from batch_parked
        where item_id >= :batch * 2147483648 and item_id < (:batch + 1) * 2147483648
          and session_id is null and priority <> :priority
        <first item_id>
        fetch first :most rows only
        for update skip locked
        """)
    List<Long> lockParked(
        @Bind("batch") long batch, @Bind("priority") int priority, @Bind("most") int most);

    @SqlUpdate("update batch_parked set priority = :priority where item_id = any(:items)")
    void correctParked(@Bind("priority") int priority, @Bind("items") Long[] items);

    /**
     * Changed batches of which something that waits has another priority, without a lock. An exists
     * in an or would make PostgreSQL read the whole table of chunks.
     */
    @SqlQuery(
        """
        select j.batch_no from batch_job j
        where j.revision > 0 and j.state in ('PENDING', 'RUNNING', 'PAUSED')
          and coalesce(
            (select c.batch_no from batch_chunk c
              where c.batch_no = j.batch_no and c.session_id is null and c.priority <> j.priority
              fetch first 1 rows only),
            (select p.batch_no from batch_parked p
              where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
                and p.session_id is null and p.priority <> j.priority
              fetch first 1 rows only)) is not null
        """)
    List<Long> wrong();
  }

  /** Corrects what waits of all batches that were changed. */
  public void correctAll() {
    transactions
        .autoCommit(handle -> SqlObjects.on(handle, PriorityDao.class).wrong())
        .forEach(this::correct);
  }

  /** Corrects what waits of a batch, as much as one call may. */
  void correct(long batch) {
    try {
      for (int slice = 0; slice < MOST_SLICES; slice++) {
        if (transactions.inTransaction(handle -> correctSlice(handle, batch)) < SLICE) {
          return;
        }
      }
    } catch (RowsLockedException e) {
      log.debug("the priority of batch {} is left to the next sweep", batch, e);
    }
  }

  /** How many rows were corrected. */
  private static int correctSlice(Handle handle, long batch) {
    PriorityDao dao = SqlObjects.on(handle, PriorityDao.class);
    Optional<Integer> priority = dao.lock(batch);
    if (priority.isEmpty()) {
      return 0;
    }
    List<Integer> chunks = dao.lockChunks(batch, priority.get(), SLICE);
    if (!chunks.isEmpty()) {
      dao.correctChunks(batch, priority.get(), Slices.one(chunks, Integer[]::new));
    }
    List<Long> parked = dao.lockParked(batch, priority.get(), SLICE);
    if (!parked.isEmpty()) {
      dao.correctParked(priority.get(), Slices.one(parked, Long[]::new));
    }
    return Math.max(chunks.size(), parked.size());
  }
}
