package org.batchengine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.StoreException;
import org.batchengine.store.ReadStore;

/** Batches of a simulation that are made of the inputs of others. */
final class SimulatedCopies {
  static final JobType<String, String> TYPE = JobType.of("copied", String.class, String.class);

  private final Simulation simulation;
  private final Random random;
  private final List<Copy> copies = new ArrayList<>();

  /** One that was answered; perhaps it was to wait for the end of the other. */
  private record Copy(BatchId id, SimulatedBatch from, boolean isAfter, boolean mayStop) {}

  SimulatedCopies(Simulation simulation, Random random) {
    this.simulation = simulation;
    this.random = random;
  }

  List<BatchId> ids() {
    return copies.stream().map(Copy::id).toList();
  }

  /** Perhaps makes one of the batch. */
  void submit(SimulatedNode node, SimulatedBatch from) {
    if (random.nextInt(3) > 0 || !node.isAwake() || from.id == null || from.isGone) {
      return;
    }
    boolean isAfter = random.nextInt(3) > 0;
    boolean mayStop = random.nextInt(4) == 0;
    BatchRequest<String> request =
        BatchRequest.ofInputs(
                TYPE,
                from.id,
                ItemState.SUCCEEDED,
                ItemState.FAILED,
                ItemState.SKIPPED,
                ItemState.CANCELLED)
            .tenant(from.tenant);
    simulation.trace(() -> node.name + " copies " + from.name + (isAfter ? " after its end" : ""));
    try {
      BatchId id = node.batches.submit(isAfter ? request.afterEnd(from.id) : request);
      copies.add(new Copy(id, from, isAfter, mayStop));
      if (mayStop) {
        node.batches.cancel(id, SimulationWatch.STEERED);
      }
    } catch (StoreException e) {
      simulation.trace(() -> "  is not answered");
    } catch (BatchNotFoundException e) {
      if (!from.mayVanish) {
        throw simulation.violated("a batch to copy is not found", e);
      }
    } catch (RuntimeException e) {
      if (!node.isDead()) {
        throw simulation.violated("a submit failed", e);
      }
    }
  }

  /** Each has ended, and has the items of the other one, in their order. */
  void areExact(ReadStore store) {
    for (Copy copy : copies) {
      BatchJob job = store.find(copy.id(), null).orElseThrow();
      boolean mayFail = copy.from().mayVanish;
      boolean isAsItMayBe =
          switch (job.state()) {
            case COMPLETED -> true;
            case FAILED -> mayFail;
            case CANCELLED -> copy.mayStop();
            default -> false;
          };
      List<String> inputs =
          store
              .items(store.header(copy.id(), null).orElseThrow(), ItemQuery.all().limit(100))
              .items()
              .stream()
              .map(BatchItem::input)
              .toList();
      List<String> all = copy.from().items.stream().map(Item::input).toList();
      boolean mustBeAll =
          copy.isAfter() && job.state() == BatchState.COMPLETED && !copy.from().mayReopen;
      boolean isCopy = mustBeAll ? inputs.equals(all) : inputs.equals(inOrder(all, inputs));
      if (!isAsItMayBe || job.isFilling() || !isCopy) {
        throw simulation.violated(
            "the copy of " + copy.from().name + " is " + job.state() + " with " + inputs, null);
      }
    }
  }

  private static List<String> inOrder(List<String> all, List<String> some) {
    return all.stream().filter(some::contains).toList();
  }

  /** For a trace. */
  Optional<String> state(ReadStore store) {
    return copies.stream()
        .flatMap(copy -> store.find(copy.id(), null).stream())
        .map(job -> "copy " + job.state() + " " + job.counts())
        .reduce((one, other) -> one + ", " + other);
  }
}
