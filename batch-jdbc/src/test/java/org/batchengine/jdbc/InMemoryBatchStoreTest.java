package org.batchengine.jdbc;

import java.util.List;
import org.batchengine.ManualClock;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.InMemoryRows;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchStore;

class InMemoryBatchStoreTest extends BatchStoreContract {

  @Override
  StoreUnderTest open() {
    return new InMemory();
  }

  private static final class InMemory implements StoreUnderTest {
    private final ManualClock clock = ManualClock.at(StoreContract.START);
    private final InMemoryBatchStore store = new InMemoryBatchStore(clock);
    private final InMemoryRows rows = new InMemoryRows(store);

    @Override
    public BatchStore store() {
      return store;
    }

    @Override
    public BatchStore another() {
      return store;
    }

    @Override
    public ManualClock clock() {
      return clock;
    }

    @Override
    public void passDeadline(long batch) {
      rows.passDeadline(batch);
    }

    @Override
    public void setState(long batch, BatchState state) {
      rows.setState(batch, state);
    }

    @Override
    public void loseSession(long session) {
      rows.loseSession(session);
    }

    @Override
    public void forceOutcome(long batch, int index) {
      rows.forceOutcome(batch, index);
    }

    @Override
    public void defer(long batch, int index) {
      rows.defer(batch, index);
    }

    @Override
    public void loseMotion(long batch) {
      rows.loseMotion(batch);
    }

    @Override
    public void loseUnowned(long batch) {
      rows.loseUnowned(batch);
    }

    @Override
    public void loseCounters(long batch) {
      rows.loseCounters(batch);
    }

    @Override
    public long rowsInMotion(long batch) {
      return rows.rowsInMotion(batch);
    }

    @Override
    public long rows(long batch) {
      return rows.rows(batch);
    }

    @Override
    public List<Event> events(long batch) {
      return rows.events(batch).stream()
          .map(row -> new Event(row.kind(), row.actor(), row.reason(), row.happenedAt()))
          .toList();
    }

    @Override
    public List<String> violations() {
      return rows.violations();
    }

    @Override
    public int connectionsOut() {
      return 0;
    }

    @Override
    public void close() {
      store.close();
    }
  }
}
