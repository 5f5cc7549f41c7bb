package org.batchengine.engine.settle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongPredicate;
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
 *       moment: what is not there yet is asked for again for two seconds, ever more slowly.
 *   <li>After the commit follows what follows from a settlement: {@link AnswerConsequences}.
 * </ol>
 *
 * Thread-safe.
 */
public final class Answers {
  /** Answers in one transaction. */
  static final int MOST_TOGETHER = 500;

  static final long WAIT = TimeUnit.SECONDS.toNanos(2);
  private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(200);

  private final SettleStore store;
  private final SessionKeeper sessions;
  private final Function<BatchHeader, LiveBatch> batches;
  private final Function<String, Verdicts> rules;
  private final AnswerConsequences consequences;
  private final Patience patience;

  /**
   * How to wait.
   *
   * @param pause waits so many nanoseconds; false if it is of no use to wait any longer
   */
  public record Patience(LongSupplier nanos, LongPredicate pause) {}

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
    return settle(List.of(new OfBatch(header, answers))).get(0);
  }

  /** Answers to items of a batch, by index. */
  public record OfBatch(BatchHeader batch, Map<Integer, Answer> answers) {}

  /**
   * Settles items of several batches, and waits for all of them as long as for one.
   *
   * @return for each batch, what became of each answer by index
   */
  public List<Map<Integer, SettleResult>> settle(List<OfBatch> all) {
    List<Asked> asked =
        all.stream().map(each -> new Asked(batches.apply(each.batch), each)).toList();
    asked.forEach(each -> each.settle(List.copyOf(each.of.answers.keySet())));
    askAgain(asked);
    return asked.stream().map(Asked::results).toList();
  }

  private void askAgain(List<Asked> asked) {
    long until = patience.nanos.getAsLong() + WAIT;
    long pause = FIRST_PAUSE;
    while (true) {
      long left = until - patience.nanos.getAsLong();
      List<Asked> open = asked.stream().filter(each -> !each.open().isEmpty()).toList();
      if (open.isEmpty() || left <= 0 || !patience.pause.test(Math.min(pause, left))) {
        return;
      }
      open.forEach(each -> each.settle(each.open()));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** What has become of the answers to items of a batch. */
  private final class Asked {
    private final LiveBatch batch;
    private final OfBatch of;
    private final Map<Integer, SettleResult> results = new LinkedHashMap<>();

    Asked(LiveBatch batch, OfBatch of) {
      this.batch = batch;
      this.of = of;
    }

    Map<Integer, SettleResult> results() {
      return results;
    }

    List<Integer> open() {
      return results.entrySet().stream()
          .filter(each -> each.getValue() == SettleResult.NOT_YET)
          .map(Map.Entry::getKey)
          .toList();
    }

    void settle(List<Integer> indexes) {
      for (int from = 0; from < indexes.size(); from += MOST_TOGETHER) {
        int to = Math.min(indexes.size(), from + MOST_TOGETHER);
        results.putAll(settleOnce(batch, indexes.subList(from, to), of.answers));
      }
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
