package org.batchengine;

import org.batchengine.model.BatchEvent;

/**
 * Receives events about batches: those of this process if it is given to the engine's builder, or
 * those of all nodes if it {@linkplain BatchFeed#subscribe subscribes}. Best effort: events are
 * lost if the process dies.
 */
@FunctionalInterface
public interface BatchListener {

  /**
   * Handles an event. An engine calls each of its listeners on a thread that serves only that
   * listener, one event after another, so a slow one delays neither the engine nor other listeners.
   * What waits for a listener may take up to 64 MiB, or a sixteenth of the heap if that is less.
   * Events beyond that are lost: the log says so, and {@link EngineMetrics#lost} counts them.
   * {@link BatchEngine#close} waits two seconds for listeners.
   *
   * @throws Exception if anything goes wrong; it is logged, and affects neither the batch nor other
   *     listeners
   */
  void on(BatchEvent event) throws Exception;
}
