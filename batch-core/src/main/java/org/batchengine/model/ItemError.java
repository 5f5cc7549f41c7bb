package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.batchengine.model.ThrownText.Link;
import org.jspecify.annotations.Nullable;

/**
 * Why an attempt of an item failed. The texts from {@code of} are cleaned and cut, so they can be
 * stored as they are.
 *
 * <p>Errors are of one kind, and have one {@link #fingerprint}, if they have the same type and were
 * thrown in the same method of your code, whatever they say. The fingerprint is the first 16
 * hexadecimal digits of a SHA-256 in UTF-8:
 *
 * <ul>
 *   <li>of an exception: of the class names of it and its causes, each with a {@code "\n"}, and of
 *       the place: class, dot and method of the uppermost frame of the innermost cause that is not
 *       of the JDK, a proxy, this library or another well-known one. Line numbers, and the numbers
 *       that compilers give to lambdas and anonymous classes, are left out: they change with each
 *       release;
 *   <li>of a code, or if no frame is yours: of {@code type + "\n" + pattern}, where {@code pattern}
 *       is the message with {@code #} for each text in double, single or back quotes, each mail
 *       address, and each word with a digit, such as numbers, times, UUIDs, hexadecimal ids and
 *       {@code customer-17}.
 * </ul>
 *
 * @param attempt the number of the attempt, from 1; 0 if the item failed without one
 * @param type class name of the exception, or the code set by the processor
 * @param message the error's message; empty if there is none
 * @param fingerprint the same for errors of one kind; see below
 * @param stack the stack trace with its causes, and up to five next exceptions of an SQL exception;
 *     empty if there is none
 * @param at when it failed
 */
public record ItemError(
    int attempt, String type, String message, String fingerprint, String stack, Instant at) {
  /** Maximum length of a type from {@code of}. */
  public static final int MAX_TYPE_LENGTH = 300;

  /** Maximum length of a message from {@code of}. */
  public static final int MAX_MESSAGE_LENGTH = 2_000;

  /** Maximum length of a stack from {@code of}. */
  public static final int MAX_STACK_LENGTH = 16_000;

  private static final String NO_CODE = "ERROR";

  /** Rejects null and a negative attempt. */
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
   * Returns the error for an exception. Never fails, whatever the exception does: it copes with a
   * {@code getMessage} that throws, a cycle of causes, and texts of any length.
   *
   * @param attempt the number of the attempt
   * @param thrown what the attempt threw
   * @param at when it failed
   * @return the error, with a stack
   */
  public static ItemError of(int attempt, Throwable thrown, Instant at) {
    String type = thrown.getClass().getName();
    return of(attempt, type, ThrownText.message(thrown), ThrownText.chain(thrown), at);
  }

  /**
   * Returns the error for a code set by a processor. Never fails because of the texts.
   *
   * @param attempt the number of the attempt
   * @param code the kind of error; {@code "ERROR"} if null or blank
   * @param message what went wrong; null counts as empty
   * @param at when it failed
   * @return the error, without a stack
   */
  public static ItemError of(
      int attempt, @Nullable String code, @Nullable String message, Instant at) {
    return of(
        attempt,
        code == null || code.isBlank() ? NO_CODE : code,
        message == null ? "" : message,
        List.of(),
        at);
  }

  private static ItemError of(
      int attempt, String type, String message, List<Link> chain, Instant at) {
    String cleanType = StoredText.clean(type, MAX_TYPE_LENGTH);
    String cleanMessage = StoredText.clean(message, MAX_MESSAGE_LENGTH);
    return new ItemError(
        attempt,
        cleanType,
        cleanMessage,
        Fingerprint.of(cleanType, cleanMessage, chain.stream().filter(Link::isCause).toList()),
        StoredText.clean(ThrownText.stack(chain), MAX_STACK_LENGTH),
        at);
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code attempt}, {@code type}, {@code message}, {@code fingerprint}, {@code stack}, {@code at},
   * which is ISO-8601 text in UTC.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("attempt", attempt)
        .put("type", type)
        .put("message", message)
        .put("fingerprint", fingerprint)
        .put("stack", stack)
        .put("at", at)
        .toMap();
  }

  /**
   * {@return the error in short form for logs, without message or stack, which may quote a payload}
   */
  @Override
  public String toString() {
    return "ItemError[attempt=%d, type=%s, fingerprint=%s, at=%s]"
        .formatted(attempt, type, fingerprint, at);
  }
}
