package org.batchengine.jdbc;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;

/**
 * A host with little memory that submits a large batch and many small ones after it, and says on
 * stdout how many items of the large one were open when the last small one had ended, and at the
 * end how large its live heap is.
 */
final class SizeProgram {
  static final JobType<String, String> WORK = JobType.of("work", String.class, String.class);
  static final int SMALL_ITEMS = 5;
  static final String OPEN = "open";
  static final String HEAP = "heap";

  private static final Duration LONGEST = Duration.ofMinutes(15);
  private static final BatchState[] LIVE = {
    BatchState.PENDING, BatchState.RUNNING, BatchState.STOPPING
  };

  private volatile boolean released;
  private final int millis;

  private SizeProgram(int millis) {
    this.millis = millis;
  }

  /**
   * URL, items of the large batch, milliseconds of one until the small ones have ended, batches.
   */
  public static void main(String[] args) throws Exception {
    new SizeProgram(Integer.parseInt(args[2]))
        .run(args[0], Integer.parseInt(args[1]), Integer.parseInt(args[3]));
    System.exit(0);
  }

  private void run(String url, int largeItems, int smallBatches) throws Exception {
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(url))
            .register(WORK, this::work, JobOptions.defaults().concurrency(4))
            .start()) {
      BatchId large = engine.submit(WORK, inputs("large ", largeItems));
      IntStream.range(0, smallBatches)
          .parallel()
          .forEach(
              batch ->
                  engine.submit(
                      BatchRequest.of(WORK, inputs("small " + batch + " ", SMALL_ITEMS))
                          .name("small")));
      await(engine, live().nameContains("small"));
      say(OPEN, engine.status(large).counts().unfinished());
      released = true;
      await(engine, live());
      System.gc();
      say(HEAP, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
  }

  private String work(String input) {
    if (input.startsWith("large") && !released) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
    return "done " + input;
  }

  private static Stream<String> inputs(String name, int count) {
    return IntStream.range(0, count).mapToObj(index -> name + index);
  }

  private static HistoryQuery live() {
    return HistoryQuery.all().state(LIVE).limit(1);
  }

  private static void await(BatchEngine engine, HistoryQuery some) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(100))
        .atMost(LONGEST)
        .until(() -> engine.history(some).items().isEmpty());
  }

  private static void say(String word, long number) {
    System.out.println(word + " " + number);
    System.out.flush();
  }
}
