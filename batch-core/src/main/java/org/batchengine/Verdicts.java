package org.batchengine;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides what becomes of an attempt: settled, or parked for its retry. Safe for many threads. */
final class Verdicts {
  private static final Logger log = LoggerFactory.getLogger(Verdicts.class);

  /** Error types of attempts that no exception or code of the host describes. */
  static final String TIMEOUT = "TIMEOUT";

  static final String NOT_SETTLED = "NOT_SETTLED";
  static final String RETRY_LATER = "RETRY_LATER";
  static final String REFUSED_OUTPUT = "REFUSED_OUTPUT";
  static final String REFUSED_BY_STORE = "REFUSED_BY_STORE";

  private static final Duration LONGEST_DELAY = Duration.ofDays(365);

  private final JobOptions options;
  private final int maxPayload;
  private final InstantSource clock;
  private final Supplier<RandomGenerator> random;

  Verdicts(
      JobOptions options, int maxPayload, InstantSource clock, Supplier<RandomGenerator> random) {
    this.options = options;
    this.maxPayload = maxPayload;
    this.clock = clock;
    this.random = random;
  }

  /** Succeeded, unless its output cannot be kept: that is a failure which no retry mends. */
  ItemVerdict succeeded(
      WorkItem item, @Nullable String output, @Nullable Double quality, long nanos) {
    if (output != null) {
      Optional<String> problem = problemOf(output);
      if (problem.isPresent()) {
        return failed(item, error(item, REFUSED_OUTPUT, "output: " + problem.get()), nanos);
      }
    }
    return settled(item, ItemState.SUCCEEDED, output, quality, null, null, nanos);
  }

  ItemVerdict skipped(WorkItem item, String reason, @Nullable Double quality, long nanos) {
    String kept = StoredText.clean(reason, ItemError.MAX_MESSAGE_LENGTH);
    return settled(item, ItemState.SKIPPED, null, quality, kept, null, nanos);
  }

  /** FAILED, whatever the policy. */
  ItemVerdict failed(WorkItem item, ItemError error, long nanos) {
    return settled(item, ItemState.FAILED, null, null, null, error, nanos);
  }

  /** FAILED whatever the policy, with a code of the host. */
  ItemVerdict gaveUp(WorkItem item, String code, String message, long nanos) {
    return failed(item, error(item, code, message), nanos);
  }

  /** The attempt failed: tried again if the policy has it so. */
  ItemVerdict attemptFailed(WorkItem item, Throwable thrown, long nanos) {
    RetryPolicy policy = policyOf(item);
    boolean worthIt =
        !(thrown instanceof PayloadException)
            && policy.isRetryable(thrown)
            && passesFilter(item, thrown);
    ItemError error = ItemError.of(item.attempt(), thrown, clock.instant());
    return worthIt ? retriedOrFailed(item, error, null, nanos) : failed(item, error, nanos);
  }

  private boolean passesFilter(WorkItem item, Throwable thrown) {
    try (LogContext context = LogContext.of(item)) {
      return options.retryIf().isEmpty() || options.retryIf().get().test(thrown);
    } catch (Throwable e) {
      if (Failures.isFatal(e)) {
        throw e;
      }
      log.warn("the retryIf predicate failed; the retry policy decides alone", e);
      return true;
    }
  }

  /** The attempt failed with a code: tried again if the policy has it so. */
  ItemVerdict attemptFailed(WorkItem item, String code, String message, long nanos) {
    ItemError error = error(item, code, message);
    return policyOf(item).isRetryableCode(code)
        ? retriedOrFailed(item, error, null, nanos)
        : failed(item, error, nanos);
  }

  /** The processor asked for another attempt later; it counts as a retry. */
  ItemVerdict retryAfter(WorkItem item, Duration delay, long nanos) {
    String message = "the processor asked to be called again after " + delay;
    return retriedOrFailed(item, error(item, RETRY_LATER, message), delay, nanos);
  }

  /**
   * Checks what a processor asks for.
   *
   * @throws IllegalArgumentException if no store could keep it
   */
  static void checkDelay(Duration delay) {
    Arguments.between("retryAfter", delay, Duration.ZERO, LONGEST_DELAY);
  }

  private ItemVerdict retriedOrFailed(
      WorkItem item, ItemError error, @Nullable Duration delay, long nanos) {
    RetryPolicy policy = policyOf(item);
    int retriesDone = item.retries();
    if (!policy.allows(retriesDone)) {
      return failed(item, error, nanos);
    }
    Duration wait = delay != null ? delay : policy.delay(retriesDone + 1, random.get());
    BatchHeader batch = item.batch().header();
    Parking parking =
        new Parking(
            batch.number(),
            batch.type(),
            batch.priority(),
            item.index(),
            item.attempt(),
            wait,
            item.lease().isParked());
    Failure failure = new Failure(batch.number(), item.index(), error);
    return new ItemVerdict(item, null, parking, failure, nanos);
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
            item.lease().isParked());
    Failure failure = error == null ? null : new Failure(batch, item.index(), error);
    return new ItemVerdict(item, outcome, null, failure, nanos);
  }

  /** In place of a verdict that the store will not keep. */
  ItemVerdict refused(ItemVerdict verdict, String why) {
    Outcome outcome = verdict.outcome();
    long nanos = outcome == null ? 0 : outcome.durationMicros() * 1_000;
    String message = "the database refused what was to be stored: " + why;
    return failed(verdict.item(), error(verdict.item(), REFUSED_BY_STORE, message), nanos);
  }

  boolean isLastAttempt(WorkItem item) {
    return !policyOf(item).allows(item.retries());
  }

  private RetryPolicy policyOf(WorkItem item) {
    return item.batch().policyOr(options.retry());
  }

  private ItemError error(WorkItem item, String code, String message) {
    return ItemError.of(item.attempt(), code, message, clock.instant());
  }

  private Optional<String> problemOf(String output) {
    // A char is at most three bytes of UTF-8, so most texts need no counting.
    if (output.length() > maxPayload / 3) {
      int bytes = output.getBytes(StandardCharsets.UTF_8).length;
      if (bytes > maxPayload) {
        return Optional.of(bytes + " bytes are more than the " + maxPayload + " that are kept");
      }
    }
    return StoredText.problem(output);
  }
}
