package org.batchengine.engine.mend;

import java.util.Optional;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.BatchStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the store, at each sweep, for trouble that its verbs do not show. */
public final class StoreCheck implements Step {
  private static final Logger log = LoggerFactory.getLogger(StoreCheck.class);

  private final BatchStore store;
  private final Cadence sweep;
  private volatile Optional<String> trouble = Optional.empty();

  /** The store has not been asked yet. */
  public StoreCheck(BatchStore store, Cadence sweep) {
    this.store = store;
    this.sweep = sweep;
  }

  /** {@return what the store said last} */
  public Optional<String> trouble() {
    return trouble;
  }

  @Override
  public String name() {
    return "checking the store";
  }

  @Override
  public boolean runOnce() {
    if (sweep.isDue()) {
      Optional<String> found = store.trouble();
      if (found.isPresent() && !found.equals(trouble)) {
        log.error("the store is in trouble: {}", found.get());
      }
      trouble = found;
    }
    return false;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
