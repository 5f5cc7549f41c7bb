package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.batchengine.limit.Limit;
import org.batchengine.model.Budget;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.NewSettings;
import org.jspecify.annotations.Nullable;

/**
 * Settings that a live batch is to have from now on; see {@link Batches#change}. What is not named
 * stays as it is.
 *
 * <pre>{@code
 * batches.change(id, BatchChange.none().priority(9).deadline(Duration.ofHours(2)), "wanted today");
 * }</pre>
 *
 * <p>Immutable: every method returns a changed copy, and throws {@link IllegalArgumentException} at
 * once if a value is not allowed. The bounds are those of {@link BatchRequest}.
 */
public final class BatchChange {
  private static final NewSettings NOTHING =
      new NewSettings(null, null, null, null, null, null, null);
  private static final BatchChange NONE = new BatchChange(NOTHING);

  private final NewSettings settings;

  private BatchChange(NewSettings settings) {
    this.settings = settings;
  }

  /** {@return a change of nothing, to begin with} */
  public static BatchChange none() {
    return NONE;
  }

  /**
   * The batch's priority; see {@link BatchRequest#priority}. Items that engines have in hand keep
   * the one they were claimed with.
   *
   * @param priority 0 to 9
   */
  public BatchChange priority(int priority) {
    Arguments.between("priority", priority, 0, 9);
    return with(changed -> changed.priority = priority);
  }

  /** The batch's own retry policy, for attempts that end from now on. */
  public BatchChange retry(RetryPolicy policy) {
    requireNonNull(policy, "policy");
    String text = policy.toText();
    return with(changed -> changed.retryPolicy = text);
  }

  /**
   * How many items may fail, those that have failed included; see {@link
   * BatchRequest#tolerateFailures}. If more have failed already, the batch is given up.
   *
   * @param failures 0 to 2,147,483,647
   */
  public BatchChange tolerateFailures(long failures) {
    Arguments.between("tolerateFailures", failures, 0L, BatchRequest.MOST_FAILURES);
    return with(changed -> changed.toleratedFailures = failures);
  }

  /**
   * Like {@link #tolerateFailures}, but as a share of all the batch's items; see {@link
   * BatchRequest#tolerateFailureRate}.
   *
   * @param rate 0 to 1
   */
  public BatchChange tolerateFailureRate(double rate) {
    double positive = rate + 0.0; // turns -0.0 into 0.0, which is below it in order
    Arguments.between("tolerateFailureRate", positive, 0.0, 1.0);
    return with(changed -> changed.toleratedRate = positive);
  }

  /**
   * How long the batch may still take. A later run, after a retry of its failed items, may take as
   * long. If the batch waits for others, this counts from the end of the wait.
   *
   * @param fromNow 1 millisecond to 3,650 days
   */
  public BatchChange deadline(Duration fromNow) {
    Arguments.between("deadline", fromNow, BatchRequest.SHORTEST, BatchRequest.LONGEST);
    return with(changed -> changed.deadline = fromNow.truncatedTo(ChronoUnit.MICROS));
  }

  /**
   * What the batch may come to by one of its measures, what it has come to included; see {@link
   * BatchRequest#budget}. Takes the place of the budget that it has. If the batch has come to more
   * already, it is paused with its next settlement, or within seconds.
   *
   * @param measure one of the measures that the batch was submitted with
   * @param most above 0, at most 1e15
   */
  public BatchChange budget(String measure, double most) {
    Budget budget = new Budget(requireNonNull(measure, "measure"), most);
    return with(changed -> changed.budget = budget);
  }

  /**
   * How many calls of the batch begin and run; see {@link BatchRequest#limit}. Takes the place of
   * the limit that it has; {@link Limit#none} takes it away.
   *
   * @throws IllegalArgumentException if the limit has anything that only tenants can have
   */
  public BatchChange limit(Limit limit) {
    Limit ofCalls = EngineLimits.ofCalls(limit);
    return with(changed -> changed.limit = ofCalls);
  }

  /** Whether it says how many failures are tolerated. */
  boolean isOfTolerance() {
    return settings.toleratedFailures() != null || settings.toleratedRate() != null;
  }

  /** The settings, for a batch of which they must be possible. */
  NewSettings settings(Supplier<BatchHeader> batch) {
    if (settings.equals(NOTHING)) {
      throw new IllegalArgumentException(
          "the change is empty: name what to change, for example BatchChange.none().priority(9)");
    }
    requireMeasure(settings.budget(), batch);
    return settings;
  }

  private static void requireMeasure(@Nullable Budget budget, Supplier<BatchHeader> batch) {
    if (budget != null) {
      List<String> measures = batch.get().measureNames();
      if (!measures.contains(budget.measure())) {
        throw new IllegalArgumentException(
            "budget of %s: the batch was submitted with the measures %s"
                .formatted(budget.measure(), measures));
      }
    }
  }

  private BatchChange with(Consumer<Draft> change) {
    Draft changed = new Draft(settings);
    change.accept(changed);
    return new BatchChange(changed.settings());
  }

  /** Settings while one of them is changed. */
  private static final class Draft {
    @Nullable Integer priority;
    @Nullable String retryPolicy;
    @Nullable Long toleratedFailures;
    @Nullable Double toleratedRate;
    @Nullable Duration deadline;
    @Nullable Budget budget;
    @Nullable Limit limit;

    Draft(NewSettings from) {
      priority = from.priority();
      retryPolicy = from.retryPolicy();
      toleratedFailures = from.toleratedFailures();
      toleratedRate = from.toleratedRate();
      deadline = from.deadline();
      budget = from.budget();
      limit = from.limit();
    }

    NewSettings settings() {
      return new NewSettings(
          priority, retryPolicy, toleratedFailures, toleratedRate, deadline, budget, limit);
    }
  }

  @Override
  public String toString() {
    return "BatchChange" + settings;
  }
}
