package org.batchengine.engine.mend;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.store.SweepStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at each sweep for work that nobody works on, also before the engine is started. What is
 * found twice in a row is logged, once for each job type: nodes that start together are given the
 * time to do so. What an engine works on itself it leaves out: if its session has expired, its
 * health says so.
 */
public final class Unserved implements Step {
  private static final Logger log = LoggerFactory.getLogger(Unserved.class);

  private final SweepStore store;
  private final SessionKeeper sessions;
  private final Set<String> registered;
  private final Cadence sweep;
  private final Set<String> warned = new HashSet<>();
  private volatile List<String> types = List.of();

  /**
   * The store has not been asked yet.
   *
   * @param registered the job types that this engine works on once it is started
   */
  public Unserved(SweepStore store, SessionKeeper sessions, Set<String> registered, Cadence sweep) {
    this.store = store;
    this.sessions = sessions;
    this.registered = registered;
    this.sweep = sweep;
  }

  /** {@return the job types that were found at the last look} */
  public List<String> types() {
    return types;
  }

  @Override
  public String name() {
    return "looking for work that nobody works on";
  }

  @Override
  public boolean runOnce() {
    if (sweep.isDue()) {
      List<String> found =
          store.unserved().stream().filter(type -> !isOurs(type) || !sessions.works()).toList();
      found.stream().filter(types::contains).filter(warned::add).forEach(this::warn);
      types = found;
    }
    return false;
  }

  private boolean isOurs(String type) {
    return registered.contains(type);
  }

  private void warn(String type) {
    log.warn(
        "batches of job type \"{}\" are waiting, and no engine works on that type: {}",
        type,
        isOurs(type)
            ? "this engine has registered it, but was not started: call start()"
            : "start an engine that registers it on this database, or cancel the batches");
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
