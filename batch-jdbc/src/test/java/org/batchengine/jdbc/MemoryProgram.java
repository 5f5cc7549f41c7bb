package org.batchengine.jdbc;

import java.time.Duration;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;

/** A host with little memory that works until a batch has ended, and fails if its engine does. */
final class MemoryProgram {
  static final JobType<String, String> WORK = JobType.of("work", String.class, String.class);
  static final int LARGE = 1_000_000;
  static final String OUTPUT = "output";
  static final String ERROR = "error";

  private MemoryProgram() {}

  /** URL, batch. */
  public static void main(String[] args) throws InterruptedException {
    BatchId id = BatchId.of(args[1]);
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(args[0]))
            .register(
                WORK,
                MemoryProgram::work,
                JobOptions.defaults().concurrency(4).retry(RetryPolicy.none()))
            .start()) {
      while (!engine.await(id, Duration.ofMillis(100)).isTerminal()) {
        if (!engine.health().isUp()) {
          System.out.println(engine.health());
          Runtime.getRuntime().halt(2);
        }
      }
    }
    System.exit(0);
  }

  private static String work(String input) {
    return switch (input) {
      case OUTPUT -> "x".repeat(LARGE);
      case ERROR -> throw deep(200);
      default -> "done";
    };
  }

  /** An error whose message and stack are longer than what is kept of them. */
  private static IllegalStateException deep(int calls) {
    return calls == 0 ? new IllegalStateException("e".repeat(5_000)) : deep(calls - 1);
  }
}
