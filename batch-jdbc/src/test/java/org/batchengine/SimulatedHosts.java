package org.batchengine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.SimulatedBatch.Kind;
import org.batchengine.SimulatedBatch.Shape;
import org.batchengine.engine.settle.Answers;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.SettleResult;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.FencedException;

/** What hosts do in a simulation: they submit batches, steer them, and wait for them. */
final class SimulatedHosts {
  private static final int MOST_BATCHES = 4;
  private static final int MOST_ITEMS = 20;

  private final Simulation simulation;
  private final Random random;
  private final List<SimulatedBatch> batches = new ArrayList<>();
  private final SimulatedCopies copies;

  /** Of its own: other dice fall as they did before. */
  private final Random changes;

  SimulatedHosts(Simulation simulation, Random random) {
    this.simulation = simulation;
    this.random = random;
    copies = new SimulatedCopies(simulation, random);
    changes = new Random(simulation.seed());
  }

  SimulatedCopies copies() {
    return copies;
  }

  /** All that were submitted, answered or not. */
  List<SimulatedBatch> batches() {
    return batches;
  }

  void submit(SimulatedNode node) {
    if (batches.size() >= MOST_BATCHES || !node.isAwake()) {
      return;
    }
    Shape[] shapes = Shape.values();
    SimulatedBatch batch =
        new SimulatedBatch(
            "b" + batches.size(),
            "tenant-" + random.nextInt(2),
            "owner-" + random.nextInt(2),
            random.nextInt(3) == 0 ? Shape.PLAIN : shapes[random.nextInt(shapes.length)]);
    int size = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(MOST_ITEMS);
    int badness = random.nextInt(4);
    for (int i = 0; i < size; i++) {
      batch.add(kind(badness));
    }
    batch.isTold = batches.size() % 2 == 0;
    batches.add(batch);
    simulation.watch().expect(batch);
    BatchRequest<String> request = request(batch);
    simulation.trace(() -> node.name + " submits " + request + " as " + batch.name);
    try {
      var id = node.batches.submit(request);
      if (random.nextBoolean()) {
        simulation.ends().await(node, id);
      }
    } catch (StoreException e) {
      simulation.trace(() -> "  is not answered");
    } catch (BatchNotFoundException e) {
      boolean mayBeGone =
          Stream.of(batch.after, batch.afterEnd)
              .flatMap(List::stream)
              .anyMatch(other -> other.mayVanish);
      if (!mayBeGone) {
        throw simulation.violated("a batch to wait for is not found", e);
      }
      simulation.trace(() -> "  " + e.getMessage());
    } catch (RuntimeException e) {
      // The session of a node that was away for long is reaped, and with it what it was submitting.
      boolean wasReaped = e.getCause() instanceof FencedException;
      if (!node.isDead() && !wasReaped) {
        throw simulation.violated("a submit failed", e);
      }
    }
    simulation.watch().discover();
    copies.submit(node, batch);
    simulation.watch().lookAtBatches();
  }

  private Kind kind(int badness) {
    if (random.nextInt(4) >= badness) {
      return Kind.FINE;
    }
    return switch (random.nextInt(16)) {
      case 0, 1, 2 -> Kind.FLAKY;
      case 3, 4 -> Kind.BAD;
      case 5 -> Kind.SKIPPED;
      case 11, 12 -> Kind.DEFERRED;
      case 6 -> Kind.UNKEPT;
      case 7, 8, 9 -> Kind.HANGING;
      case 10 -> Kind.KILLER;
      default -> Kind.FINE;
    };
  }

  private BatchRequest<String> request(SimulatedBatch batch) {
    List<String> inputs = batch.items.stream().map(Item::input).toList();
    BatchRequest<String> request =
        BatchRequest.of(batch.shape.type(), inputs)
            .name(batch.name)
            .tenant(batch.tenant)
            .submittedBy(batch.owner)
            .priority(random.nextInt(10));
    if (batch.isTold) {
      request = request.notify(SimulatedBatch.TOLD);
    }
    if (random.nextInt(4) == 0) {
      request = request.idempotencyKey(batch.name);
      // Written page by page: it may break off, and is removed then.
      batch.mayVanish = true;
    }
    if (random.nextInt(5) == 0) {
      request = request.startAt(simulation.ground().now().plusMillis(random.nextInt(8_000)));
    }
    if (random.nextInt(4) == 0) {
      request = afterOthers(request, batch);
    }
    if (random.nextInt(6) == 0) {
      request = request.tolerateFailures(random.nextInt(3));
      batch.mayStop = true;
    }
    if (random.nextInt(12) == 0) {
      request = request.deadline(Duration.ofSeconds(1 + random.nextInt(30)));
      batch.mayStop = true;
    }
    return request;
  }

