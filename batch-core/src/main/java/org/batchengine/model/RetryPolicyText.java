package org.batchengine.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.batchengine.model.Backoff.Growth;

/**
 * The text form of a retry policy: {@code key=value} pairs separated by blanks. The first pair
 * names the backoff. Names in lists are URL-encoded, so that none contains a comma or a blank;
 * empty lists are left out.
 */
final class RetryPolicyText {
  private static final String RETRIES = "retries";
  private static final String MAX_DELAY = "max";
  private static final String JITTER = "jitter";
  private static final String RETRIED = "on";
  private static final String REFUSED = "never";
  private static final String REFUSED_CODES = "codes";

  private final Map<String, String> values = new HashMap<>();

  private RetryPolicyText(String text) {
    for (String pair : text.split(" ", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 0 || values.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "expected key=value pairs separated by blanks, each key once");
      }
    }
  }

  static String write(RetryPolicy policy) {
    Backoff backoff = policy.backoff();
    return key(backoff.growth())
        + "="
        + backoff.first()
        + pair(RETRIES, policy.maxRetries())
        + pair(MAX_DELAY, backoff.maxDelay())
        + pair(JITTER, backoff.jitter())
        + list(RETRIED, policy.retried())
        + list(REFUSED, policy.refused())
        + list(REFUSED_CODES, policy.refusedCodes());
  }

  private static String key(Growth growth) {
    return growth.name().toLowerCase(Locale.ROOT);
  }

  private static String pair(String key, Object value) {
    return " " + key + "=" + value;
  }

  private static String list(String key, Set<String> names) {
    return names.isEmpty()
        ? ""
        : pair(
            key, names.stream().map(name -> URLEncoder.encode(name, UTF_8)).collect(joining(",")));
  }

  static RetryPolicy read(String text) {
    try {
      if (text.length() > RetryPolicy.MAX_TEXT_LENGTH) {
        throw new IllegalArgumentException(
            "it has more than " + RetryPolicy.MAX_TEXT_LENGTH + " characters");
      }
      return new RetryPolicyText(text).policy();
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IllegalArgumentException(
          "not a retry policy: " + StoredText.quoted(text) + ": " + e.getMessage(), e);
    }
  }

  private RetryPolicy policy() {
    Growth growth = values.containsKey(key(Growth.FIXED)) ? Growth.FIXED : Growth.EXPONENTIAL;
    Backoff backoff =
        new Backoff(
            growth,
            Duration.parse(take(key(growth))),
            Duration.parse(take(MAX_DELAY)),
            Double.parseDouble(take(JITTER)));
    RetryPolicy policy =
        new RetryPolicy(
            Integer.parseInt(take(RETRIES)),
            backoff,
            takeNames(RETRIED),
            takeNames(REFUSED),
            takeNames(REFUSED_CODES));
    if (!values.isEmpty()) {
      throw new IllegalArgumentException("unknown keys " + values.keySet());
    }
    return policy;
  }

  private String take(String key) {
    String value = values.remove(key);
    if (value == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
    return value;
  }

  private Set<String> takeNames(String key) {
    String list = values.remove(key);
    if (list == null) {
      return Set.of();
    }
    Set<String> names = new TreeSet<>();
    for (String name : list.split(",", -1)) {
      names.add(URLDecoder.decode(name, UTF_8));
    }
    return Collections.unmodifiableSet(names);
  }
}
