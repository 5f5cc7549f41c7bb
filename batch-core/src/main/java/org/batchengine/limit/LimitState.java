package org.batchengine.limit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A limit as it is stored, and how far it is used.
 *
 * @param scope what it is about
 * @param name of the job type or the tenant; {@code *}: each tenant without a limit of its own
 * @param limit what is set
 * @param declared what code says of it; empty if it says nothing
 * @param isSet whether somebody has set it, so that what code declares does not count
 * @param heldUntil until when no call begins
 * @param heldReason why no call begins
 * @param running how many calls may run now, of those that nodes have asked for
 * @param waiting how many calls nodes have asked for
 */
public record LimitState(
    LimitScope scope,
    String name,
    Limit limit,
    Optional<Limit> declared,
    boolean isSet,
    Optional<Instant> heldUntil,
    Optional<String> heldReason,
    int running,
    int waiting) {

  /** The name that stands for each tenant without a limit of its own. */
  public static final String EACH_TENANT = "*";

  /** Rejects null. */
  public LimitState {
    requireNonNull(scope, "scope");
    requireNonNull(name, "name");
    requireNonNull(limit, "limit");
    requireNonNull(declared, "declared");
    requireNonNull(heldUntil, "heldUntil");
    requireNonNull(heldReason, "heldReason");
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code scope}, {@code name},
   * those of {@link Limit#toMap}, {@code declared} as text if code says something, {@code set},
   * {@code held_until} and {@code held_reason} while it is held, {@code calls_running} and {@code
   * calls_waiting}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scope", scope.name());
    map.put("name", name);
    map.putAll(limit.toMap());
    declared.ifPresent(limit -> map.put("declared", limit.toString()));
    map.put("set", isSet);
    heldUntil.ifPresent(instant -> map.put("held_until", instant.toString()));
    heldReason.ifPresent(reason -> map.put("held_reason", reason));
    map.put("calls_running", running);
    map.put("calls_waiting", waiting);
    return Collections.unmodifiableMap(map);
  }
}