  /** Brings a result of an item that was handed out, perhaps for the second time. */
  void answer(SimulatedNode node) {
    List<Item> handedOut =
        batches.stream()
            .filter(batch -> batch.id != null && !batch.isGone)
            .flatMap(batch -> batch.items.stream())
            .filter(item -> !item.deferred.isEmpty())
            .toList();
    if (!node.isAwake() || handedOut.isEmpty()) {
      return;
    }
    Item item = handedOut.get(random.nextInt(handedOut.size()));
    List<Integer> attempts = List.copyOf(item.deferred);
    int attempt = random.nextInt(3) == 0 ? 0 : attempts.get(random.nextInt(attempts.size()));
    boolean fails = attempt != 0 && random.nextInt(3) == 0;
    String output = InvariantLook.ANSWER + simulation.nextCall() + " for " + item.input();
    if (attempt == 0) {
      item.answered.add(output);
    } else if (fails) {
      item.failed.add(attempt);
    } else {
      item.returned.put(output, attempt);
    }
    simulation.trace(
        () -> node.name + " answers " + item + ", attempt " + attempt + (fails ? ": no" : ""));
    int latest = item.attempt;
    try {
      SettleResult result = answer(node, item, attempt, fails, output);
      simulation.trace(() -> "  " + result);
      if (result == SettleResult.SETTLED && attempt != 0 && attempt < latest) {
        throw simulation.violated("an old answer counts for " + item + ": " + attempt, null);
      }
    } catch (StoreException | FencedException e) {
      simulation.trace(() -> "  " + e.getMessage());
    }
  }

  /** Nobody waits: nothing would happen meanwhile. */
  private static SettleResult answer(
      SimulatedNode node, Item item, int attempt, boolean fails, String output) {
    Optional<BatchHeader> header = node.parts.store.reading().header(item.batch.id, null);
    return header.isEmpty()
        ? SettleResult.NOT_YET
        : node.parts
            .answers
            .with(new Answers.Patience(node.parts.clock.nanos(), nanos -> false))
            .settle(
                header.get(),
                Map.of(
                    item.index,
                    new Answers.Answer(
                        null,
                        attempt,
                        (rules, work) ->
                            fails
                                ? rules.attemptFailed(work, "E_OUTSIDE", "no", 0)
                                : rules.succeeded(work, output, null, 0))))
            .get(item.index);
  }

  private BatchRequest<String> afterOthers(BatchRequest<String> request, SimulatedBatch batch) {
    for (SimulatedBatch other : batches) {
      boolean isThere = other.id != null && !other.isGone && other.tenant.equals(batch.tenant);
      if (isThere && random.nextInt(3) > 0) {
        (random.nextInt(3) == 0 ? batch.afterEnd : batch.after).add(other);
      }
    }
    batch.isPatient = random.nextInt(4) == 0;
    BatchRequest<String> after =
        request
            .after(batch.after.stream().map(other -> other.id).toList())
            .afterEnd(batch.afterEnd.stream().map(other -> other.id).toList());
    return batch.isPatient ? after.waitForRetry() : after;
  }

  void steer(SimulatedNode node) {
    SimulatedBatch batch = batches.get(random.nextInt(batches.size()));
    if (!node.isAwake() || batch.id == null || batch.isGone) {
      return;
    }
    int what = random.nextInt(14);
    boolean foreign = random.nextInt(8) == 0;
    simulation.trace(
        () -> node.name + " steers " + batch.name + (foreign ? " for another tenant" : ""));
    try {
      if (foreign) {
        steer(node.batches.forTenant("tenant-2"), batch, what, true);
      } else {
        steer(node.batches, batch, what, false);
      }
      if (changes.nextInt(4) == 0) {
        change(foreign ? node.batches.forTenant("tenant-2") : node.batches, batch);
      }
    } catch (StoreException | IllegalTransitionException e) {
      simulation.trace(() -> "  " + e.getMessage());
    } catch (BatchNotFoundException e) {
      if (!foreign && !batch.mayVanish) {
        throw simulation.violated("batch " + batch.name + " is not found", e);
      }
    } catch (RuntimeException e) {
      throw simulation.violated("steering failed", e);
    }
  }

