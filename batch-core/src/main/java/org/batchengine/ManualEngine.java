package org.batchengine;

import java.time.Duration;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;

/**
 * The real engine without threads of its own, for tests: work is done by whoever calls {@link
 * #runOnce}, {@link #runUntilIdle} or one of the {@code await} methods, on the caller's thread.
 *
 * <pre>{@code
 * var clock = ManualClock.at(Instant.EPOCH);
 * try (var engine =
 *     BatchEngine.builder(new InMemoryBatchStore(clock))
 *         .clock(clock)
 *         .register(LENGTH, text -> text.length())
 *         .manual()) {
 *   var id = engine.submit(BatchRequest.of(LENGTH, texts).startAt(Instant.EPOCH.plusSeconds(60)));
 *   clock.advance(Duration.ofMinutes(1));
 *   engine.runUntilIdle();
 *   var job = engine.status(id);
 * }
 * }</pre>
 *
 * <p>It counts as started when it is built. {@link #await(BatchId)} drives the work itself, and
 * throws {@link IllegalStateException} when the batch has not ended and nothing can run before the
 * time is moved; {@link #await(BatchId, Duration)} drives it too, and returns the batch as it
 * stands when nothing can run. It is {@linkplain #health healthy} only while it is driven. Timeouts
 * of calls do not apply, since a call runs on the caller's thread. On a store of a database the
 * time is the database's, and cannot be moved.
 *
 * <p>To be driven by one thread at a time; all else is safe for many.
 */
public interface ManualEngine extends BatchEngine {

  /**
   * Goes rounds until the batch has ended.
   *
   * @return the batch at its end
   * @throws IllegalStateException if nothing can run before the time is moved
   * @throws org.batchengine.model.BatchNotFoundException if there is none, or it is deleted
   */
  @Override
  BatchJob await(BatchId id);

  /**
   * Goes rounds until the batch has ended or there is nothing left to do at this time.
   *
   * @param atMost not looked at: nothing here waits
   * @return the batch as it then stands
   * @throws org.batchengine.model.BatchNotFoundException if there is none, or it is deleted
   */
  @Override
  BatchJob await(BatchId id, Duration atMost);

  /**
   * Goes one round: claims what is due, runs it, settles it, and completes what is done.
   *
   * @return whether there was anything to do
   */
  boolean runOnce();

  /**
   * Goes rounds until there is nothing left to do at this time.
   *
   * @return how many rounds there was something to do in
   */
  long runUntilIdle();
}
