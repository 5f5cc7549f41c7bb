package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * An engine that is connected to the store.
 *
 * @param session the number of its session; never reused
 * @param node its name; see {@link org.batchengine.BatchEngine.Builder#node}
 * @param process what tells its operating system process from any other
 * @param expiresAt when its work goes to others if it does not renew its session before that
 * @param chunks the number of ranges of items that it has claimed
 * @param items the number of unsettled items that it has claimed, those that wait for a worker
 *     included
 * @param types the names of the job types that it works on, in order; empty if it was not started
 */
public record EngineNode(
    long session,
    String node,
    String process,
    Instant expiresAt,
    int chunks,
    long items,
    List<String> types) {

  /** Rejects null. */
  public EngineNode {
    requireNonNull(node, "node");
    requireNonNull(process, "process");
    requireNonNull(expiresAt, "expiresAt");
    types = types.stream().sorted().toList();
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code session}, {@code node}, {@code process}, {@code expires_at}, {@code chunks}, {@code
   * items}, {@code types}. {@code expires_at} is ISO-8601 text in UTC, and {@code types} is text
   * with a comma between the names.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("session", session)
        .put("node", node)
        .put("process", process)
        .put("expires_at", expiresAt)
        .put("chunks", chunks)
        .put("items", items)
        .put("types", String.join(",", types))
        .toMap();
  }
}
