package org.batchengine;

import java.util.Optional;
import org.batchengine.model.BatchId;

/**
 * Runs around each call of a processor, on the call's thread: to bind something to that thread, or
 * to measure or trace the call. {@link BatchEngine.Builder#interceptor} adds it.
 *
 * <pre>{@code
 * CallInterceptor timed =
 *     call -> {
 *       long began = System.nanoTime();
 *       try {
 *         call.proceed();
 *       } finally {
 *         System.out.println(call.type() + " took " + (System.nanoTime() - began) + " ns");
 *       }
 *     };
 * }</pre>
 *
 * <p>Called from many threads at a time, so it must be thread-safe. Its time counts toward {@link
 * JobOptions#timeout}.
 */
@FunctionalInterface
public interface CallInterceptor {

  /**
   * Calls {@link Invocation#proceed} once, and does what else there is to do.
   *
   * @throws Exception if the processor throws, or this does; either fails the attempt
   */
  void intercept(Invocation call) throws Exception;

  /**
   * A call of a processor with one item, or with a chunk of them.
   *
   * <p>Implemented by the engine. Later versions may add methods, with default bodies.
   */
  interface Invocation {

    /** {@return the batch that the items belong to} */
    BatchId batchId();

    /** {@return the name of the job type} */
    String type();

    /** {@return the batch's tenant; {@code "default"} if none was set} */
    String tenant();

    /** {@return the index of the item in the batch, from 0; in bulk that of the first item} */
    int index();

    /** {@return the number of items; always 1 unless in bulk} */
    int items();

    /** {@return the number of this attempt, from 1; in bulk that of the first item} */
    int attempt();

    /** {@return the transaction that a transactional processor works in} */
    Optional<Object> transaction();

    /**
     * Calls the processor. Must be called on the call's thread; if it is not called, the attempt
     * fails. Returns normally if the processor leaves by a verdict, such as {@link
     * ItemContext#skip}.
     *
     * @throws IllegalStateException if called twice
     * @throws Exception if the processor throws; if it is caught, the attempt fails all the same
     */
    void proceed() throws Exception;
  }
}
