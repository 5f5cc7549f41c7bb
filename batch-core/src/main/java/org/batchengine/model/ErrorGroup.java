package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Map;

/**
 * Failures of one kind in a batch. If more than 100,000 items failed, counts and shares are of the
 * 100,000 with the highest indexes.
 *
 * @param fingerprint what they have in common; see {@link ItemError#fingerprint()}
 * @param type class name or code of the error
 * @param sample the message of one of them
 * @param count the number of items that failed this way
 * @param share their share of all failures that were read, from 0 to 1
 * @param latestAt when the latest of them happened
 */
public record ErrorGroup(
    String fingerprint, String type, String sample, long count, double share, Instant latestAt) {

  /** Rejects null, a negative count, and a share outside 0 to 1. */
  public ErrorGroup {
    requireNonNull(fingerprint, "fingerprint");
    requireNonNull(type, "type");
    requireNonNull(sample, "sample");
    requireNonNull(latestAt, "latestAt");
    if (count < 0) {
      throw new IllegalArgumentException("count " + count + " is out of range: at least 0");
    }
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share " + share + " is out of range: 0 to 1");
    }
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code fingerprint}, {@code type}, {@code sample}, {@code count}, {@code share}, {@code
   * latest_at}, which is ISO-8601 text in UTC.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("fingerprint", fingerprint)
        .put("type", type)
        .put("sample", sample)
        .put("count", count)
        .put("share", share)
        .put("latest_at", latestAt)
        .toMap();
  }

  /** {@return the group in short form for logs, without the sample, which may quote a payload} */
  @Override
  public String toString() {
    return "ErrorGroup[fingerprint=%s, type=%s, count=%d]".formatted(fingerprint, type, count);
  }
}
