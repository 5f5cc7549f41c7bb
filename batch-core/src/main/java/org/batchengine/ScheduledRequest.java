package org.batchengine;

import org.batchengine.schedule.Fire;

/** Makes the request for a fire of a schedule; see {@link BatchEngine.Builder#schedule}. */
@FunctionalInterface
public interface ScheduledRequest {

  /**
   * Returns the request of the batch to submit. It may read files or a database. If it has nothing
   * to do, it returns a request without items, whose batch is COMPLETED at once.
   *
   * <p>Called on a thread of the engine, for one fire after another. After a death it may be called
   * a second time for the same fire, and only one batch is submitted. If it throws, it is called
   * again after 10 seconds, 20 seconds and so on, up to 10 minutes; after ten calls the fire is
   * FAILED.
   *
   * @param fire the fire, with the instant for which it is
   * @return a request without an idempotency key, which the engine sets, and of no other tenant
   *     than the schedule's
   * @throws Exception if it cannot make the request now
   */
  BatchRequest<?> request(Fire fire) throws Exception;
}
