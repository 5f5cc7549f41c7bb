package org.batchengine.model;

import static java.util.Objects.requireNonNull;

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
 * Which failed attempts are followed by another, and when. Immutable: each method returns a changed
 * copy. It holds only names and numbers, so it can be stored with a batch and read where the
 * exceptions' classes are not present.
 *
 * <pre>{@code
 * RetryPolicy.exponential(Duration.ofSeconds(2)).maxRetries(5).neverOn(IllegalArgumentException.class)
 * }</pre>
 *
 * <p>Unless set: 3 retries after the first attempt; no delay over an hour, or over the first delay
 * if that is longer; jitter 0.5 for {@code exponential} and 0 for {@code fixed}; every exception
 * and every code is worth a retry.
 */
public final class RetryPolicy {
  /** Greatest length of the text form. */
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
          "the policy takes %d characters as text, and %d can be stored: name superclasses instead of each class"
              .formatted(text.length(), MAX_TEXT_LENGTH));
    }
  }

  /** {@return the policy without retries} */
  public static RetryPolicy none() {
    return NONE;
  }

  /**
   * Returns a policy that waits equally long before each retry.
   *
   * @param delay more than zero, at most 365 days
   * @return a policy with 3 retries and no jitter
   */
  public static RetryPolicy fixed(Duration delay) {
    return starting(Growth.FIXED, delay, 0);
  }

  /**
   * Returns a policy that waits twice as long before each retry as before the last.
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
   * Sets how often a failed item is tried again.
   *
   * @param retries after the first attempt, from 0 to 10,000
   * @return a changed copy
   */
  public RetryPolicy maxRetries(int retries) {
    return new RetryPolicy(retries, backoff, retried, refused, refusedCodes);
  }

  /**
   * Sets the longest delay.
   *
   * @param most at least the first delay, at most 365 days
   * @return a changed copy
   */
  public RetryPolicy maxDelay(Duration most) {
    return with(new Backoff(backoff.growth(), backoff.first(), most, backoff.jitter()));
  }

  /**
   * Sets how much of a delay is left to chance, so that items that failed together do not come back
   * together.
   *
   * @param share from 0 to 1: a delay is shortened by up to this share of itself
   * @return a changed copy
   */
  public RetryPolicy jitter(double share) {
    return with(new Backoff(backoff.growth(), backoff.first(), backoff.maxDelay(), share));
  }

  private RetryPolicy with(Backoff changed) {
    return new RetryPolicy(maxRetries, changed, retried, refused, refusedCodes);
  }

  /**
   * Adds exceptions that are worth a retry; once there is one, all that are not named are not.
   *
   * @param types with their subclasses
   * @return a changed copy
   * @see #isRetryable(Throwable)
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final RetryPolicy retryOn(Class<? extends Throwable>... types) {
    return new RetryPolicy(maxRetries, backoff, plus(retried, names(types)), refused, refusedCodes);
  }

  /**
   * Adds exceptions that are not worth a retry.
   *
   * @param types with their subclasses
   * @return a changed copy
   * @see #isRetryable(Throwable)
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final RetryPolicy neverOn(Class<? extends Throwable>... types) {
    return new RetryPolicy(maxRetries, backoff, retried, plus(refused, names(types)), refusedCodes);
  }

  /**
   * Adds codes that are not worth a retry: those that a processor gives when it fails an item.
   *
   * @param codes each compared as it stands, from 1 to 300 characters
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
                + " cannot be one: 1 to 300 characters that can be stored");
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
    Set<String> all = new TreeSet<>(names); // sorted, so that equal policies have equal texts
    all.addAll(more);
    return Collections.unmodifiableSet(all);
  }

  /**
   * Returns how long to wait before a retry.
   *
   * @param retry which one, from 1
   * @param random decides on the jitter; not asked when there is none
   * @return at least zero, at most the longest delay
   */
  public Duration delay(int retry, RandomGenerator random) {
    return backoff.delay(retry, requireNonNull(random, "random"));
  }

  /**
   * Says whether another retry is left.
   *
   * @param retriesDone retries that have been made
   * @return whether these are fewer than allowed
   */
  public boolean allows(int retriesDone) {
    return retriesDone < maxRetries;
  }

  /**
   * Says whether what was thrown is worth a retry. Its class is looked for by name among those of
   * {@code retryOn} and {@code neverOn}, then its superclass, and so on: the first that is named
   * decides, and {@code neverOn} where both name it. If none is named, it is worth a retry unless
   * {@code retryOn} names others. Causes are not looked at.
   *
   * @param thrown what an attempt threw
   * @return whether to try again, if a retry is left
   */
  public boolean isRetryable(Throwable thrown) {
    for (Class<?> type = thrown.getClass(); type != null; type = type.getSuperclass()) {
      if (refused.contains(type.getName())) {
        return false;
      }
      if (retried.contains(type.getName())) {
        return true;
      }
    }
    return retried.isEmpty();
  }

  /**
   * Says whether an item that failed with a code is worth a retry.
   *
   * @param code what the processor gave
   * @return false if {@code neverOnCode} names it
   */
  public boolean isRetryableCode(String code) {
    return !refusedCodes.contains(requireNonNull(code, "code"));
  }

  /**
   * Returns the policy as text, for example {@code exponential=PT2S retries=5 max=PT1H jitter=0.5
   * never=java.lang.Error}. The form is stable: what a version wrote, later ones read.
   *
   * @return at most 2,000 characters of ASCII
   */
  public String toText() {
    return text;
  }

  /**
   * Returns the policy that a text stands for.
   *
   * @param text what {@link #toText()} gave
   * @return an equal policy
   * @throws IllegalArgumentException if it is no such text
   */
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
