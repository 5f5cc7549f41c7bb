package org.batchengine.engine.verdict;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.loop.LogContext;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.rules.Utf8;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what becomes of an attempt of one job type: settled, or parked for a retry. Thread-safe.
 */
public final class Verdicts {
  private static final Logger log = LoggerFactory.getLogger(Verdicts.class);

  /** The error type of an attempt that took too long. */
  public static final String TIMEOUT = "TIMEOUT";

  /** The error type of an item that its bulk processor did not settle. */
  public static final String NOT_SETTLED = "NOT_SETTLED";

  /** The error type of an item that was put off once too often. */
  static final String RETRY_LATER = "RETRY_LATER";

  /** How often an item may be put off before that counts as a failed attempt. */
  static final int MOST_PUT_OFF = 1_000;

  static final String REFUSED_OUTPUT = "REFUSED_OUTPUT";

  /** The error type of an item whose outcome the store refused. */
  public static final String REFUSED_BY_STORE = "REFUSED_BY_STORE";

  private final LeftToOthers leftToOthers = new LeftToOthers();
  private final SlowDown slowDown;
  private final RetryPolicy retry;
  private final @Nullable Predicate<? super Throwable> retryIf;
  private final int maxPayload;
  private final EngineClock clock;
  private final RandomGenerator random;
  private final Duration forOthers;

  /**
   * The rules of a type.
   *
   * @param retry applies unless the batch has a policy of its own
   * @param retryIf must also allow a retry after an exception; null: always does
   * @param maxPayload how many bytes of UTF-8 an output may have
   * @param forOthers how long an item whose input cannot be read is left to other nodes; longer
   *     than a poll, so that this node is not the first to learn that it is due
   */
  public Verdicts(
      RetryPolicy retry,
      @Nullable Predicate<? super Throwable> retryIf,
      int maxPayload,
      EngineClock clock,
      RandomGenerator random,
      Duration forOthers) {
    this.retry = retry;
    this.retryIf = retryIf;
    this.maxPayload = maxPayload;
    this.clock = clock;
    this.random = random;
    this.forOthers = forOthers;
    slowDown = new SlowDown(clock.nanos());
  }

  /** The item succeeded, unless its output cannot be stored: a failure that retrying cannot fix. */
  public ItemVerdict succeeded(
      WorkItem item, @Nullable String output, @Nullable Double quality, long nanos) {
    if (output != null) {
      Optional<String> problem = problemOf(output);
      if (problem.isPresent()) {
        return failed(item, error(item, REFUSED_OUTPUT, "output: " + problem.get()), nanos);
      }
    }
    return settled(item, ItemState.SUCCEEDED, output, quality, null, null, nanos);
  }

  /** The processor skipped the item. */
  public ItemVerdict skipped(WorkItem item, String reason, @Nullable Double quality, long nanos) {
    String kept = StoredText.clean(reason, ItemError.MAX_MESSAGE_LENGTH);
    return settled(item, ItemState.SKIPPED, null, quality, kept, null, nanos);
  }

  /** The item has failed for good. */
  public ItemVerdict failed(WorkItem item, ItemError error, long nanos) {
    return settled(item, ItemState.FAILED, null, null, null, error, nanos);
  }

  /** The processor gave the item up, with a code of its own. */
  public ItemVerdict gaveUp(WorkItem item, String code, String message, long nanos) {
    return failed(item, error(item, code, message), nanos);
  }

  /**
   * The input could not be decoded, so no attempt was made. During a deploy, a node of the other
   * release may be able to read it: so the item goes back for others once, at no charge. If it
   * comes here again, the attempt has failed.
   */
  public ItemVerdict inputFailed(
      WorkItem item, Throwable thrown, JudgedFailure judged, long nanos) {
    boolean isPassing = thrown instanceof PayloadException e && e.isUnreadable();
    if (isPassing && leftToOthers.add(item, clock.instants().instant())) {
      log.info(
          "left item {} of batch {} to other nodes: {}",
          item.index(),
          item.batch().name(),
          thrown.getMessage());
      Parking parking = parking(item, item.attempt() - 1, item.budgetFrom(), forOthers);
      return new ItemVerdict(item, null, parking, null, nanos);
    }
    return attemptFailed(item, judged, nanos);
  }

  /**
   * Judges an exception. Runs host code, which may hang or take any time: so only where the call
   * runs, which has a timeout.
   */
  public JudgedFailure judge(WorkItem item, Throwable thrown) {
    JudgedFailure judged = judgeByPolicy(item, thrown);
    return judged.isRetryable() && !passesFilter(item, thrown)
        ? new JudgedFailure(judged.error(), false)
        : judged;
  }

  /** Judges an exception that is not of host code. */
  public JudgedFailure judgeByPolicy(WorkItem item, Throwable thrown) {
    boolean isRetryable =
        !(thrown instanceof PayloadException e && !e.isUnreadable())
            && policyOf(item).isRetryable(thrown);
    return new JudgedFailure(
        ItemError.of(item.attempt(), thrown, clock.instants().instant()), isRetryable);
  }

  /** The attempt failed with an exception; retried if the policy allows. */
  public ItemVerdict attemptFailed(WorkItem item, JudgedFailure judged, long nanos) {
    return judged.isRetryable()
        ? retriedOrFailed(item, judged.error(), null, nanos)
        : failed(item, judged.error(), nanos);
  }

