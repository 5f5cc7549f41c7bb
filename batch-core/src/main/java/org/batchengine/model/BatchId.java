package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The id of a batch. Ids from a {@link BatchIdGenerator} sort in order of creation.
 *
 * @param value any UUID
 */
public record BatchId(UUID value) implements Comparable<BatchId>, Serializable {
  // UUID.fromString alone accepts "1-1-1-1-1".
  private static final Pattern UUID_TEXT =
      Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

  /** Rejects null. */
  public BatchId {
    requireNonNull(value, "value");
  }

  /**
   * Parses an id.
   *
   * @param text a UUID of 36 characters, in either case
   * @return the id
   * @throws IllegalArgumentException if the text is not such a UUID
   */
  @JsonCreator
  public static BatchId of(String text) {
    if (!UUID_TEXT.matcher(requireNonNull(text, "text")).matches()) {
      throw new IllegalArgumentException(
          "not a batch id: "
              + StoredText.quoted(text)
              + "; it must be a UUID such as 0190163d-8694-739b-aea5-966c26f8ad91");
    }
    return new BatchId(UUID.fromString(text));
  }

  /**
   * Returns the id with this value.
   *
   * @param value any UUID
   * @return the id
   */
  public static BatchId of(UUID value) {
    return new BatchId(value);
  }

  /**
   * Compares the bytes of the UUIDs as unsigned, so that version 7 ids sort by time; {@link
   * UUID#compareTo} is signed.
   *
   * @param other the id to compare with
   * @return negative, zero or positive
   */
  @Override
  public int compareTo(BatchId other) {
    requireNonNull(other, "other");
    int high =
        Long.compareUnsigned(value.getMostSignificantBits(), other.value.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(
            value.getLeastSignificantBits(), other.value.getLeastSignificantBits());
  }

  /** {@return the 36 characters of the UUID} */
  @Override
  @JsonValue
  public String toString() {
    return value.toString();
  }
}
