package org.batchengine.jdbc.submit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.jdbc.table.WaitDao;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.store.NewBatch;
import org.jdbi.v3.core.Handle;

/**
 * What a new batch waits for. The other batches are read without locks: a transaction of the host
 * that held them would keep them from ending.
 */
record WaitInserts(List<Other> others, boolean isPatient) {
  private static final String OTHERS =
      "select batch_no, id, state from batch_job where id = any(:ids) and tenant = :tenant";

  /**
   * A batch to wait for.
   *
   * @param atEnd whether any end of it will do
   */
  record Other(long number, BatchId id, boolean atEnd) {}

  private record Found(long number, BatchId id, BatchState state) {}

  /**
   * Those of them that have not ended as they should.
   *
   * @throws BatchNotFoundException if the tenant has none of this id
   */
  static WaitInserts of(Handle handle, NewBatch batch) {
    List<BatchId> all = batch.after().all();
    Map<BatchId, Found> found = new HashMap<>();
    for (UUID[] some : Slices.of(all.stream().map(BatchId::value).toList(), UUID[]::new)) {
      handle
          .createQuery(OTHERS)
          .bind("ids", some)
          .bind("tenant", batch.tenant())
          .map(
              (row, context) ->
                  new Found(row.getLong("batch_no"), JobRows.id(row), JobRows.state(row)))
          .forEach(each -> found.put(each.id(), each));
    }
    List<Other> others =
        all.stream()
            .map(id -> found(found, id))
            .filter(each -> !isMet(each, batch))
            .map(each -> new Other(each.number(), each.id(), atEnd(each, batch)))
            .toList();
    return new WaitInserts(others, batch.after().isPatient());
  }

  private static Found found(Map<BatchId, Found> all, BatchId id) {
    Found found = all.get(id);
    if (found == null) {
      throw new BatchNotFoundException(id);
    }
    return found;
  }

  private static boolean atEnd(Found other, NewBatch batch) {
    return batch.after().ended().contains(other.id());
  }

  private static boolean isMet(Found other, NewBatch batch) {
    return atEnd(other, batch) ? other.state().isTerminal() : other.state() == BatchState.COMPLETED;
  }

  boolean isWaiting() {
    return !others.isEmpty();
  }

  void insert(Handle handle, long batch) {
    if (isWaiting()) {
      SqlObjects.on(handle, WaitDao.class)
          .insert(
              batch,
              others.stream().map(Other::number).toList(),
              others.stream().map(Other::id).toList(),
              others.stream().map(Other::atEnd).toList(),
              isPatient);
    }
  }
}
