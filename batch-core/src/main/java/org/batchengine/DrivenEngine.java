package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.batchengine.engine.run.Worker;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.StoreException;

/** The engine without threads: each round runs one step of every part on the caller's thread. */
final class DrivenEngine extends Engine implements ManualEngine {
  private final EngineParts parts;
  private final List<Worker> workers = new ArrayList<>();
  private final List<BooleanSupplier> steps;

  DrivenEngine(EngineParts parts) {
    super(parts);
    this.parts = parts;
    steps =
        List.of(
            parts.renewal::runOnce,
            parts.maintenance::runOnce,
            parts.schedules::runOnce,
            this::claim,
            this::work,
            parts.settler::runOnce);
    parts.workers.values().forEach(each -> workers.add(each.newWorker()));
  }

  /** There are no threads to start: the caller drives the work. */
  @Override
  void startLoops() {
    parts.resume();
  }

  @Override
  public boolean isStarted() {
    return !parts.closing.get();
  }

  @Override
  public boolean runOnce() {
    boolean worked = false;
    StoreException failure = null;
    for (BooleanSupplier step : steps) {
      try {
        worked |= step.getAsBoolean();
      } catch (StoreException e) {
        // As with threads, a failing part does not stop the others.
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
    return worked;
  }

  /** Its host decides when to look for work. */
  private boolean claim() {
    parts.looking.look();
    return parts.dispatcher.runOnce();
  }

  private boolean work() {
    boolean worked = false;
    for (Worker worker : workers) {
      worked |= parts.settlements.hasRoom() && worker.runOnce() == Worker.Pass.WORKED;
    }
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
    refuseInItem(id);
    BatchJob job = status(id);
    while (!job.isTerminal()) {
      if (!runOnce()) {
        throw new IllegalStateException(
            "batch " + id + " is " + job.state() + " and nothing can run now; advance the clock");
      }
      job = status(id);
    }
    return job;
  }

  @Override
  public BatchJob await(BatchId id, Duration atMost) {
    requireNonNull(atMost, "atMost");
    refuseInItem(id);
    BatchJob job = status(id);
    while (!job.isTerminal() && runOnce()) {
      job = status(id);
    }
    return job;
  }
}
