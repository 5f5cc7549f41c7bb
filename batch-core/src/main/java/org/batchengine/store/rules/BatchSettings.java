package org.batchengine.store.rules;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.StringJoiner;
import org.batchengine.limit.Limit;
import org.batchengine.model.Budget;
import org.batchengine.store.NewSettings;
import org.jspecify.annotations.Nullable;

/**
 * What of a batch can be changed while it is live.
 *
 * @param retryPolicy its own, as text; null: that of its type
 * @param deadline how long a run may take; null: as long as it takes
 * @param deadlineAt when the present run is given up; null: never, or the batch waits for others
 * @param limit of its calls; null: none
 */
public record BatchSettings(
    int priority,
    @Nullable String retryPolicy,
    @Nullable Long toleratedFailures,
    @Nullable Double toleratedRate,
    @Nullable Duration deadline,
    @Nullable Instant deadlineAt,
    @Nullable Budget budget,
    @Nullable Limit limit) {

  /**
   * {@return these with a change}
   *
   * @param isWaiting whether the batch waits for others: then its deadline counts from the end of
   *     the wait
   */
  public BatchSettings with(NewSettings change, boolean isWaiting, Instant now) {
    Duration newDeadline = change.deadline();
    return new BatchSettings(
        or(change.priority(), priority),
        orNull(change.retryPolicy(), retryPolicy),
        orNull(change.toleratedFailures(), toleratedFailures),
        orNull(change.toleratedRate(), toleratedRate),
        orNull(newDeadline, deadline),
        newDeadline == null || isWaiting ? deadlineAt : now.plus(newDeadline),
        orNull(change.budget(), budget),
        change.limit() == null ? limit : change.limit().orNull());
  }

  private static <T> T or(@Nullable T changed, T present) {
    return changed == null ? present : changed;
  }

  private static <T> @Nullable T orNull(@Nullable T changed, @Nullable T present) {
    return changed == null ? present : changed;
  }

  /** {@return what changes, from what to what, as a text for people} */
  public String changesTo(BatchSettings next) {
    StringJoiner changes = new StringJoiner("; ");
    add(changes, "priority", priority, next.priority);
    add(changes, "retry", retryPolicy, next.retryPolicy);
    add(changes, "tolerateFailures", toleratedFailures, next.toleratedFailures);
    add(changes, "tolerateFailureRate", toleratedRate, next.toleratedRate);
    if (deadlineAt == null && next.deadlineAt == null) {
      add(changes, "deadline", deadline, next.deadline);
    } else {
      add(changes, "deadline", deadlineAt, next.deadlineAt);
    }
    add(changes, "budget", budget, next.budget);
    add(changes, "limit", limit, next.limit);
    return changes.toString();
  }

  private static void add(
      StringJoiner changes, String what, @Nullable Object before, @Nullable Object after) {
    if (!Objects.equals(before, after)) {
      changes.add("%s: %s -> %s".formatted(what, before == null ? "none" : before, after));
    }
  }
}
