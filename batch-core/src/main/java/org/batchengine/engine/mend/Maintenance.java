package org.batchengine.engine.mend;

import java.util.List;
import java.util.stream.Stream;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.loop.Steps;

/**
 * Looks after everything that no other thread handles: one step after another, each with its own
 * subject.
 *
 * <ul>
 *   <li>An engine that only submits still ends the batches it was told to end.
 *   <li>A started engine also repairs what others left behind.
 *   <li>After the virtual machine has failed, it only tells callers that wait for a batch.
 * </ul>
 */
public final class Maintenance implements Step {
  private final Steps failed;
  private final Steps built;
  private final Steps started;
  private volatile Steps now;

  /**
   * The steps of an engine that is built.
   *
   * @param telling also runs after the virtual machine has failed
   * @param always run from the beginning
   * @param onceStarted run once the engine is started
   */
  public Maintenance(Step telling, List<Step> always, List<Step> onceStarted) {
    failed = new Steps(List.of(telling));
    built = new Steps(Stream.concat(Stream.of(telling), always.stream()).toList());
    started =
        new Steps(Stream.of(List.of(telling), onceStarted, always).flatMap(List::stream).toList());
    now = built;
  }

  /** The engine is started. */
  public synchronized void start() {
    if (now != failed) {
      now = started;
    }
  }

  /** The engine is stopped, and may be started again. */
  public synchronized void stop() {
    if (now != failed) {
      now = built;
    }
  }

  /** The virtual machine has failed: other engines must take over this engine's repairs. */
  public synchronized void fail() {
    now = failed;
  }

  @Override
  public String name() {
    return now.last();
  }

  @Override
  public boolean runOnce() {
    return now.runOnce();
  }

  @Override
  public long idleNanos() {
    return now.idleNanos();
  }
}
