package org.batchengine.engine.run;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.batchengine.engine.limit.Allowances;

/**
 * The calls that wait for the workers of an engine.
 *
 * @param expiry of sessions
 */
public record WaitingCalls(Map<String, Workers> workers, Duration expiry)
    implements Allowances.Waiting {

  @Override
  public List<Part> parts(String type) {
    Workers ofType = workers.get(type);
    return ofType == null || ofType.slowDown().isOn() ? List.of() : ofType.queue().waitingCalls();
  }

  @Override
  public int workers(String type) {
    Workers ofType = workers.get(type);
    return ofType == null ? 0 : ofType.settings().concurrency();
  }

  @Override
  public double nanosBetween(String type) {
    Workers ofType = workers.get(type);
    if (ofType == null) {
      return 1;
    }
    ClaimSizing sizing = ofType.sizing();
    return sizing.nanosPerItem() * sizing.perCall() / ofType.settings().concurrency();
  }

  /** A batch that names a longer timeout has its calls given to others too. */
  @Override
  public Duration patience(String type) {
    Workers ofType = workers.get(type);
    Duration timeout = ofType == null ? Duration.ZERO : ofType.settings().timeout();
    return timeout.plus(expiry.multipliedBy(2));
  }

  @Override
  public Collection<String> types() {
    return workers.keySet();
  }
}
