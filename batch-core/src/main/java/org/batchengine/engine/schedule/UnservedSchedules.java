package org.batchengine.engine.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.ScheduleStore;

/**
 * Looks at each sweep for fires whose code no node has. They have been to be had for a minute, as
 * nodes that start together are given the time to do so, and are so at two looks: at one look it
 * may only just be their turn, although they are old.
 */
public final class UnservedSchedules implements Step {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final ScheduleStore store;
  private final Cadence sweep;
  private Map<NameInTenant, Instant> seen = Map.of();
  private volatile List<String> names = List.of();

  /** The store has not been asked yet. */
  public UnservedSchedules(ScheduleStore store, Cadence sweep) {
    this.store = store;
    this.sweep = sweep;
  }

  /** {@return the schedules that were found at the last two looks, with their tenants} */
  public List<String> names() {
    return names;
  }

  @Override
  public String name() {
    return "looking for fires that nobody submits";
  }

  @Override
  public boolean runOnce() {
    if (sweep.isDue()) {
      Map<NameInTenant, Instant> found = store.unserved(PATIENCE);
      names =
          found.entrySet().stream()
              .filter(seen.entrySet()::contains)
              .map(each -> each.getKey().tenant() + "/" + each.getKey().name())
              .toList();
      seen = found;
    }
    return false;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
