package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.batchengine.model.Backoff.Growth;
import org.jspecify.annotations.Nullable;

/**
 * Which failed attempts are retried, and when. Immutable: each method returns a changed copy. It
 * holds only names and numbers, so it can be stored with a batch and read where the exception
 * classes are missing.
 *
 * <pre>{@code
 * RetryPolicy.exponential(Duration.ofSeconds(2)).maxRetries(5).neverOn(IllegalArgumentException.class)
 * }</pre>
 *
 * <p>Defaults: 3 retries after the first attempt; a maximum delay of one hour, or the first delay
 * if that is longer; jitter 0.5 for {@code exponential} and 0 for {@code fixed}; every exception
 * and every code is retried.
 */
public final class RetryPolicy {
  /** Maximum length of the text form. */
  public static final int MAX_TEXT_LENGTH = 2_000;

  private static final int DEFAULT_RETRIES = 3;
  private static final int MAX_RETRIES = 10_000;
  private static final int MAX_CODE_LENGTH = 300;
  private static final Duration DEFAULT_MAX_DELAY = Duration.ofHours(1);
  private static final double DEFAULT_JITTER = 0.5;
  private static final RetryPolicy NONE = fixed(Duration.ofSeconds(1)).maxRetries(0);

  private final int maxRetries;
  private final Backoff backoff;
  private final Set<String> retried;
  private final Set<String> refused;
  private final Set<String> refusedCodes;
  private final String text;

  RetryPolicy(
      int maxRetries,
      Backoff backoff,
      Set<String> retried,
      Set<String> refused,
      Set<String> refusedCodes) {
    if (maxRetries < 0 || maxRetries > MAX_RETRIES) {
      throw new IllegalArgumentException(
          "maxRetries " + maxRetries + " is out of range: 0 to " + MAX_RETRIES);
    }
    this.maxRetries = maxRetries;
    this.backoff = backoff;
    this.retried = retried;
    this.refused = refused;
    this.refusedCodes = refusedCodes;
    this.text = RetryPolicyText.write(this);
    if (text.length() > MAX_TEXT_LENGTH) {
      throw new IllegalArgumentException(
          "the policy has %d characters as text, at most %d are allowed: name superclasses instead of each class"
              .formatted(text.length(), MAX_TEXT_LENGTH));
    }
  }

  /** {@return a policy without retries} */
  public static RetryPolicy none() {
    return NONE;
  }

  /**
   * Returns a policy with the same delay before each retry.
   *
   * @param delay more than zero, at most 365 days
   * @return a policy with 3 retries and no jitter
   */
  public static RetryPolicy fixed(Duration delay) {
    return starting(Growth.FIXED, delay, 0);
  }

  /**
   * Returns a policy whose delay doubles with each retry.
   *
   * @param first delay before the first retry; more than zero, at most 365 days
   * @return a policy with 3 retries and jitter 0.5
   */
  public static RetryPolicy exponential(Duration first) {
    return starting(Growth.EXPONENTIAL, first, DEFAULT_JITTER);
  }

  private static RetryPolicy starting(Growth growth, Duration first, double jitter) {
    Duration maxDelay =
        requireNonNull(first, "delay").compareTo(DEFAULT_MAX_DELAY) > 0 ? first : DEFAULT_MAX_DELAY;
    Backoff backoff = new Backoff(growth, first, maxDelay, jitter);
    return new RetryPolicy(DEFAULT_RETRIES, backoff, Set.of(), Set.of(), Set.of());
  }

  /**
   * Sets the maximum number of retries of an item.
   *
   * @param retries attempts after the first, from 0 to 10,000
   * @return a changed copy
   */
  public RetryPolicy maxRetries(int retries) {
    return new RetryPolicy(retries, backoff, retried, refused, refusedCodes);
  }

  /**
   * Sets the maximum delay.
   *
   * @param most at least the first delay, at most 365 days
   * @return a changed copy
   */
  public RetryPolicy maxDelay(Duration most) {
    return with(new Backoff(backoff.growth(), backoff.first(), most, backoff.jitter()));
  }

  /**
   * Sets the random part of a delay, so that items that failed together are not retried together.
   *
   * @param share from 0 to 1; each delay is shortened at random by up to this share
   * @return a changed copy
   */
  public RetryPolicy jitter(double share) {
    return with(new Backoff(backoff.growth(), backoff.first(), backoff.maxDelay(), share));
  }

  private RetryPolicy with(Backoff changed) {
    return new RetryPolicy(maxRetries, changed, retried, refused, refusedCodes);
  }

