package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.batchengine.limit.Limit;
import org.batchengine.limit.Limit.Breaker;
import org.batchengine.model.RetryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * How one engine runs a job type. Not stored but for {@link #limit}, so nodes may use different
 * options.
 *
 * <pre>{@code
 * static final JobOptions GENTLE =
 *     JobOptions.defaults().concurrency(4).timeout(Duration.ofMinutes(2));
 * }</pre>
 *
 * <p>Options not set here come from {@link BatchEngine.Builder#defaults}; if not set there either,
 * the defaults given at each method apply. Immutable: every method returns a changed copy. Two are
 * equal if the same is set in both.
 */
public final class JobOptions {
  private static final JobOptions UNSET =
      new JobOptions(
          null, new Bounded<>(null, null), null, new Bounded<>(null, null), null, null, null, null);
  private static final int LEAST_DEFAULT_CONCURRENCY = 8;
  private static final Duration SHORTEST_TIMEOUT = Duration.ofNanos(1);
  static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);
  static final int LARGEST_CHUNK = 10_000;

  private final @Nullable Integer concurrency;
  private final Bounded<Integer> chunkSize;
  private final @Nullable ClaimSize claim;
  private final Bounded<Duration> timeout;
  private final @Nullable RetryPolicy retry;
  private final @Nullable Predicate<? super Throwable> retryIf;
  private final @Nullable Limit limit;
  private final @Nullable Breaker breaker;

  private JobOptions(
      @Nullable Integer concurrency,
      Bounded<Integer> chunkSize,
      @Nullable ClaimSize claim,
      Bounded<Duration> timeout,
      @Nullable RetryPolicy retry,
      @Nullable Predicate<? super Throwable> retryIf,
      @Nullable Limit limit,
      @Nullable Breaker breaker) {
    this.concurrency = concurrency;
    this.chunkSize = chunkSize;
    this.claim = claim;
    this.timeout = timeout;
    this.retry = retry;
    this.retryIf = retryIf;
    this.limit = limit;
    this.breaker = breaker;
  }

  /** {@return options with nothing set} */
  public static JobOptions defaults() {
    return UNSET;
  }

  /**
   * How many processor calls run at a time in this engine. A call handles one item or, in bulk, one
   * chunk. Defaults to 8, or the number of CPUs if that is larger. Each running call of a
   * transactional type holds a connection, so the default of such types is lower on a small pool:
   * they share evenly what it has beyond the engine's own five connections.
   *
   * @param calls 1 to 10,000
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions concurrency(int calls) {
    Arguments.between("concurrency", calls, 1, 10_000);
    return new JobOptions(calls, chunkSize, claim, timeout, retry, retryIf, limit, breaker);
  }

  /**
   * The most items a {@link BatchProcessor} or {@link BulkTransactionalProcessor} gets in one call.
   * Also the most calls of a {@link TransactionalProcessor} that share a transaction, though never
   * more than 50. A batch's own size, {@link BatchRequest#chunkSize}, takes precedence: if the API
   * or statement behind the processor has a limit, set {@link #maxChunkSize} to it. Defaults to 50.
   *
   * @param most 1 to 10,000
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions chunkSize(int most) {
    Arguments.between("chunkSize", most, 1, LARGEST_CHUNK);
    return new JobOptions(
        concurrency, chunkSize.to(most), claim, timeout, retry, retryIf, limit, breaker);
  }

  /**
   * The largest chunk size that a {@linkplain BatchRequest#chunkSize batch} may ask for; set it to
   * the limit of the API or statement behind the processor. This engine refuses to submit a batch
   * that asks for more. If another engine has accepted such a batch, its calls here still get no
   * more items than this. It also bounds {@link #chunkSize}. Defaults to 10,000.
   *
   * @param most 1 to 10,000
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions maxChunkSize(int most) {
    Arguments.between("maxChunkSize", most, 1, LARGEST_CHUNK);
    return new JobOptions(
        concurrency, chunkSize.atMost(most), claim, timeout, retry, retryIf, limit, breaker);
  }

  /**
   * Bounds for the number of items claimed from the store at once. Within them the size follows the
   * measured duration of an item. Defaults to 1 to 5,000.
   *
   * @param least 1 to {@code most}
   * @param most {@code least} to 100,000
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions claim(int least, int most) {
    return new JobOptions(
        concurrency,
        chunkSize,
        new ClaimSize(least, most),
        timeout,
        retry,
        retryIf,
        limit,
        breaker);
  }

  /**
   * How long a call may take. After that its thread is interrupted and the attempt fails. A batch's
   * own timeout, {@link BatchRequest#timeout}, takes precedence. Defaults to 30 seconds.
   *
   * @param perCall more than zero, at most 365 days
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions timeout(Duration perCall) {
    Arguments.between("timeout", perCall, SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
    return new JobOptions(
        concurrency, chunkSize, claim, timeout.to(perCall), retry, retryIf, limit, breaker);
  }

  /**
   * The longest timeout that a {@linkplain BatchRequest#timeout batch} may ask for. This engine
   * refuses to submit a batch that asks for more. If another engine has accepted such a batch, its
   * calls here still take no longer than this. It also bounds {@link #timeout}. Defaults to 365
   * days.
   *
   * @param perCall more than zero, at most 365 days
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions maxTimeout(Duration perCall) {
    Arguments.between("maxTimeout", perCall, SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
    return new JobOptions(
        concurrency, chunkSize, claim, timeout.atMost(perCall), retry, retryIf, limit, breaker);
  }

  /**
   * Which failed attempts are retried, and when. A batch's own policy, {@link BatchRequest#retry},
   * takes precedence. Defaults to exponential backoff from one second, with that policy's defaults.
   */
  public JobOptions retry(RetryPolicy policy) {
    requireNonNull(policy, "policy");
    return new JobOptions(concurrency, chunkSize, claim, timeout, policy, retryIf, limit, breaker);
  }

  /**
   * Sets the number of retries of the {@linkplain #retry policy}, which otherwise stays as it is
   * set here, or as it is by default.
   *
   * @param retries 0 to 10,000
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions maxRetries(int retries) {
    return retry(retry().maxRetries(retries));
  }

  /**
   * Which exceptions are worth a retry, in addition to the policy: an attempt is retried only if
   * both agree. Of a wrapper, such as {@code CompletionException}, it gets what is {@linkplain
   * RetryPolicy#unwrap wrapped}. Not called for error codes. If it throws, the policy alone
   * decides. Called on the engine's threads, possibly several at a time. By default every exception
   * is.
   */
  public JobOptions retryIf(Predicate<? super Throwable> worthIt) {
    requireNonNull(worthIt, "worthIt");
    return new JobOptions(concurrency, chunkSize, claim, timeout, retry, worthIt, limit, breaker);
  }

  /**
   * How many calls of the job type begin in a time, and how many run, over all nodes: unlike the
   * {@linkplain #concurrency concurrency}, which is of this engine. Declared: it counts until
   * somebody {@linkplain BatchLimits#set sets} another limit. If nodes declare different limits,
   * the one that was started last counts. Defaults to none.
   *
   * @throws IllegalArgumentException if the limit has anything that only tenants can have
   */
  public JobOptions limit(Limit limit) {
    EngineLimits.ofCalls(limit);
    Breaker own = limit.breaker().orElse(breaker);
    return new JobOptions(concurrency, chunkSize, claim, timeout, retry, retryIf, limit, own);
  }

  /**
   * Holds the job type on all nodes when too many attempts fail alike, until it works again, as
   * {@link Limit#breaker} says. Declared like the {@linkplain #limit limit}, and a part of it: both
   * count, in whatever order they are set. Defaults to never.
   *
   * <pre>{@code
   * JobOptions.defaults().holdOnFailures(0.5, 50)
   * }</pre>
   *
   * @param share of attempts that fail with one fingerprint, more than 0 and at most 1
   * @param ofLast how many of the last attempts count, 1 to 1,000
   * @throws IllegalArgumentException if out of range
   */
  public JobOptions holdOnFailures(double share, int ofLast) {
    Breaker own = new Breaker(share, ofLast);
    return new JobOptions(concurrency, chunkSize, claim, timeout, retry, retryIf, limit, own);
  }

  /** Returns these options, with those that are unset taken from {@code fallback}. */
  JobOptions orElse(JobOptions fallback) {
    return new JobOptions(
        concurrency != null ? concurrency : fallback.concurrency,
        chunkSize.orElse(fallback.chunkSize),
        claim != null ? claim : fallback.claim,
        timeout.orElse(fallback.timeout),
        retry != null ? retry : fallback.retry,
        retryIf != null ? retryIf : fallback.retryIf,
        limit != null ? limit : fallback.limit,
        breaker != null ? breaker : fallback.breaker);
  }

  boolean hasConcurrency() {
    return concurrency != null;
  }

  int concurrency() {
    return concurrency != null
        ? concurrency
        : Math.max(LEAST_DEFAULT_CONCURRENCY, Runtime.getRuntime().availableProcessors());
  }

  int chunkSize() {
    return chunkSize.or(50);
  }

  int maxChunkSize() {
    return chunkSize.mostOr(LARGEST_CHUNK);
  }

  ClaimSize claim() {
    return claim != null ? claim : ClaimSize.DEFAULT;
  }

  Duration timeout() {
    return timeout.or(Duration.ofSeconds(30));
  }

  Duration maxTimeout() {
    return timeout.mostOr(LONGEST_TIMEOUT);
  }

  RetryPolicy retry() {
    return retry != null ? retry : RetryPolicy.exponential(Duration.ofSeconds(1));
  }

  Optional<Predicate<? super Throwable>> retryIf() {
    return Optional.ofNullable(retryIf);
  }

  Limit limit() {
    Limit declared = limit != null ? limit : Limit.none();
    return breaker == null ? declared : declared.breaker(breaker.share(), breaker.ofLast());
  }

  @Override
  public String toString() {
    return "JobOptions[concurrency=%d, chunkSize=%d, maxChunkSize=%d, claim=%d..%d, timeout=%s, maxTimeout=%s, retry=%s, limit=%s]"
        .formatted(
            concurrency(),
            chunkSize(),
            maxChunkSize(),
            claim().least(),
            claim().most(),
            timeout(),
            maxTimeout(),
            retry(),
            limit());
  }

  private List<@Nullable Object> parts() {
    return Arrays.asList(concurrency, chunkSize, claim, timeout, retry, retryIf, limit, breaker);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JobOptions that && parts().equals(that.parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }

  /** An option that a batch may set otherwise, up to a maximum. */
  private record Bounded<T extends Comparable<T>>(@Nullable T value, @Nullable T most) {

    Bounded<T> to(T changed) {
      return new Bounded<>(changed, most);
    }

    Bounded<T> atMost(T changed) {
      return new Bounded<>(value, changed);
    }

    Bounded<T> orElse(Bounded<T> fallback) {
      return new Bounded<>(
          value != null ? value : fallback.value, most != null ? most : fallback.most);
    }

    T or(T unset) {
      T chosen = value != null ? value : unset;
      return most != null && most.compareTo(chosen) < 0 ? most : chosen;
    }

    T mostOr(T unset) {
      return most != null ? most : unset;
    }
  }

  /** Bounds for the number of items claimed at once. */
  record ClaimSize(int least, int most) {
    private static final ClaimSize DEFAULT = new ClaimSize(1, 5_000);

    ClaimSize {
      Arguments.between("most of claim", most, 1, 100_000);
      Arguments.between("least of claim", least, 1, most);
    }
  }
}
