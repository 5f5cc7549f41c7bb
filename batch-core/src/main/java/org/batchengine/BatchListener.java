package org.batchengine;

import org.batchengine.model.BatchEvent;

/**
 * Receives events about batches from this process. Best effort: events from other nodes do not
 * arrive, and events are lost if the process dies.
 */
@FunctionalInterface
public interface BatchListener {

  /**
   * Handles an event. Called on the engine's own threads, possibly several at a time, so it must be
   * thread-safe and should be quick; hand slow work to an executor of the host.
   *
   * @throws Exception if anything goes wrong; it is logged, and affects neither the batch nor other
   *     listeners
   */
  void on(BatchEvent event) throws Exception;
}
