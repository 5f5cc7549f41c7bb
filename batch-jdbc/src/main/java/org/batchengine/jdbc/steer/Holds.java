package org.batchengine.jdbc.steer;

import java.util.List;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.model.BatchState;
import org.batchengine.model.RowsLockedException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Marks what waits of paused batches, and chunks that are not due for long, so that claims need not
 * read past them. The mark is a hint: claims ask for the state of the batch and the time as well,
 * and a mark that is missing or left over is corrected by the next sweep.
 *
 * <p>Each slice is a transaction that holds the batch, whose state says what the mark must be, and
 * passes over rows that others hold.
 */
public final class Holds {
  private static final Logger log = LoggerFactory.getLogger(Holds.class);
  private static final int SLICE = 2_000;
  private static final int MOST_SLICES = 25;

  /** Held chunks that come due before the next sweep but one, of batches that may run. */
  private static final String LOCK_DUE =
      """
      select c.batch_no, c.from_index from batch_chunk c
      where c.session_id is null and c.held and c.due_at <= <soon>
        and (select j.state from batch_job j where j.batch_no = c.batch_no) in ('PENDING', 'RUNNING')
      fetch first :most rows only
      for update skip locked
      """;

  private final Transactions transactions;

  /** On an open database. */
  public Holds(Database database) {
    transactions = database.brief();
  }

  interface HoldDao {

    @SqlQuery(
        """
        select from_index from batch_chunk
        where batch_no = :batch and session_id is null
          and held <> (:held or due_at > <soon>)
        <first from_index>
        fetch first :most rows only
        for update skip locked
        """)
    List<Integer> lockChunks(
        @Bind("batch") long batch, @Bind("held") boolean held, @Bind("most") int most);

    @SqlUpdate(
        """
        update batch_chunk set held = not held where batch_no = :batch and from_index = any(:chunks)
        """)
    void correctChunks(@Bind("batch") long batch, @Bind("chunks") Integer[] chunks);

    @SqlBatch("update batch_chunk set held = false where batch_no = :batch and from_index = :chunk")
    void free(@Bind("batch") List<Long> batches, @Bind("chunk") List<Integer> froms);

    @SqlQuery(
        """
        select item_id from batch_parked
        where item_id >= :batch * 2147483648 and item_id < (:batch + 1) * 2147483648
          and session_id is null and not held
        <first item_id>
        fetch first :most rows only
        for update skip locked
        """)
    List<Long> lockFreeParked(@Bind("batch") long batch, @Bind("most") int most);

    @SqlQuery(
        """
        select item_id from batch_parked
        where batch_no = :batch and session_id is null and held
        fetch first :most rows only
        for update skip locked
        """)
    List<Long> lockHeldParked(@Bind("batch") long batch, @Bind("most") int most);

    @SqlUpdate("update batch_parked set held = :held where item_id = any(:items)")
    void holdParked(@Bind("held") boolean held, @Bind("items") Long[] items);

    /**
     * Batches of which something that waits is marked wrongly, without a lock, but for chunks that
     * are due. An exists in an or would make PostgreSQL read the whole table of chunks.
     */
    @SqlQuery(
        """
        select j.batch_no from batch_job j
        where j.state = 'PAUSED'
          and coalesce(
            (select c.batch_no from batch_chunk c
              where c.batch_no = j.batch_no and c.session_id is null and not c.held
              fetch first 1 rows only),
            (select p.batch_no from batch_parked p
              where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
                and p.session_id is null and not p.held
              fetch first 1 rows only)) is not null
        union
        select j.batch_no from batch_job j
        where j.state in ('PENDING', 'RUNNING')
          and j.batch_no in (
            select p.batch_no from batch_parked p where p.session_id is null and p.held)
        """)
    List<Long> wrong();
  }

  /** The key of a chunk. */
  private record HeldChunk(long batch, int from) {}

  /** Corrects the marks of all batches, and frees what comes due soon. */
  public void correctAll() {
    for (int slice = 0; slice < MOST_SLICES; slice++) {
      if (transactions.inTransaction(Holds::freeSlice) < SLICE) {
        break;
      }
    }
    transactions
        .autoCommit(handle -> SqlObjects.on(handle, HoldDao.class).wrong())
        .forEach(this::correct);
  }

  /**
   * Corrects the marks of a batch, as many as one call may: the next goes on. That of a batch which
   * others have locked is left to the next as well.
   */
  void correct(long batch) {
    try {
      for (int slice = 0; slice < MOST_SLICES; slice++) {
        if (transactions.inTransaction(handle -> correctSlice(handle, batch)) < SLICE) {
          return;
        }
      }
    } catch (RowsLockedException e) {
      log.debug("the marks of batch {} are left to the next sweep", batch, e);
    }
  }

  private static int freeSlice(Handle handle) {
    List<HeldChunk> chunks =
        handle
            .createQuery(LOCK_DUE)
            .bind("most", SLICE)
            .map((row, context) -> new HeldChunk(row.getLong("batch_no"), row.getInt("from_index")))
            .list();
    if (!chunks.isEmpty()) {
      SqlObjects.on(handle, HoldDao.class)
          .free(
              chunks.stream().map(HeldChunk::batch).toList(),
              chunks.stream().map(HeldChunk::from).toList());
    }
    return chunks.size();
  }

  /** How many marks were corrected. */
  private static int correctSlice(Handle handle, long batch) {
    BatchState state =
        SqlObjects.on(handle, JobDao.class)
            .lockSoon(batch)
            .map(JobDao.LockedJob::state)
            .orElse(null);
    if (state != BatchState.PENDING && state != BatchState.RUNNING && state != BatchState.PAUSED) {
      return 0;
    }
    boolean held = state == BatchState.PAUSED;
    HoldDao dao = SqlObjects.on(handle, HoldDao.class);
    List<Integer> chunks = dao.lockChunks(batch, held, SLICE);
    if (!chunks.isEmpty()) {
      dao.correctChunks(batch, Slices.one(chunks, Integer[]::new));
    }
    List<Long> parked = held ? dao.lockFreeParked(batch, SLICE) : dao.lockHeldParked(batch, SLICE);
    if (!parked.isEmpty()) {
      dao.holdParked(held, Slices.one(parked, Long[]::new));
    }
    return Math.max(chunks.size(), parked.size());
  }
}
