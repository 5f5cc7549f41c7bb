package org.batchengine.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.batchengine.SimulatedStore;
import org.batchengine.store.BatchStore;

/** A database whose time is moved on. */
final class SimulatedDatabase implements SimulatedStore {
  private final JdbcUnderTest under;

  SimulatedDatabase(JdbcUnderTest under) {
    this.under = under;
  }

  @Override
  public BatchStore store() {
    return under.store();
  }

  @Override
  public Instant now() {
    return under.clock().instant();
  }

  @Override
  public void move(Duration step) {
    under.clock().advance(step);
  }

  @Override
  public boolean canGoBack() {
    return false;
  }

  @Override
  public Set<Long> sessions() {
    return under
        .jdbi()
        .withHandle(
            handle -> handle.select("select id from batch_session").mapTo(Long.class).set());
  }

  @Override
  public List<String> history(long batch) {
    return under.events(batch).stream().map(StoreUnderTest.Event::kind).toList();
  }

  @Override
  public List<String> violations() {
    return under.violations();
  }

  @Override
  public void close() {
    under.close();
  }
}
