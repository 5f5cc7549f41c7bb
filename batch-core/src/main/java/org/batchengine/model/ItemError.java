package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Why one attempt of an item failed. The texts that {@code of} makes can be stored as they are:
 * cleaned and cut.
 *
 * @param attempt which attempt, from 1; 0 when the item failed without one
 * @param type class name of what was thrown, or the code that the processor gave
 * @param message what it said; empty when it said nothing
 * @param fingerprint the same for errors that differ only in figures, ids and quoted text: the
 *     first 16 hexadecimal digits of the SHA-256 of {@code type + "\n" + pattern} in UTF-8, where
 *     {@code pattern} is the message with each UUID, each hexadecimal id (after {@code 0x} or
 *     {@code @}, or 8 digits and more), each text in double, single or back quotes and each number
 *     replaced by {@code #}
 * @param stack the stack trace with its causes; empty when there is none
 * @param at when it failed
 */
public record ItemError(
    int attempt, String type, String message, String fingerprint, String stack, Instant at) {
  /** Greatest length of a type that {@code of} gives. */
  public static final int MAX_TYPE_LENGTH = 300;

  /** Greatest length of a message that {@code of} gives. */
  public static final int MAX_MESSAGE_LENGTH = 2_000;

  /** Greatest length of a stack that {@code of} gives. */
  public static final int MAX_STACK_LENGTH = 16_000;

  private static final String NO_CODE = "ERROR";

  /** Refuses null and a negative attempt. */
  public ItemError {
    if (attempt < 0) {
      throw new IllegalArgumentException("attempt " + attempt + " is out of range: at least 0");
    }
    requireNonNull(type, "type");
    requireNonNull(message, "message");
    requireNonNull(fingerprint, "fingerprint");
    requireNonNull(stack, "stack");
    requireNonNull(at, "at");
  }

  /**
   * Returns the error for what an attempt threw. Never fails, whatever the thrown object does when
   * it is asked: a message that throws, a cycle of causes and any length of text are survived.
   *
   * @param attempt which attempt
   * @param thrown what it threw
   * @param at when
   * @return the error, with a stack
   */
  public static ItemError of(int attempt, Throwable thrown, Instant at) {
    return of(
        attempt,
        thrown.getClass().getName(),
        ThrownText.message(thrown),
        ThrownText.stack(thrown),
        at);
  }

  /**
   * Returns the error for a code that a processor gave. Never fails because of the texts.
   *
   * @param attempt which attempt
   * @param code what kind of error; {@code "ERROR"} when null or blank
   * @param message what to tell; null counts as empty
   * @param at when
   * @return the error, without a stack
   */
  public static ItemError of(
      int attempt, @Nullable String code, @Nullable String message, Instant at) {
    return of(
        attempt,
        code == null || code.isBlank() ? NO_CODE : code,
        message == null ? "" : message,
        "",
        at);
  }

  private static ItemError of(int attempt, String type, String message, String stack, Instant at) {
    String cleanType = StoredText.clean(type, MAX_TYPE_LENGTH);
    String cleanMessage = StoredText.clean(message, MAX_MESSAGE_LENGTH);
    return new ItemError(
        attempt,
        cleanType,
        cleanMessage,
        Fingerprint.of(cleanType, cleanMessage),
        StoredText.clean(stack, MAX_STACK_LENGTH),
        at);
  }

  /** {@return the error in short, for logs: no message and no stack, which may quote a payload} */
  @Override
  public String toString() {
    return "ItemError[attempt=%d, type=%s, fingerprint=%s, at=%s]"
        .formatted(attempt, type, fingerprint, at);
  }
}
