package org.batchengine;

import java.time.Duration;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;

/**
 * The real engine without its own threads, for tests. {@link #runOnce}, {@link #runUntilIdle} and
 * the {@code await} methods do the work on the caller's thread.
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
 * <p>It counts as started once it is built. {@link #await(BatchId)} runs the work itself, and
 * throws {@link IllegalStateException} if the batch has not ended and nothing can run until the
 * clock is advanced. {@link #await(BatchId, Duration)} runs the work too, and returns the batch as
 * it is when nothing more can run. The engine is {@linkplain #health healthy} only while it is
 * driven. Call timeouts do not apply, because calls run on the caller's thread. A database store
 * uses the database's clock, which cannot be advanced.
 *
 * <p>Only one thread at a time may drive it; everything else is thread-safe.
 */
public interface ManualEngine extends BatchEngine {

  /**
   * Runs rounds until the batch has ended.
   *
   * @return the ended batch
   * @throws IllegalStateException if nothing can run until the clock is advanced
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch, or it is
   *     deleted
   */
  @Override
  BatchJob await(BatchId id);

  /**
   * Runs rounds until the batch has ended or nothing is left to do at the current time.
   *
   * @param atMost ignored, because nothing here waits
   * @return the batch as it is then
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch, or it is
   *     deleted
   */
  @Override
  BatchJob await(BatchId id, Duration atMost);

  /**
   * Runs one round: claims due work, runs it, settles it, and completes batches that are done.
   *
   * @return whether there was anything to do
   */
  boolean runOnce();

  /**
   * Runs rounds until nothing is left to do at the current time.
   *
   * @return the number of rounds that had something to do
   */
  long runUntilIdle();
}
