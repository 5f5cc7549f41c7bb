package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Steering;

/** What the parts of the contract share that steer batches. */
abstract class SteeredContract extends StoreContract {

  SteeredContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  // --- Given ---

  /** A batch that came to the state by the verbs alone; two of its three items are open, if any. */
  long inState(BatchState state) {
    return switch (state) {
      case SUBMITTING -> submitting();
      case PENDING -> submit(3);
      case RUNNING -> running();
      case PAUSED -> paused();
      case STOPPING -> stopping();
      case COMPLETED -> ended(3, 1);
      case FAILED -> givenUp();
      case CANCELLED -> cancelled();
    };
  }

  private long submitting() {
    TestSession session = session();
    long batch = number(store.submitting().begin(NewBatches.any().build(), session.id()));
    store.submitting().append(batch, session.id(), NewBatches.items(3));
    return batch;
  }

  /** The first of its items has failed. */
  private long running() {
    long batch = submit(3);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(1);
    store.claiming().markRunning(List.of(batch));
    session.settle(SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk));
    store.sessions().release(session.id());
    return batch;
  }

  private long paused() {
    long batch = running();
    store.steering().pause(steering(batch));
    return batch;
  }

  private long stopping() {
    long batch = running();
    store.steering().cancel(steering(batch), CancelMode.GRACEFUL);
    return batch;
  }

  private long givenUp() {
    long batch = running();
    giveUp(batch);
    end(batch);
    return batch;
  }

  /** For it is too late. */
  boolean giveUp(long batch) {
    under.passDeadline(batch);
    return store.steering().giveUp(batch, "engine");
  }

  private long cancelled() {
    long batch = stopping();
    end(batch);
    return batch;
  }

  /** A batch that has ended after these of its items have failed, and all others succeeded. */
  long ended(int items, Integer... failed) {
    return ended(NewBatches.any().build(), items, failed);
  }

  long ended(NewBatch batch, int items, Integer... failed) {
    long number = done(batch, items, failed);
    end(number);
    return number;
  }

  /** As {@link #ended}, but nobody has completed it. */
  long done(NewBatch batch, int items, Integer... failed) {
    long number = submit(batch, NewBatches.items(items));
    TestSession session = session();
    List<ClaimedChunk> chunks = session.claim(items).chunks();
    store.claiming().markRunning(List.of(number));
    Set<Integer> failing = Arrays.stream(failed).collect(Collectors.toSet());
    for (ClaimedChunk chunk : chunks) {
      SettlementDraft draft = SettlementDraft.of().removed(chunk);
      for (int index : indexes(chunk)) {
        if (failing.contains(index)) {
          draft.failed(number, index, error(1, "no"));
        } else {
          draft.succeeded(number, index);
        }
      }
      session.settle(draft);
    }
    store.sessions().release(session.id());
    return number;
  }

  // --- Steered ---

  Steering steering(long batch) {
    return new Steering(header(batch).id(), null, NewBatches.by("alice"), "because");
  }

  StateChange cancel(long batch, CancelMode mode) {
    return store.steering().cancel(steering(batch), mode).orElseThrow();
  }

  StateChange cancel(long batch) {
    return cancel(batch, CancelMode.GRACEFUL);
  }

  StateChange pause(long batch) {
    return store.steering().pause(steering(batch)).orElseThrow();
  }

  StateChange resume(long batch) {
    return store.steering().resume(steering(batch)).orElseThrow();
  }

  StateChange retryFailed(long batch) {
    return retryFailed(batch, FailedItems.all());
  }

  StateChange retryFailed(long batch, FailedItems which) {
    return store.steering().retryFailed(steering(batch), which).orElseThrow();
  }

  /** Cancels what nobody owns, if it stops, and ends the batch. */
  BatchJob end(long batch) {
    cancelAllUnowned(batch);
    return completeIfDone(batch).orElseThrow();
  }

  void cancelAllUnowned(long batch) {
    for (int steps = 0; store.sweeping().cancelUnowned(batch, 1_000); steps++) {
      assertThat(steps).isLessThan(100);
    }
  }

  /** Claims a retry that is due, and fails it for good. */
  void failRetry(TestSession session) {
    ClaimedItem item = session.claimRetry();
    session.settle(
        SettlementDraft.of()
            .failure(item.batch(), item.index(), error(item.attempts() + 1, "again"))
            .outcome(item, ItemState.FAILED));
  }

  /** Claims and succeeds until nothing of the type is due. */
  void work(TestSession session) {
    int claims = 0;
    for (var claim = session.claim(100); !claim.isEmpty(); claim = session.claim(100)) {
      session.finish(claim);
      assertThat(claims++).isLessThan(100);
    }
  }

  // --- Seen ---

  StateChange changed(long batch, BatchState before, BatchState after) {
    return new StateChange(header(batch).id(), true, before, after, 0);
  }

  StateChange changed(long batch, BatchState before, BatchState after, long items) {
    return new StateChange(header(batch).id(), true, before, after, items);
  }

  StateChange unchanged(long batch, BatchState state) {
    return new StateChange(header(batch).id(), false, state, state, 0);
  }

  BatchState state(long batch) {
    return job(batch).state();
  }

  /** The kinds of all that happened to the batch. */
  List<String> kinds(long batch) {
    return under.events(batch).stream().map(StoreUnderTest.Event::kind).toList();
  }

  /** The last that happened to the batch. */
  StoreUnderTest.Event lastEvent(long batch) {
    List<StoreUnderTest.Event> events = under.events(batch);
    return events.get(events.size() - 1);
  }

  StoreUnderTest.Event event(String kind, String actor, String reason) {
    return new StoreUnderTest.Event(kind, actor, reason, now());
  }
}