  private boolean passesFilter(WorkItem item, Throwable thrown) {
    if (retryIf == null) {
      return true;
    }
    try (LogContext context = item.logContext()) {
      return retryIf.test(RetryPolicy.unwrap(thrown));
    } catch (Throwable e) {
      if (Failures.isFatal(e)) {
        throw e;
      }
      log.warn("the retryIf predicate failed; the retry policy alone decides", e);
      return true;
    }
  }

  /** The attempt failed with a code; retried if the policy allows. */
  public ItemVerdict attemptFailed(WorkItem item, String code, String message, long nanos) {
    ItemError error = error(item, code, message);
    return policyOf(item).isRetryableCode(code)
        ? retriedOrFailed(item, error, null, nanos)
        : failed(item, error, nanos);
  }

  /**
   * The processor asked for another attempt later. That is no failure and uses up no retry: the
   * attempts count on, and so does the attempt from which retries are counted. An item that has
   * been put off too often has failed the attempt.
   */
  public ItemVerdict putOff(WorkItem item, Duration delay, long nanos) {
    if (item.budgetFrom() >= MOST_PUT_OFF) {
      String message =
          "the processor asked to be called again after %s, and has done so %,d times"
              .formatted(delay, MOST_PUT_OFF);
      return retriedOrFailed(item, error(item, RETRY_LATER, message), delay, nanos);
    }
    Parking parking = parking(item, item.attempt(), item.budgetFrom() + 1, delay);
    return new ItemVerdict(item, null, parking, null, nanos);
  }

  /** The item is to be settled from outside, within so long. */
  public ItemVerdict deferred(WorkItem item, Duration atMost, long nanos) {
    Parking parking = parking(item, item.attempt(), item.budgetFrom(), atMost, true);
    return new ItemVerdict(item, null, parking, null, nanos);
  }

  /** It was to be settled from outside and was not in time: that attempt has failed. */
  public ItemVerdict overdue(WorkItem item) {
    return attemptFailed(item, TIMEOUT, "it was deferred, and not settled in time", 0);
  }

  /** No call of the type begins on this node for so long. */
  public void slowDown(Duration delay) {
    slowDown.ask(delay);
  }

  /** {@return until when no call of the type begins on this node} */
  public SlowDown slowDown() {
    return slowDown;
  }

  private ItemVerdict retriedOrFailed(
      WorkItem item, ItemError error, @Nullable Duration delay, long nanos) {
    RetryPolicy policy = policyOf(item);
    int retriesDone = item.retries();
    if (!policy.allows(retriesDone)) {
      return failed(item, error, nanos);
    }
    Duration wait = delay != null ? delay : policy.delay(retriesDone + 1, random);
    Failure failure = new Failure(item.batch().number(), item.index(), error);
    Parking parking = parking(item, item.attempt(), item.budgetFrom(), wait);
    return new ItemVerdict(item, null, parking, failure, nanos);
  }

  private static Parking parking(WorkItem item, int attempts, int budgetFrom, Duration delay) {
    return parking(item, attempts, budgetFrom, delay, false);
  }

  private static Parking parking(
      WorkItem item, int attempts, int budgetFrom, Duration delay, boolean deferred) {
    BatchHeader batch = item.batch().header();
    return new Parking(
        batch.number(),
        batch.type(),
        batch.priority(),
        item.index(),
        attempts,
        budgetFrom,
        delay,
        deferred,
        item.lease().isParked(),
        item.notMeasured());
  }

  private ItemVerdict settled(
      WorkItem item,
      ItemState state,
      @Nullable String output,
      @Nullable Double quality,
      @Nullable String reason,
      @Nullable ItemError error,
      long nanos) {
    long batch = item.batch().number();
    Outcome outcome =
        new Outcome(
            batch,
            item.index(),
            state,
            item.attempt(),
            output,
            nanos / 1_000,
            quality,
            reason,
            item.lease().isParked(),
            item.notMeasured());
    Failure failure = error == null ? null : new Failure(batch, item.index(), error);
    return new ItemVerdict(item, outcome, null, failure, nanos);
  }

  /** Replaces a verdict that the store refuses. */
  public ItemVerdict refused(ItemVerdict verdict, String why) {
    Outcome outcome = verdict.outcome();
    long nanos = outcome == null ? 0 : outcome.durationMicros() * 1_000;
    String message = "the database refused to store the result: " + why;
    ItemVerdict failed =
        failed(verdict.item(), error(verdict.item(), REFUSED_BY_STORE, message), nanos);
    return outcome == null ? failed : failed.measured(outcome.measured().added());
  }

  /** Whether the policy allows no further attempt. */
  public boolean isLastAttempt(WorkItem item) {
    return !policyOf(item).allows(item.retries());
  }

  private RetryPolicy policyOf(WorkItem item) {
    return item.batch().policyOr(retry);
  }

  private ItemError error(WorkItem item, String code, String message) {
    return ItemError.of(item.attempt(), code, message, clock.instants().instant());
  }

  private Optional<String> problemOf(String output) {
    return problemOf(output, maxPayload);
  }

  /** {@return why no store could keep the output; empty if one can} */
  public static Optional<String> problemOf(String output, int maxPayload) {
    if (Utf8.exceeds(output, maxPayload)) {
      return Optional.of(
          Utf8.length(output) + " bytes exceed the limit of " + maxPayload + " (maxPayload)");
    }
    return StoredText.problem(output);
  }
}
