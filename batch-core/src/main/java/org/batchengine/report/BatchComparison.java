package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What differs between two batches. Each item of either batch is in exactly one of the counts.
 *
 * @param a the first batch, usually the earlier one
 * @param b the second batch
 * @param newlyFailing items that FAILED in b and were settled otherwise in a
 * @param newlyFixed items that FAILED in a and SUCCEEDED in b
 * @param changedOutputs items that SUCCEEDED in both, with different outputs
 * @param changedStates items with different states otherwise; those that are not settled have none
 * @param unchanged items with the same state, and the same output if they SUCCEEDED
 * @param purgedOutputs items that SUCCEEDED in both, and whose outputs cannot be compared because
 *     at least one was purged
 * @param onlyInA items of a that b does not have
 * @param onlyInB items of b that a does not have
 */
public record BatchComparison(
    ComparedBatch a,
    ComparedBatch b,
    long newlyFailing,
    long newlyFixed,
    long changedOutputs,
    long changedStates,
    long unchanged,
    long purgedOutputs,
    long onlyInA,
    long onlyInB) {

  /** Rejects null. */
  public BatchComparison {
    requireNonNull(a, "a");
    requireNonNull(b, "b");
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code newly_failing}, {@code newly_fixed}, {@code changed_outputs}, {@code changed_states},
   * {@code unchanged}, {@code purged_outputs}, {@code only_in_a}, {@code only_in_b}; and those of
   * {@link ComparedBatch#toMap} with a leading {@code a_} or {@code b_}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("newly_failing", newlyFailing);
    map.put("newly_fixed", newlyFixed);
    map.put("changed_outputs", changedOutputs);
    map.put("changed_states", changedStates);
    map.put("unchanged", unchanged);
    map.put("purged_outputs", purgedOutputs);
    map.put("only_in_a", onlyInA);
    map.put("only_in_b", onlyInB);
    a.toMap().forEach((key, value) -> map.put("a_" + key, value));
    b.toMap().forEach((key, value) -> map.put("b_" + key, value));
    return Collections.unmodifiableMap(map);
  }
}
