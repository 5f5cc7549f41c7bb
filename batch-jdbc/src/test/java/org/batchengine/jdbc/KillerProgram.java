package org.batchengine.jdbc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;

/**
 * A host that works until a batch has ended, closes its engine in a shutdown hook, and ends by
 * itself when its engine says that it is not well. Some inputs take the process down.
 */
final class KillerProgram {
  static final JobType<String, String> WORK = JobType.of("work", String.class, String.class);

  private KillerProgram() {}

  /** URL, batch. */
  public static void main(String[] args) throws InterruptedException {
    BatchId id = BatchId.of(args[1]);
    BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(args[0]))
            .sessionExpiry(Duration.ofSeconds(2))
            .pollInterval(Duration.ofMillis(50))
            .drainTimeout(Duration.ofMillis(200))
            .register(
                WORK,
                KillerProgram::work,
                JobOptions.defaults().concurrency(4).retry(RetryPolicy.none()))
            .build();
    Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
    engine.start();
    while (!engine.await(id, Duration.ofMillis(100)).isTerminal()) {
      if (!engine.health().isUp()) {
        System.exit(2);
      }
    }
    System.exit(0);
  }

  private static String work(String input) {
    switch (input) {
      case "exit" -> System.exit(1);
      case "halt" -> Runtime.getRuntime().halt(1);
      case "memory" -> {
        List<byte[]> all = new ArrayList<>();
        while (all.size() < Integer.MAX_VALUE) {
          all.add(new byte[1 << 16]);
        }
      }
      default -> {}
    }
    return "done " + input;
  }
}
