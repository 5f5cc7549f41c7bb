package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;

/** The engine without threads: each round does one step of every part, on the caller's thread. */
final class DrivenEngine extends Engine implements ManualEngine {
  private final Machinery machinery;
  private final List<Worker> workers = new ArrayList<>();

  DrivenEngine(Machinery machinery, Fatal fatal) {
    super(machinery, fatal);
    this.machinery = machinery;
    machinery.workers().values().forEach(each -> workers.add(each.newWorker()));
  }

  @Override
  public void start() {
    // There are no threads to start: the caller drives the work, started or not.
  }

  @Override
  public boolean isStarted() {
    return !machinery.closing().get();
  }

  @Override
  public boolean runOnce() {
    boolean worked = machinery.maintenance().runOnce();
    worked |= machinery.dispatcher().runOnce();
    for (Worker worker : workers) {
      worked |= machinery.settler().hasRoom() && worker.runOnce() == Worker.Pass.WORKED;
    }
    worked |= machinery.settler().runOnce();
    return worked;
  }

  @Override
  public long runUntilIdle() {
    long rounds = 0;
    while (runOnce()) {
      rounds++;
    }
    return rounds;
  }

  @Override
  public BatchJob await(BatchId id) {
    BatchJob job = status(id);
    while (!job.isTerminal()) {
      if (!runOnce()) {
        throw new IllegalStateException(
            "batch "
                + id
                + " is "
                + job.state()
                + " and nothing can run at this time; advance the clock");
      }
      job = status(id);
    }
    return job;
  }

  @Override
  public BatchJob await(BatchId id, Duration atMost) {
    requireNonNull(atMost, "atMost");
    BatchJob job = status(id);
    while (!job.isTerminal() && runOnce()) {
      job = status(id);
    }
    return job;
  }
}
