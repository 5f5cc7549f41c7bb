package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Map;

/**
 * What a submit has led to.
 *
 * @param id the batch
 * @param isNew whether this submit has stored it; false if an earlier one with the same idempotency
 *     key has
 */
public record Submission(BatchId id, boolean isNew) {

  /** Rejects null. */
  public Submission {
    requireNonNull(id, "id");
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code batch_id}, {@code is_new}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap().put("batch_id", id.toString()).put("is_new", isNew).toMap();
  }
}
