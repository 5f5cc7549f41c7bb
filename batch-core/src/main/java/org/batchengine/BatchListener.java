package org.batchengine;

import org.batchengine.model.BatchEvent;

/**
 * Hears what happens to batches in this process. Best effort: events of other nodes do not arrive,
 * and those of a process that dies are lost.
 */
@FunctionalInterface
public interface BatchListener {

  /**
   * Takes an event. Called by the engine's own threads, possibly several at a time, so it must be
   * thread-safe, and should be quick: work that takes long belongs to an executor of the host.
   *
   * @throws Exception whatever went wrong: it is logged, and changes nothing for the batch or for
   *     other listeners
   */
  void on(BatchEvent event) throws Exception;
}
