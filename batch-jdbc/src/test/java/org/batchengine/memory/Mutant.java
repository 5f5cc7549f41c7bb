package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.model.SettleResult;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.InterceptedStore;
import org.batchengine.store.ReaderName;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.Steering;
import org.batchengine.store.StoredInput;
import org.batchengine.store.WaitLook;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.StateRules;

/** Stores that break one rule of the protocol each, for tests that must notice. */
public enum Mutant {
  /** A session that is gone may settle. */
  NO_FENCE(
      tables ->
          (verb, arguments, real) -> {
            if (!verb.equals("settle")) {
              return real.call();
            }
            Settlement settlement = (Settlement) arguments[0];
            return tables.sessions.containsKey(settlement.session())
                ? real.call()
                : written(tables, settlement);
          }),

  /** Batches that wait for others are never looked at. */
  NO_LOOK_AT_WHAT_WAITS(
      tables -> (verb, arguments, real) -> verb.equals("look") ? WaitLook.NOTHING : real.call()),

  /** The items of a rehearsal are open in their chunks as well. */
  OPEN_ITEMS_WITH_THE_SAMPLE(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            if (verb.equals("submit") || verb.equals("finish")) {
              BatchRows batch = tables.live.isEmpty() ? null : tables.live.lastEntry().getValue();
              if (batch != null && batch.rehearsal != null) {
                batch.chunks.values().forEach(chunk -> chunk.open = chunk.to - chunk.index);
              }
            }
            return answer;
          }),

  /** Nobody sees that a rehearsal is over. */
  NO_END_OF_REHEARSALS(
      tables ->
          (verb, arguments, real) -> {
            Map<BatchRows, Rehearsal> hidden = new HashMap<>();
            if (verb.equals("completeIfDone")) {
              tables.live.values().stream()
                  .filter(batch -> batch.rehearsal != null)
                  .forEach(batch -> hidden.put(batch, batch.rehearsal));
            }
            hidden.keySet().forEach(batch -> batch.rehearsal = null);
            Object answer = real.call();
            hidden.forEach((batch, rehearsal) -> batch.rehearsal = rehearsal);
            return answer;
          }),

  /** A rehearsal is over while some of its items were not tried. */
  REHEARSAL_ENDS_EARLY(
      tables ->
          (verb, arguments, real) -> {
            if (!verb.equals("completeIfDone")) {
              return real.call();
            }
            List<Object> ended = new ArrayList<>();
            tables.live.values().stream()
                .filter(batch -> batch.rehearsal != null && StateRules.mayRun(batch.state))
                .filter(batch -> !batch.waiting && !batch.isOwned())
                .toList()
                .forEach(batch -> ended.add(MemoryRehearsing.end(tables, batch)));
            ended.addAll((List<?>) real.call());
            return ended;
          }),

  /** Any resume confirms a rehearsal. */
  CONFIRMED_BY_ANY_RESUME(
      tables ->
          (verb, arguments, real) -> {
            if (verb.equals("resume")) {
              BatchRows batch = tables.find(((Steering) arguments[0]).batch(), null);
              if (batch != null && batch.state == BatchState.PAUSED) {
                batch.reason = Rehearsal.REHEARSED;
              }
            }
            return real.call();
          }),

  /** A batch begins with the first look at it, whatever it waits for. */
  RELEASED_TOO_EARLY(
      tables ->
          (verb, arguments, real) -> {
            if (verb.equals("look")) {
              tables.live.values().forEach(batch -> batch.waits.clear());
            }
            return real.call();
          }),

  /** What is still to be copied into a batch does not keep it from its end. */
  END_WITHOUT_FILL(
      tables ->
          (verb, arguments, real) -> {
            Map<BatchRows, MemoryFilling.FillRow> fills = new HashMap<>();
            if (verb.equals("completeIfDone")) {
              tables.live.values().stream()
                  .filter(batch -> batch.fill != null)
                  .forEach(batch -> fills.put(batch, batch.fill));
            }
            fills.keySet().forEach(batch -> batch.fill = null);
            Object answer = real.call();
            fills.forEach((batch, fill) -> batch.fill = fill);
            return answer;
          }),

  /** A session may settle while it is there, whatever the number. */
  FENCE_BY_PRESENCE_ONLY(
      tables ->
          (verb, arguments, real) -> {
            if (!verb.equals("settle")) {
              return real.call();
            }
            Settlement settlement = (Settlement) arguments[0];
            SessionRow session = tables.session(settlement.session());
            return session.settled < settlement.number()
                ? real.call()
                : written(tables, settlement);
          }),

  /** A settlement that was applied before is answered as if the session were gone. */
  APPLIED_BEFORE_IS_FENCED(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            if (verb.equals("settle") && answer.equals(false)) {
              throw new FencedException(((Settlement) arguments[0]).session());
            }
            return answer;
          }),

  /** A session may settle until the time that it was given is over, its row gone or not. */
  FENCE_BY_TIME_ONLY(
      tables -> {
        Map<Long, Instant> expiries = new HashMap<>();
        return (verb, arguments, real) -> {
          tables.sessions.values().forEach(each -> expiries.put(each.id, each.expiresAt));
          if (verb.equals("settle")) {
            Settlement settlement = (Settlement) arguments[0];
            Instant expiry = expiries.get(settlement.session());
            if (!tables.sessions.containsKey(settlement.session())
                && expiry.isAfter(tables.now())) {
              return written(tables, settlement);
            }
          }
          Object answer = real.call();
          tables.sessions.values().forEach(each -> expiries.put(each.id, each.expiresAt));
          return answer;
        };
      }),

  /** The ids of sessions that are gone are given again. */
  SESSION_IDS_REUSED(
      tables -> {
        Set<Long> used = new HashSet<>();
        return (verb, arguments, real) -> {
          Object answer = real.call();
          if (!verb.equals("open")) {
            return answer;
          }
          long id = (long) answer;
          for (long old : used) {
            if (!tables.sessions.containsKey(old)) {
              SessionRow row = tables.sessions.remove(id);
              tables.sessions.put(old, new SessionRow(old, row.host, row.expiresAt));
              return old;
            }
          }
          used.add(id);
          return id;
        };
      }),

  /** A claim does not lock its session: it may be gone when the claim commits. */
  CLAIM_WITHOUT_SESSION_LOCK(
      tables ->
          (verb, arguments, real) -> {
            if (!verb.equals("claim")) {
              return real.call();
            }
            long id = ((ClaimRequest) arguments[0]).session();
            boolean gone = !tables.sessions.containsKey(id);
            if (gone) {
              tables.sessions.put(id, new SessionRow(id, "gone", tables.now()));
            }
            Object answer = real.call();
            if (gone) {
              tables.sessions.remove(id);
            }
            return answer;
          }),

  /** A claim does not say that settings were changed. */
  CLAIM_WITHOUT_REVISION(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            return answer instanceof Claim claim
                ? new Claim(
                    claim.chunks(),
                    claim.parked().stream().map(Mutant::unchanged).toList(),
                    claim.more())
                : answer;
          }),

  /** As an update by a sub-select with a limit may do: a claim takes more than it says. */
  CLAIM_TAKES_MORE_THAN_IT_SAYS(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            if (verb.equals("claim") && !((Claim) answer).chunks().isEmpty()) {
              ClaimedChunk first = ((Claim) answer).chunks().get(0);
              tables
                  .readyChunks
                  .due(first.type(), tables.now(), 1)
                  .forEach(
                      more ->
                          tables.own(
                              tables.session(((ClaimRequest) arguments[0]).session()), more));
            }
            return answer;
          }),

  /** Whether a batch is done is looked up before what was settled is committed. */
  COMPLETION_LOOKED_UP_BEFORE_THE_COMMIT(
      tables -> {
        Set<Long> notDone = new HashSet<>();
        return (verb, arguments, real) -> {
          if (verb.equals("settle")) {
            tables.live.values().stream()
                .filter(batch -> !batch.isDone())
                .forEach(batch -> notDone.add(batch.number));
          } else if (verb.equals("done")) {
            notDone.clear();
          } else if (verb.equals("completeIfDone")
              && !Collections.disjoint(notDone, batches(arguments))) {
            return List.of();
          }
          return real.call();
        };
      }),

  /** Who waits for a batch's lock ends it by what was seen before. */
  COMPLETION_IN_ONE_STATEMENT(
      tables -> {
        Set<Long> seenDone = new HashSet<>();
        return (verb, arguments, real) -> {
          if (!verb.equals("completeIfDone")) {
            return real.call();
          }
          for (long number : batches(arguments)) {
            BatchRows batch = tables.live.get(number);
            if (batch != null && seenDone.remove(number) && batch.state == BatchState.RUNNING) {
              tables.end(batch, BatchState.COMPLETED);
              return List.of();
            }
            if (batch != null && batch.isDone()) {
              seenDone.add(number);
            }
          }
          return real.call();
        };
      }),

  /** Parked items are looked for first, then chunks, and an item moves in between. */
  COMPLETION_IN_TWO_LOOKS(
      tables -> {
        Map<Long, Boolean> seen = new HashMap<>();
        return (verb, arguments, real) -> {
          if (!verb.equals("completeIfDone")) {
            return real.call();
          }
          for (long number : batches(arguments)) {
            BatchRows batch = tables.live.get(number);
            if (batch == null) {
              continue;
            }
            boolean nothingParked = seen.getOrDefault(number, batch.parked.isEmpty());
            seen.put(number, batch.parked.isEmpty());
            if (nothingParked && batch.chunks.isEmpty() && batch.state == BatchState.RUNNING) {
              tables.end(batch, BatchState.COMPLETED);
              batch.progress.clear();
              return List.of();
            }
          }
          return real.call();
        };
      }),

  /** Nobody mends what a death between two transactions has left. */
  NO_SWEEPER(
      tables ->
          (verb, arguments, real) ->
              switch (verb) {
                case "done", "stopping" -> List.of();
                case "repair" -> null;
                default -> real.call();
              }),

  /** What nobody owns is cancelled once. */
  ONE_TIME_CANCEL(
      tables -> {
        Set<List<Object>> cancelled = new HashSet<>();
        return (verb, arguments, real) -> {
          if (!verb.equals("cancelUnowned")) {
            return real.call();
          }
          BatchRows batch = tables.live.get((long) arguments[0]);
          boolean isFirst = batch == null || cancelled.add(List.of(batch.number, batch.run));
          return isFirst ? real.call() : false;
        };
      }),

  /** A cancel takes what sessions own. */
  CANCEL_TAKES_OWNED_CHUNKS(
      tables ->
          (verb, arguments, real) -> {
            BatchRows batch =
                verb.equals("cancelUnowned") ? tables.live.get((long) arguments[0]) : null;
            if (batch != null && batch.state == BatchState.STOPPING) {
              for (ChunkRow chunk : List.copyOf(batch.chunks.values())) {
                if (chunk.owner != null) {
                  tables.free(chunk.owner, chunk);
                }
              }
            }
            return real.call();
          }),

  /** What failed since is deleted, and not parked. */
  RETRY_DELETES_WHAT_IT_DID_NOT_PARK(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            if (verb.equals("retryFailed")) {
              BatchRows batch = tables.find(((Steering) arguments[0]).batch(), null);
              if (batch != null && batch.state == BatchState.RUNNING) {
                deleteFailed(batch);
              }
            }
            return answer;
          }),

  /** A session that is reaped gives back what it owned as if it had been closed. */
  LOST_NOT_COUNTED(
      tables ->
          (verb, arguments, real) -> {
            if (!verb.equals("reap")) {
              return real.call();
            }
            SessionRow row = tables.sessions.get(((SessionExpiry) arguments[0]).session());
            if (row != null) {
              for (ChunkRow chunk : List.copyOf(row.chunks)) {
                chunk.lost--;
              }
              for (ParkedRow parked : List.copyOf(row.parked)) {
                parked.lost--;
              }
            }
            List<Motion> owned = new ArrayList<>();
            if (row != null) {
              owned.addAll(row.chunks);
              owned.addAll(row.parked);
            }
            Object answer = real.call();
            if (answer.equals(false)) {
              owned.forEach(each -> each.lost++);
            }
            return answer;
          }),

  /** Who finds a session expired reaps it. */
  REAP_AFTER_ONE_LOOK(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            if (verb.equals("expired")) {
              for (Object each : (List<?>) answer) {
                MemorySessions.bury(tables, tables.session(((SessionExpiry) each).session()));
              }
            }
            return answer;
          }),

  /** Who begins to read the feed begins at its end, though others have begun before. */
  READER_BEGINS_ANEW(
      tables ->
          (verb, arguments, real) -> {
            if (verb.equals("begin") && arguments[0] instanceof ReaderName reader) {
              tables.events.readers.put(reader, tables.events.lastPosition());
            }
            return real.call();
          }),

  /** The last item of a chunk is parked, and the chunk stays. */
  PARKING_LEAVES_THE_CHUNK(
      tables ->
          (verb, arguments, real) -> {
            if (verb.equals("settle") && !((Settlement) arguments[0]).parkings().isEmpty()) {
              Settlement it = (Settlement) arguments[0];
              arguments[0] =
                  new Settlement(
                      it.session(),
                      it.number(),
                      it.outcomes(),
                      it.failures(),
                      it.parkings(),
                      List.of(),
                      it.returned(),
                      it.cuts(),
                      it.returnedItems(),
                      it.rates());
            }
            return real.call();
          }),

  /** Counters count each settlement that is sent. */
  COUNTS_WHAT_WAS_SENT(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            if (verb.equals("settle") && answer.equals(false)) {
              Settlement it = (Settlement) arguments[0];
              for (Outcome outcome : it.outcomes()) {
                tables.batch(outcome.batch()).progressOf(it.session()).count(outcome.state());
              }
            }
            return answer;
          }),

  /** An answer from outside does not lock the row of its item: of two at once, both count. */
  ANSWER_WITHOUT_LOCK(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            if (verb.equals("settleDeferred")) {
              BatchRows batch = tables.batch((long) arguments[1]);
              ((Map<?, ?>) answer)
                  .forEach(
                      (index, result) -> {
                        if (result == SettleResult.ALREADY_SETTLED) {
                          batch.progressOf((long) arguments[0]).count(ItemState.SUCCEEDED);
                        }
                      });
            }
            return answer;
          }),

  /** An answer from outside counts for whichever attempt its item has made. */
  ANSWER_WITHOUT_ATTEMPT(
      tables ->
          (verb, arguments, real) -> {
            if (verb.equals("settleDeferred")) {
              Map<Object, Integer> any = new HashMap<>();
              ((Map<?, ?>) arguments[2]).keySet().forEach(index -> any.put(index, 0));
              arguments[2] = any;
            }
            return real.call();
          }),

  /** Parked items are loaded with the inputs that they were submitted with. */
  CORRECTED_INPUT_NOT_LOADED(
      tables ->
          (verb, arguments, real) -> {
            Object answer = real.call();
            return verb.equals("load")
                ? ((List<?>) answer).stream().map(each -> submitted(tables, each)).toList()
                : answer;
          }),

  /** What is parked does not count the attempt that it has just made. */
  ATTEMPTS_COUNTED_LATE(
      tables ->
          (verb, arguments, real) -> {
            if (verb.equals("settle")) {
              Settlement it = (Settlement) arguments[0];
              arguments[0] =
                  new Settlement(
                      it.session(),
                      it.number(),
                      it.outcomes(),
                      it.failures(),
                      it.parkings().stream().map(Mutant::oneAttemptLess).toList(),
                      it.chunks(),
                      it.returned(),
                      it.cuts(),
                      it.returnedItems(),
                      it.rates());
            }
            return real.call();
          });

  @SuppressWarnings("ImmutableEnumChecker") // what a fault remembers it makes anew for each store
  private final Function<Tables, InterceptedStore.Handler> fault;

  Mutant(Function<Tables, InterceptedStore.Handler> fault) {
    this.fault = fault;
  }

  /** The store, with the fault. */
  public BatchStore of(InMemoryBatchStore store) {
    return InterceptedStore.of(store, fault.apply(store.tables()));
  }

  @SuppressWarnings("unchecked")
  private static Collection<Long> batches(Object[] arguments) {
    return (Collection<Long>) arguments[0];
  }

  private static StoredInput submitted(Tables tables, Object loaded) {
    StoredInput it = (StoredInput) loaded;
    return new StoredInput(
        it.batch(), it.index(), it.key(), tables.batch(it.batch()).items.get(it.index()).input());
  }

  private static ClaimedItem unchanged(ClaimedItem it) {
    return new ClaimedItem(
        it.batch(),
        it.type(),
        it.index(),
        it.attempts(),
        it.budgetFrom(),
        it.suspect(),
        it.overdue(),
        it.measured(),
        0);
  }

  private static Parking oneAttemptLess(Parking it) {
    return new Parking(
        it.batch(),
        it.type(),
        it.priority(),
        it.index(),
        it.attempts() - 1,
        it.budgetFrom(),
        it.delay(),
        it.deferred(),
        it.parked(),
        it.measured());
  }

  private static void deleteFailed(BatchRows batch) {
    for (int index = 0; index < batch.outcomes.size(); index++) {
      OutcomeRow outcome = batch.outcomes.get(index);
      if (outcome != null && outcome.state() == ItemState.FAILED) {
        batch.outcomes.set(index, null);
        batch.progressOf(Tables.NO_SESSION).count(ItemState.FAILED, -1);
      }
    }
  }

  /** Writes as statements would that nothing guards; what is there already stays. */
  private static boolean written(Tables tables, Settlement settlement) {
    Instant now = tables.now();
    for (Outcome outcome : settlement.outcomes()) {
      BatchRows batch = tables.batch(outcome.batch());
      if (batch.outcomes.get(outcome.index()) == null) {
        batch.outcomes.set(outcome.index(), OutcomeRow.of(outcome, now));
        batch.progressOf(settlement.session()).count(outcome.state());
      }
    }
    for (Parking parking : settlement.parkings()) {
      BatchRows batch = tables.batch(parking.batch());
      if (!batch.parked.containsKey(parking.index())) {
        tables.add(
            new ParkedRow(
                batch,
                parking.index(),
                parking.priority(),
                ParkedKind.RETRY,
                parking.attempts(),
                now.plus(parking.delay())));
      }
    }
    for (BatchRows batch : tables.live.values()) {
      for (ChunkRow chunk : batch.chunks.values()) {
        chunk.open = batch.openItems(chunk.index, chunk.to).size();
      }
    }
    return true;
  }
}
