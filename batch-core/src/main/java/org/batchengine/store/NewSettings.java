package org.batchengine.store;

import java.time.Duration;
import java.util.StringJoiner;
import org.batchengine.limit.Limit;
import org.batchengine.model.Budget;
import org.jspecify.annotations.Nullable;

/**
 * Settings that a batch is to have from now on; null: as it has them.
 *
 * @param retryPolicy as text
 * @param deadline how long from now it may take
 */
public record NewSettings(
    @Nullable Integer priority,
    @Nullable String retryPolicy,
    @Nullable Long toleratedFailures,
    @Nullable Double toleratedRate,
    @Nullable Duration deadline,
    @Nullable Budget budget,
    @Nullable Limit limit) {

  /** Those that are not null, by name. */
  @Override
  public String toString() {
    StringJoiner named = new StringJoiner(", ", "[", "]");
    add(named, "priority", priority);
    add(named, "retry", retryPolicy);
    add(named, "tolerateFailures", toleratedFailures);
    add(named, "tolerateFailureRate", toleratedRate);
    add(named, "deadline", deadline);
    add(named, "budget", budget);
    add(named, "limit", limit);
    return named.toString();
  }

  private static void add(StringJoiner named, String name, @Nullable Object value) {
    if (value != null) {
      named.add(name + "=" + value);
    }
  }
}
