package org.batchengine.jdbc;

import java.util.List;
import java.util.function.UnaryOperator;
import org.batchengine.BatchEngine;
import org.batchengine.EngineMetrics;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;

/** An application that {@link RedeployTest} loads, runs and drops: it uses all of an engine. */
public final class RedeployedProgram implements UnaryOperator<String> {
  private static final JobType<Integer, Input> WORK =
      JobType.of("work", Integer.class, Input.class);

  /** For the codec to see a class of the application. */
  record Input(int number) {}

  @Override
  public String apply(String url) {
    JobOptions options = JobOptions.defaults().retry(RetryPolicy.none()).retryIf(e -> true);
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(url))
            .register(WORK, number -> work(number), options)
            .listener(event -> {})
            .start()) {
      engine.metrics().tell(new EngineMetrics.Recorder() {});
      BatchId id = engine.submit(WORK, List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
      engine.completion(id).thenRun(() -> {}).join();
      return engine.status(id).counts().succeeded() + " of " + engine.results(WORK, id).count();
    }
  }

  private static Input work(int number) {
    if (number == 7) {
      throw new IllegalStateException("as every seventh does");
    }
    return new Input(number);
  }
}
