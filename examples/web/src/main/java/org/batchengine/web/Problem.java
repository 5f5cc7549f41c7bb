package org.batchengine.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.batchengine.model.BatchChangedException;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ImportException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.InvalidItemsException;
import org.batchengine.model.LimitExceededException;
import org.batchengine.model.StoreException;
import org.batchengine.model.Violation;

/**
 * Why a request cannot be answered: the body is that of RFC 9457, and has the members {@code
 * success}, {@code error} and {@code details.errors} too.
 */
final class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** How many violations an answer has at most. */
  static final int MOST_VIOLATIONS = 100;

  private static final String TYPES = "https://batchengine.org/problems/";

  private final int status;
  private final String title;
  private final String detail;
  private final transient List<Violation> violations;
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  Problem(int status, String title, String detail) {
    this(status, title, detail, List.of());
  }

  private Problem(int status, String title, String detail, List<Violation> violations) {
    super(title + ": " + detail, null, false, false);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.violations = List.copyOf(violations);
  }

  static Problem invalid(List<Violation> violations) {
    String detail = violations.size() == 1 ? "1 field" : violations.size() + " fields";
    return new Problem(400, "Validation failed", detail, violations);
  }

  static Problem invalid(String path, String message, String code) {
    return invalid(List.of(new Violation(path, message, code)));
  }

  static Problem notJson(String message) {
    return new Problem(
        400, "Not JSON", message, List.of(new Violation("", message, "invalid_json")));
  }

  static Problem forbidden(String detail) {
    return new Problem(403, "Forbidden", detail);
  }

  static Problem notFound(String detail) {
    return new Problem(404, "Not found", detail);
  }

  Problem with(String header, String value) {
    headers.put(header, value);
    return this;
  }

  /** What went wrong, in words that quote neither SQL nor payloads. */
  static Problem of(Throwable thrown) {
    if (thrown instanceof Problem problem) {
      return problem;
    }
    if (thrown instanceof BatchNotFoundException) {
      return notFound("there is no such batch: it was removed, or never was");
    }
    if (thrown instanceof IllegalTransitionException e) {
      return new Problem(409, "Conflict", "the batch is " + Names.of(e.state()));
    }
    if (thrown instanceof IdempotencyConflictException) {
      return new Problem(409, "Conflict", "the Idempotency-Key belongs to another request");
    }
    if (thrown instanceof BatchChangedException) {
      return new Problem(409, "Conflict", "the batch was changed while it was read; try again");
    }
    if (thrown instanceof LimitExceededException e) {
      Problem problem = new Problem(429, "Limit exceeded", String.valueOf(e.getMessage()));
      e.retryAfter()
          .map(time -> Long.toString(time.plusNanos(999_999_999).toSeconds()))
          .ifPresent(seconds -> problem.with("Retry-After", seconds));
      return problem;
    }
    if (thrown instanceof InvalidItemException e) {
      return ofItem(e);
    }
    if (thrown instanceof InvalidItemsException e) {
      return ofItems(e);
    }
    if (thrown instanceof ImportException e) {
      return invalid("line." + e.line(), String.valueOf(e.getMessage()), "invalid_value");
    }
    if (thrown instanceof StoreException) {
      return new Problem(503, "Unavailable", "the database does not answer; try again")
          .with("Retry-After", "5");
    }
    return new Problem(500, "Internal error", "the log says more, with the requestId");
  }

  private static Problem ofItem(InvalidItemException e) {
    boolean tooLarge = e.violations().stream().anyMatch(violation -> isSize(violation, "input"));
    List<Violation> violations =
        e.violations().stream().map(violation -> within(e.index(), violation)).toList();
    return tooLarge
        ? new Problem(413, "Too large", "item " + e.index() + " is too large", violations)
        : invalid(violations);
  }

  private static Problem ofItems(InvalidItemsException e) {
    List<Violation> violations =
        e.items().stream()
            .flatMap(
                item ->
                    item.violations().stream().map(violation -> within(item.index(), violation)))
            .limit(MOST_VIOLATIONS)
            .toList();
    String detail = e.count() == 1 ? "1 item" : e.count() + " items";
    return new Problem(400, "Validation failed", detail, violations);
  }

  private static boolean isSize(Violation violation, String path) {
    return violation.code().equals("size") && violation.path().equals(path);
  }

  static Violation within(int index, Violation violation) {
    String code =
        switch (violation.code()) {
          case "DUPLICATE_KEY" -> "duplicate";
          case "size" -> "too_big";
          case "required" -> "required";
          default -> "invalid_value";
        };
    String path = violation.code().equals("DUPLICATE_KEY") ? "key" : violation.path();
    return new Violation(
        "items." + index + (path.isEmpty() ? "" : "." + path), violation.message(), code);
  }

  List<Violation> violations() {
    return violations;
  }

  int status() {
    return status;
  }

  Map<String, String> headers() {
    return headers;
  }

  Map<String, Object> body(String instance, String requestId) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("type", TYPES + title.toLowerCase(Locale.ROOT).replace(' ', '-'));
    map.put("title", title);
    map.put("status", status);
    map.put("detail", detail);
    map.put("instance", instance);
    map.put("requestId", requestId);
    map.put("success", false);
    map.put("error", violations.isEmpty() ? title + ": " + detail : title);
    map.put(
        "details",
        Map.of("errors", violations.stream().map(Violation::toMap).collect(Collectors.toList())));
    return map;
  }
}
