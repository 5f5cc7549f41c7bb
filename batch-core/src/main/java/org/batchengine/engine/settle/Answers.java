package org.batchengine.engine.settle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.model.SettleResult;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.SettleStore;
import org.batchengine.store.Settlement;
import org.batchengine.store.StoredInput;
import org.jspecify.annotations.Nullable;

/**
 * Settles deferred items with answers from outside, on the caller's thread.
 *
 * <ol>
 *   <li>In one transaction the parked row is locked, judged by the policy, and replaced by its
 *       outcome, which this engine's session counts. The row's lock makes that happen once.
 *   <li>An answer can be quicker than the commit that parks its item, and a row may be locked for a
 *       moment: what is not there yet is asked for again for two seconds.
 *   <li>After the commit follows what follows from a settlement: {@link AnswerConsequences}.
 * </ol>
 *
 * Thread-safe.
 */
public final class Answers {
  /** Answers in one transaction. */
  static final int MOST_TOGETHER = 500;

  static final long WAIT = TimeUnit.SECONDS.toNanos(2);

  private final SettleStore store;
  private final SessionKeeper sessions;
  private final Function<BatchHeader, LiveBatch> batches;
  private final Function<String, Verdicts> rules;
  private final AnswerConsequences consequences;
  private final Patience patience;

  /**
   * How to wait.
   *
   * @param pause waits a little; false if it is of no use to wait any longer
   */
  public record Patience(LongSupplier nanos, BooleanSupplier pause) {}

  /** Decides on a deferred item, by the rules of its type. May be asked several times. */
  public interface Judge {
    /** {@return what becomes of the item} */
    ItemVerdict verdict(Verdicts rules, WorkItem item);
  }

  /**
   * An answer.
   *
   * @param key the item's key, if it is known
   * @param attempt the one that it answers; 0: whichever
   */
  public record Answer(@Nullable String key, int attempt, Judge judge) {}

  /**
   * Answers for an engine.
   *
   * @param batches makes what workers know of a batch
   * @param rules those of a job type, registered here or not
   */
  public Answers(
      SettleStore store,
      SessionKeeper sessions,
      Function<BatchHeader, LiveBatch> batches,
      Function<String, Verdicts> rules,
      AnswerConsequences consequences,
      Patience patience) {
    this.store = store;
    this.sessions = sessions;
    this.batches = batches;
    this.rules = rules;
    this.consequences = consequences;
    this.patience = patience;
  }

  /** {@return the same, but with this patience} */
  public Answers with(Patience another) {
    return new Answers(store, sessions, batches, rules, consequences, another);
  }

  /** {@return what became of each answer, by index} Settles items of a batch. */
  public Map<Integer, SettleResult> settle(BatchHeader header, Map<Integer, Answer> answers) {
    LiveBatch batch = batches.apply(header);
    Map<Integer, SettleResult> results = new LinkedHashMap<>();
    settleInPages(batch, List.copyOf(answers.keySet()), answers, results);
    askAgain(batch, answers, results);
    return results;
  }

  private void askAgain(
      LiveBatch batch, Map<Integer, Answer> answers, Map<Integer, SettleResult> results) {
    long until = patience.nanos.getAsLong() + WAIT;
    while (true) {
      List<Integer> left =
          results.entrySet().stream()
              .filter(each -> each.getValue() == SettleResult.NOT_YET)
              .map(Map.Entry::getKey)
              .toList();
      if (left.isEmpty()
          || patience.nanos.getAsLong() - until >= 0
          || !patience.pause.getAsBoolean()) {
        return;
      }
      settleInPages(batch, left, answers, results);
    }
  }

  private void settleInPages(
      LiveBatch batch,
      List<Integer> indexes,
      Map<Integer, Answer> answers,
      Map<Integer, SettleResult> results) {
    for (int from = 0; from < indexes.size(); from += MOST_TOGETHER) {
      int to = Math.min(indexes.size(), from + MOST_TOGETHER);
      results.putAll(settleOnce(batch, indexes.subList(from, to), answers));
    }
  }

  private Map<Integer, SettleResult> settleOnce(
      LiveBatch batch, List<Integer> indexes, Map<Integer, Answer> answers) {
    Map<Integer, Integer> attempts = new LinkedHashMap<>();
    indexes.forEach(index -> attempts.put(index, of(answers, index).attempt));
    while (true) {
      Session session = sessions.borrow();
      try {
        List<ItemVerdict> verdicts = new ArrayList<>();
        Map<Integer, SettleResult> results =
            store.settleDeferred(
                session.id(),
                batch.number(),
                attempts,
                items -> {
                  verdicts.clear();
                  items.forEach(
                      item ->
                          verdicts.add(verdict(session, batch, item, of(answers, item.index()))));
                  return settlement(session, verdicts);
                });
        consequences.of(batch, verdicts);
        return results;
      } catch (FencedException e) {
        sessions.fenced(session);
      } finally {
        sessions.giveBack();
      }
    }
  }

  private static Answer of(Map<Integer, Answer> answers, int index) {
    Answer answer = answers.get(index);
    if (answer == null) {
      throw new IllegalStateException(
          "the store asks for item " + index + ", which nobody settles");
    }
    return answer;
  }

  /** The attempt that is judged has been counted when the item was deferred. */
  private ItemVerdict verdict(Session session, LiveBatch batch, ClaimedItem item, Answer answer) {
    return answer.judge.verdict(
        rules.apply(batch.header().type()),
        WorkItem.ofLastAttempt(
            Lease.ofParked(session, batch, item),
            new StoredInput(batch.number(), item.index(), answer.key, null)));
  }

  private static Settlement settlement(Session session, List<ItemVerdict> verdicts) {
    List<Settlement.Outcome> outcomes = new ArrayList<>();
    List<Settlement.Failure> failures = new ArrayList<>();
    List<Settlement.Parking> parkings = new ArrayList<>();
    for (ItemVerdict verdict : verdicts) {
      if (verdict.outcome() != null) {
        outcomes.add(verdict.outcome());
      }
      if (verdict.failure() != null) {
        failures.add(verdict.failure());
      }
      if (verdict.parking() != null) {
        parkings.add(verdict.parking());
      }
    }
    return Settlement.ofAnswers(session.id(), outcomes, failures, parkings);
  }
}
