package org.batchengine.modules;

import org.batchengine.BatchProcessor;
import org.batchengine.Chunk;
import org.batchengine.JobType;

/** What the host's module provides. */
public final class ProvidedProcessor implements BatchProcessor<String, Integer> {
  static final JobType<String, Integer> TYPE = JobType.of("provided", String.class, Integer.class);

  @Override
  public void process(Chunk<String, Integer> chunk) {
    chunk.forEach(item -> item.succeed(item.input().length()));
  }

  @Override
  public JobType<String, Integer> type() {
    return TYPE;
  }
}