  private void steer(Batches view, SimulatedBatch batch, int what, boolean foreign) {
    String reason = SimulationWatch.STEERED;
    switch (what) {
      case 0, 1, 2 -> view.pause(batch.id, reason);
      case 3, 4, 5 -> view.resume(batch.id, reason);
      case 6, 7 -> {
        CancelMode mode = random.nextBoolean() ? CancelMode.GRACEFUL : CancelMode.FORCED;
        batch.mayStop |= !foreign;
        batch.mayBeCutOff |= !foreign && mode == CancelMode.FORCED;
        view.cancel(batch.id, mode, reason);
      }
      case 8, 9, 10, 11 -> {
        batch.mayReopen |= !foreign;
        view.retryFailed(batch.id, failedItems(), reason);
      }
      case 12 -> {
        batch.mayVanish |= !foreign;
        view.delete(batch.id);
      }
      default -> {
        if (!foreign && random.nextInt(3) == 0) {
          removeAll(view, batch.owner);
        }
      }
    }
  }

  private void change(Batches view, SimulatedBatch batch) {
    BatchChange change = BatchChange.none().priority(changes.nextInt(10));
    if (changes.nextInt(3) == 0) {
      batch.hasBudget = true;
      change = change.budget("usd", 0.1 + changes.nextInt(20));
    }
    String said = change.toString();
    simulation.trace(() -> "  and changes it: " + said);
    view.change(batch.id, change, SimulationWatch.STEERED);
  }

  private void removeAll(Batches view, String owner) {
    for (SimulatedBatch each : batches) {
      if (each.owner.equals(owner)) {
        each.mayStop = true;
        each.mayVanish = true;
      }
    }
    view.deleteSubmittedBy(owner);
  }

  private FailedItems failedItems() {
    return switch (random.nextInt(3)) {
      case 0 -> FailedItems.at(random.nextInt(MOST_ITEMS), random.nextInt(MOST_ITEMS));
      case 1 -> FailedItems.ofType(SimulatedCode.Trouble.class.getName());
      default -> FailedItems.all();
    };
  }

  /** How many batches wait for others, or did. */
  int waiting() {
    return (int)
        batches.stream()
            .filter(batch -> !batch.after.isEmpty() || !batch.afterEnd.isEmpty())
            .count();
  }

  /** What is paused, or waits for a retry that does not come, would wait for ever. */
  void resumeAll(SimulatedNode node) {
    for (SimulatedBatch batch : batches) {
      if (batch.id != null) {
        try {
          if (batch.hasBudget) {
            raiseBudget(node, batch);
          }
          node.batches.resume(batch.id, SimulationWatch.STEERED);
          if (batch.isPatient) {
            batch.mayStop = true;
            node.batches.cancel(batch.id, SimulationWatch.STEERED);
          }
        } catch (BatchNotFoundException e) {
          batch.isGone = true;
        }
      }
    }
  }

  private static void raiseBudget(SimulatedNode node, SimulatedBatch batch) {
    try {
      node.batches.change(
          batch.id, BatchChange.none().budget("usd", 1e15), SimulationWatch.STEERED);
    } catch (IllegalTransitionException e) {
      // it stops or has ended
    }
  }

  /** What failed is taken up again once all have ended. */
  void takeUpAgain(SimulatedNode node) {
    for (SimulatedBatch batch : batches) {
      if (batch.id != null && !batch.isGone && random.nextInt(3) > 0) {
        batch.mayReopen = true;
        simulation.trace(() -> batch.name + " is taken up again");
        try {
          node.batches.retryFailed(batch.id, failedItems(), SimulationWatch.STEERED);
        } catch (StoreException | BatchNotFoundException e) {
          simulation.trace(() -> "  " + e.getMessage());
        }
      }
    }
  }
}