  /**
   * Adds exceptions that are retried. Once any is added, exceptions that are not named are not
   * retried.
   *
   * @param types the exceptions, including their subclasses
   * @return a changed copy
   * @see #isRetryable(Throwable)
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final RetryPolicy retryOn(Class<? extends Throwable>... types) {
    return new RetryPolicy(maxRetries, backoff, plus(retried, names(types)), refused, refusedCodes);
  }

  /**
   * Adds exceptions that are not retried.
   *
   * @param types the exceptions, including their subclasses
   * @return a changed copy
   * @see #isRetryable(Throwable)
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final RetryPolicy neverOn(Class<? extends Throwable>... types) {
    return new RetryPolicy(maxRetries, backoff, retried, plus(refused, names(types)), refusedCodes);
  }

  /**
   * Adds error codes that are not retried. Processors set codes when they fail an item.
   *
   * @param codes each 1 to 300 characters, compared exactly
   * @return a changed copy
   */
  public RetryPolicy neverOnCode(String... codes) {
    for (String code : requireNonNull(codes, "codes")) {
      if (requireNonNull(code, "code").isEmpty()
          || code.length() > MAX_CODE_LENGTH
          || StoredText.problem(code).isPresent()) {
        throw new IllegalArgumentException(
            "code "
                + StoredText.quoted(code)
                + " is not allowed: use 1 to 300 characters that can be stored");
      }
    }
    return new RetryPolicy(
        maxRetries, backoff, retried, refused, plus(refusedCodes, List.of(codes)));
  }

  private static List<String> names(Class<? extends Throwable>[] types) {
    List<String> names = new ArrayList<>();
    for (Class<? extends Throwable> type : requireNonNull(types, "types")) {
      names.add(type.getName());
    }
    return names;
  }

  private static Set<String> plus(Set<String> names, List<String> more) {
    Set<String> all = new TreeSet<>(names); // sorted, so that equal policies have equal text
    all.addAll(more);
    return Collections.unmodifiableSet(all);
  }

  /**
   * Returns how long to wait before a retry.
   *
   * @param retry the number of the retry, from 1
   * @param random source of the jitter; not used if there is none
   * @return the delay, from zero to the maximum delay
   */
  public Duration delay(int retry, RandomGenerator random) {
    return backoff.delay(retry, requireNonNull(random, "random"));
  }

  /**
   * Returns whether another retry is left.
   *
   * @param retriesDone the number of retries made so far
   * @return whether that is fewer than allowed
   */
  public boolean allows(int retriesDone) {
    return retriesDone < maxRetries;
  }

  /**
   * Returns whether an exception is worth a retry. Looks for its class by name in {@code retryOn}
   * and {@code neverOn}, then for its superclass, and so on. The first match decides; if both name
   * it, {@code neverOn} wins. Without a match, it is retried unless {@code retryOn} names others.
   *
   * <p>If it only {@linkplain #unwrap wraps} another exception, that one is looked at, unless the
   * policy names the wrapper itself. Other causes are ignored.
   *
   * @param thrown what an attempt threw
   * @return whether to try again if a retry is left
   */
  public boolean isRetryable(Throwable thrown) {
    Throwable wrapped = unwrap(thrown);
    if (wrapped != thrown && !names(thrown.getClass())) {
      return isRetryable(wrapped);
    }
    for (Class<?> type = thrown.getClass(); type != null; type = type.getSuperclass()) {
      if (names(type)) {
        return !refused.contains(type.getName());
      }
    }
    return retried.isEmpty();
  }

  private boolean names(Class<?> type) {
    return refused.contains(type.getName()) || retried.contains(type.getName());
  }

  /**
   * Returns what a wrapper stands for. Wrappers are {@code CompletionException}, {@code
   * ExecutionException}, {@code InvocationTargetException} and {@code UndeclaredThrowableException}
   * (not their subclasses), also if they wrap each other.
   *
   * @param thrown what an attempt threw
   * @return the first that is no wrapper, or has no cause; {@code thrown} itself if that is so
   */
  public static Throwable unwrap(Throwable thrown) {
    return ThrownText.unwrap(requireNonNull(thrown, "thrown"));
  }

  /**
   * Returns whether an item that failed with a code is worth a retry.
   *
   * @param code the code set by the processor
   * @return false if {@code neverOnCode} names it
   */
  public boolean isRetryableCode(String code) {
    return !refusedCodes.contains(requireNonNull(code, "code"));
  }

  /**
   * Returns the policy as text, for example {@code exponential=PT2S retries=5 max=PT1H jitter=0.5
   * never=java.lang.Error}. The form is stable: later versions can read what earlier ones wrote.
   * JSON libraries print this text.
   *
   * @return at most 2,000 ASCII characters
   */
  @JsonValue
  public String toText() {
    return text;
  }

  /**
   * Parses the text form of a policy.
   *
   * @param text from {@link #toText()}
   * @return an equal policy
   * @throws IllegalArgumentException if it is not such a text
   */
  @JsonCreator
  public static RetryPolicy parse(String text) {
    return RetryPolicyText.read(requireNonNull(text, "text"));
  }

  int maxRetries() {
    return maxRetries;
  }

  Backoff backoff() {
    return backoff;
  }

  Set<String> retried() {
    return retried;
  }

  Set<String> refused() {
    return refused;
  }

  Set<String> refusedCodes() {
    return refusedCodes;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetryPolicy policy && text.equals(policy.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** {@return the {@linkplain #toText() text form}} */
  @Override
  public String toString() {
    return text;
  }
}
