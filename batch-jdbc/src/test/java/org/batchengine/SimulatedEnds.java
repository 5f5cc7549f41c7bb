package org.batchengine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.StoreException;

/**
 * I7 as hosts see it. The store ends a run of a batch once; the listeners of the engine that was
 * answered hear of it once, those of no other ever do; nobody hears of it if that engine died or
 * was not answered. Who waits for a batch is told in any case.
 */
final class SimulatedEnds {
  private final Simulation simulation;
  private final Map<Run, String> ended = new HashMap<>();
  private final Set<Run> heard = new HashSet<>();

  /** Ends of which nodes were told by the store, and their hosts not yet. */
  private final Map<SimulatedNode, List<Run>> toBeHeard = new HashMap<>();

  private final List<Waiting> waiting = new ArrayList<>();

  private record Run(BatchId batch, int run) {}

  private record Waiting(SimulatedNode node, CompletableFuture<BatchJob> future) {}

  SimulatedEnds(Simulation simulation) {
    this.simulation = simulation;
  }

  /** The store has ended a run, whoever hears of it. */
  void ended(BatchJob job) {
    Run run = new Run(job.id(), job.run());
    if (ended.put(run, job.state().name()) != null) {
      throw simulation.violated("I7 " + run + " ends again", null);
    }
  }

  /** A node was answered that it has ended a run. */
  void answered(SimulatedNode node, BatchJob job) {
    toBeHeard.computeIfAbsent(node, first -> new ArrayList<>()).add(new Run(job.id(), job.run()));
  }

  void heard(SimulatedNode node, BatchEvent event) throws Exception {
    simulation.trace(() -> "  " + event.getClass().getSimpleName() + " " + event.batchId());
    if (event instanceof BatchEvent.Ended end) {
      BatchJob job = end.job();
      Run run = new Run(job.id(), job.run());
      if (job.counts().total() > 0 && !job.state().name().equals(ended.get(run))) {
        throw simulation.violated(
            "I7 " + node.name + " hears of an end that is none: " + run, null);
      }
      if (!heard.add(run)) {
        throw simulation.violated("I7 hosts hear twice of the end of " + run, null);
      }
      toBeHeard.getOrDefault(node, List.of()).remove(run);
    }
    simulation.listens(node);
  }

  /** A loop of the node has come round: its host has heard what it is to hear, unless it hangs. */
  void afterPass(SimulatedNode node) {
    List<Run> left = node.hasTold() ? toBeHeard.get(node) : null;
    if (left != null && !left.isEmpty()) {
      throw simulation.violated("I7 the host of " + node.name + " did not hear of " + left, null);
    }
  }

  /** A host waits for a batch. */
  void await(SimulatedNode node, BatchId batch) {
    try {
      CompletableFuture<BatchJob> future = node.parts.completions.of(batch, () -> {});
      waiting.add(new Waiting(node, future));
      var unused = future.whenComplete((job, failure) -> simulation.listens(node));
    } catch (StoreException | BatchNotFoundException e) {
      simulation.trace(() -> "  " + e.getMessage());
    }
  }

  /** All batches have ended, and nodes that live have asked the store since. */
  void allAreTold() {
    for (Waiting each : waiting) {
      if (!each.node.isDead() && !each.future.isDone()) {
        throw simulation.violated("I7 who waits at " + each.node.name + " is not told", null);
      }
    }
    waiting.clear();
  }

  /** The ends that a verb has answered with. */
  static List<BatchJob> of(String verb, Object answer) {
    return verb.equals("completeIfDone")
        ? ((List<?>) answer)
            .stream().map(BatchJob.class::cast).filter(BatchJob::isTerminal).toList()
        : List.of();
  }
}
