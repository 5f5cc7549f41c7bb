package org.batchengine.engine.run;

import java.util.Collection;
import java.util.Map;
import org.batchengine.engine.limit.Allowances;
import org.batchengine.store.LimitName;

/** The calls that wait for the workers of an engine. */
public record WaitingCalls(Map<String, Workers> workers) implements Allowances.Waiting {

  @Override
  public int calls(String type, LimitName limit) {
    Workers ofType = workers.get(type);
    return ofType == null || ofType.slowDown().isOn() ? 0 : ofType.queue().waitingCalls(limit);
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

  @Override
  public Collection<String> types() {
    return workers.keySet();
  }
}
