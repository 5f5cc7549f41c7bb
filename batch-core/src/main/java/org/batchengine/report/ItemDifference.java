package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.ItemState;

/**
 * An item that differs between two batches. Outputs are not part of it: read them by key or index.
 *
 * @param kind how it differs
 * @param key its key, if it has one
 * @param indexInA its index in a; empty if a does not have it
 * @param indexInB its index in b; empty if b does not have it
 * @param stateInA its final state in a; empty if it is not settled there or a does not have it
 * @param stateInB its final state in b; empty if it is not settled there or b does not have it
 */
public record ItemDifference(
    Kind kind,
    Optional<String> key,
    Optional<Integer> indexInA,
    Optional<Integer> indexInB,
    Optional<ItemState> stateInA,
    Optional<ItemState> stateInB) {

  /** How an item differs between two batches. */
  public enum Kind {
    /** It FAILED in b and was settled otherwise in a. */
    NEWLY_FAILING,
    /** It FAILED in a and SUCCEEDED in b. */
    NEWLY_FIXED,
    /** It SUCCEEDED in both, with different outputs. */
    CHANGED_OUTPUT,
    /** Its states differ otherwise; an item that is not settled has none. */
    CHANGED_STATE,
    /** b does not have it. */
    ONLY_IN_A,
    /** a does not have it. */
    ONLY_IN_B
  }

  /** Rejects null. */
  public ItemDifference {
    requireNonNull(kind, "kind");
    requireNonNull(key, "key");
    requireNonNull(indexInA, "indexInA");
    requireNonNull(indexInB, "indexInB");
    requireNonNull(stateInA, "stateInA");
    requireNonNull(stateInB, "stateInB");
  }

  /**
   * Returns everything as a flat map that any JSON library can print. Absent values have no key.
   * The keys are part of the API: {@code kind}, {@code key}, {@code index_in_a}, {@code
   * index_in_b}, {@code state_in_a}, {@code state_in_b}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", kind.name());
    key.ifPresent(text -> map.put("key", text));
    indexInA.ifPresent(index -> map.put("index_in_a", index));
    indexInB.ifPresent(index -> map.put("index_in_b", index));
    stateInA.ifPresent(state -> map.put("state_in_a", state.name()));
    stateInB.ifPresent(state -> map.put("state_in_b", state.name()));
    return Collections.unmodifiableMap(map);
  }
}
