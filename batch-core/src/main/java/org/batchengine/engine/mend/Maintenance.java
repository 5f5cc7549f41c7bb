package org.batchengine.engine.mend;

import java.util.List;
import java.util.stream.Stream;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.loop.Steps;

/**
 * Looks after what no thread has in hand: one step after the other, each with its own subject.
 *
 * <ul>
 *   <li>An engine that only submits still ends what it was told to end.
 *   <li>An engine that was started also mends what others left behind.
 *   <li>After the virtual machine has failed, only those who wait for a batch are told.
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

  /** The virtual machine has failed: others must take over what this engine would mend. */
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
