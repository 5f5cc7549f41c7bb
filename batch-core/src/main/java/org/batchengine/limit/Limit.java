package org.batchengine.limit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How much may run of a job type or a tenant, and how fast, over all nodes. A call is one item or,
 * in bulk, one chunk. What is not set is not limited. Immutable: each method returns a changed
 * copy.
 *
 * <pre>{@code
 * Limit.none().rate(600, Duration.ofMinutes(1)).running(20)
 * }</pre>
 */
public final class Limit {
  /** The shortest time in which calls or submits are counted. */
  public static final Duration SHORTEST = Duration.ofMillis(100);

  /** The longest time in which calls or submits are counted. */
  public static final Duration LONGEST = Duration.ofDays(31);

  private static final int MOST = 1_000_000_000;
  private static final int MOST_WEIGHT = 1_000;
  private static final int MOST_ATTEMPTS = 1_000;
  private static final Pattern WORDS = Pattern.compile("[ /]");
  private static final String RATE = "rate";
  private static final String BURST = "burst";
  private static final String RUNNING = "running";
  private static final String BREAKER = "breaker";
  private static final String WEIGHT = "weight";
  private static final String BATCHES = "batches";
  private static final String ITEMS = "items";
  private static final String SUBMITS = "submits";

  private static final Limit NONE = new Limit(null, null, null, null, null, null, null, null);

  private final @Nullable Rate rate;
  private final @Nullable Integer burst;
  private final @Nullable Integer running;
  private final @Nullable Breaker breaker;
  private final @Nullable Integer weight;
  private final @Nullable Integer batches;
  private final @Nullable Long items;
  private final @Nullable Rate submits;

  private Limit(
      @Nullable Rate rate,
      @Nullable Integer burst,
      @Nullable Integer running,
      @Nullable Breaker breaker,
      @Nullable Integer weight,
      @Nullable Integer batches,
      @Nullable Long items,
      @Nullable Rate submits) {
    this.rate = rate;
    this.burst = burst;
    this.running = running;
    this.breaker = breaker;
    this.weight = weight;
    this.batches = batches;
    this.items = items;
    this.submits = submits;
    if (burst != null && (rate == null || burst > rate.most())) {
      throw new IllegalArgumentException(
          "burst %d is more than the rate of %s allows: set a rate first, and at most so many at once"
              .formatted(burst, rate == null ? "none" : rate));
    }
  }

  /**
   * So many in any window of a length.
   *
   * @param most at least 1
   * @param per the length of the window, in whole microseconds
   */
  public record Rate(int most, Duration per) {
    /** Rejects null. */
    public Rate {
      requireNonNull(per, "per");
    }

    /** {@return such as {@code 600/PT1M}} */
    @Override
    public String toString() {
      return most + "/" + per;
    }
  }

  /**
   * When calls are held because too many attempts fail alike.
   *
   * @param share of attempts that fail with one fingerprint, more than 0 and at most 1
   * @param ofLast how many of the last attempts count, 1 to 1,000
   */
  public record Breaker(double share, int ofLast) {
    /** How many calls try, over all nodes, once a hold is over. */
    public static final int TRIAL_CALLS = 3;

    /** How long calls are held at first; twice as long with each trial that fails. */
    public static final Duration SHORTEST_HOLD = Duration.ofSeconds(30);

    /** Calls are held no longer than this. */
    public static final Duration LONGEST_HOLD = Duration.ofMinutes(10);

    /** So far a share of attempts may be off by rounding. */
    private static final double ROUNDING = 1e-9;

    /** Rejects what is out of range. */
    public Breaker {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException(
            "share %s of failures is out of range: more than 0, at most 1".formatted(share));
      }
      if (ofLast < 1 || ofLast > MOST_ATTEMPTS) {
        throw new IllegalArgumentException(
            "%d attempts are out of range: 1 to %d".formatted(ofLast, MOST_ATTEMPTS));
      }
    }

    /** {@return whether so many failures are the share of so many attempts, or more} */
    public boolean isShare(int failures, int attempts) {
      return failures >= share * attempts - ROUNDING;
    }

    /** {@return such as {@code 0.5/50}} */
    @Override
    public String toString() {
      return share + "/" + ofLast;
    }
  }

  /** {@return a limit with nothing set} */
  public static Limit none() {
    return NONE;
  }

  /**
   * In no window of this length do more than so many calls begin. They are evenly spaced.
   *
   * @param calls 1 to 1,000,000,000
   * @param per 100 ms to 31 days, in whole microseconds
   * @throws IllegalArgumentException if out of range, or a burst is set that is larger
   */
  public Limit rate(int calls, Duration per) {
    Rate changed = rate(RATE, calls, per);
    return new Limit(changed, burst, running, breaker, weight, batches, items, submits);
  }

  /**
   * After a quiet time so many calls of the rate may begin at once. Costs {@code burst - 1} calls
   * of the rate. Defaults to 1.
   *
   * @param calls 1 to the calls of the rate
   * @throws IllegalArgumentException if out of range, or there is no rate
   */
  public Limit burst(int calls) {
    return new Limit(
        rate, (int) between(BURST, calls, MOST), running, breaker, weight, batches, items, submits);
  }

  /**
   * At most so many calls run at a time.
   *
   * @param calls 1 to 1,000,000,000
   * @throws IllegalArgumentException if out of range
   */
  public Limit running(int calls) {
    return new Limit(
        rate, burst, (int) between(RUNNING, calls, MOST), breaker, weight, batches, items, submits);
  }

  /**
   * Of job types, and of batches, which are paused: holds all calls when failures of one kind,
   * which have one {@linkplain org.batchengine.model.ItemError#fingerprint fingerprint}, are this
   * share of the last attempts: of so many, and of all that nodes have made lately. Calls are held
   * for 30 seconds. Then three calls try, over all nodes. If fewer than the share of these fail
   * alike, calls begin as before, else they are held for twice as long as the last time, at most
   * for 10 minutes. An attempt is that of one item, in bulk too; one that asks to be called later
   * is no failure.
   *
   * @param share more than 0, at most 1
   * @param ofLast 1 to 1,000; few of them trip by accident, many take longer to trip
   * @throws IllegalArgumentException if out of range
   */
  public Limit breaker(double share, int ofLast) {
    Breaker changed = new Breaker(share, ofLast);
    return new Limit(rate, burst, running, changed, weight, batches, items, submits);
  }

  /**
   * Of tenants: the share of the workers' time that it gets beside others, which have 1 if nothing
   * is set. Counts only while there is not enough for all.
   *
   * @param share 1 to 1,000
   * @throws IllegalArgumentException if out of range
   */
  public Limit weight(int share) {
    return new Limit(
        rate,
        burst,
        running,
        breaker,
        (int) between(WEIGHT, share, MOST_WEIGHT),
        batches,
        items,
        submits);
  }

  /**
   * Of tenants: it has at most so many batches that have not ended.
   *
   * @param most 1 to 1,000,000,000
   * @throws IllegalArgumentException if out of range
   */
  public Limit liveBatches(int most) {
    return new Limit(
        rate, burst, running, breaker, weight, (int) between(BATCHES, most, MOST), items, submits);
  }

  /**
   * Of tenants: it has at most so many items that have not ended.
   *
   * @param most at least 1
   * @throws IllegalArgumentException if out of range
   */
  public Limit unfinishedItems(long most) {
    return new Limit(
        rate,
        burst,
        running,
        breaker,
        weight,
        batches,
        between(ITEMS, most, Long.MAX_VALUE),
        submits);
  }

  /**
   * Of tenants: in no window of this length it submits more than so many batches.
   *
   * @param most 1 to 1,000,000,000
   * @param per 100 ms to 31 days, in whole microseconds
   * @throws IllegalArgumentException if out of range
   */
  public Limit submits(int most, Duration per) {
    return new Limit(
        rate, burst, running, breaker, weight, batches, items, rate(SUBMITS, most, per));
  }

  private static Rate rate(String what, int most, Duration per) {
    requireNonNull(per, "per");
    between(what, most, MOST);
    if (per.compareTo(SHORTEST) < 0
        || per.compareTo(LONGEST) > 0
        || !per.truncatedTo(ChronoUnit.MICROS).equals(per)) {
      throw new IllegalArgumentException(
          "%s per %s is out of range: %s to %s, in whole microseconds"
              .formatted(what, per, SHORTEST, LONGEST));
    }
    return new Rate(most, per);
  }

  private static long between(String what, long value, long most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(
          "%s %d is out of range: 1 to %d".formatted(what, value, most));
    }
    return value;
  }

  /** {@return how many calls begin in any window, if limited} */
  public Optional<Rate> rate() {
    return Optional.ofNullable(rate);
  }

  /** {@return how many calls of the rate may begin at once; 1 if not set} */
  public int burst() {
    return burst == null ? 1 : burst;
  }

  /** {@return how many calls run at a time, if limited} */
  public OptionalInt running() {
    return running == null ? OptionalInt.empty() : OptionalInt.of(running);
  }

  /** {@return when calls are held because they fail, if ever} */
  public Optional<Breaker> breaker() {
    return Optional.ofNullable(breaker);
  }

  /** {@return the tenant's share beside others; 1 if not set} */
  public int weight() {
    return weight == null ? 1 : weight;
  }

  /** {@return how many batches that have not ended the tenant has, if limited} */
  public OptionalInt liveBatches() {
    return batches == null ? OptionalInt.empty() : OptionalInt.of(batches);
  }

  /** {@return how many items that have not ended the tenant has, if limited} */
  public OptionalLong unfinishedItems() {
    return items == null ? OptionalLong.empty() : OptionalLong.of(items);
  }

  /** {@return how many batches the tenant submits in any window, if limited} */
  public Optional<Rate> submits() {
    return Optional.ofNullable(submits);
  }

  /** {@return this limit; null if nothing is set} */
  public @Nullable Limit orNull() {
    return equals(NONE) ? null : this;
  }

  /** {@return whether calls are limited, by rate, by how many run, or by a breaker} */
  public boolean limitsCalls() {
    return rate != null || running != null || breaker != null;
  }

  /** {@return whether submits are limited} */
  public boolean limitsSubmits() {
    return batches != null || items != null || submits != null;
  }

  /** {@return whether anything is set that only a tenant can have} */
  public boolean isOfTenant() {
    return weight != null || limitsSubmits();
  }

  /**
   * Reads what {@link #toString} has written.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static Limit parse(String text) {
    Limit limit = NONE;
    for (String part : text.isEmpty() ? List.<String>of() : List.of(text.split(", ", -1))) {
      limit = limit.with(part);
    }
    return limit;
  }

  private Limit with(String part) {
    String[] words = WORDS.split(part, -1);
    try {
      if (words[0].equals(BREAKER)) {
        return breaker(Double.parseDouble(words[1]), Integer.parseInt(words[2]));
      }
      long number = Long.parseLong(words[1]);
      return switch (words[0]) {
        case RATE -> rate(Math.toIntExact(number), Duration.parse(words[2]));
        case BURST -> burst(Math.toIntExact(number));
        case RUNNING -> running(Math.toIntExact(number));
        case WEIGHT -> weight(Math.toIntExact(number));
        case BATCHES -> liveBatches(Math.toIntExact(number));
        case ITEMS -> unfinishedItems(number);
        case SUBMITS -> submits(Math.toIntExact(number), Duration.parse(words[2]));
        default -> throw new IllegalArgumentException(words[0] + " is unknown");
      };
    } catch (ArithmeticException
        | ArrayIndexOutOfBoundsException
        | DateTimeParseException
        | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "limit \"%s\" cannot be read: write it as \"rate 600/PT1M, running 20\"".formatted(part),
          e);
    }
  }

  /**
   * Returns what is set as a flat map that any JSON library can print: {@code rate_calls} and
   * {@code rate_per}, {@code burst}, {@code running}, {@code breaker_share} and {@code breaker_of},
   * {@code weight}, {@code live_batches}, {@code unfinished_items}, {@code submits} and {@code
   * submits_per}; durations as ISO-8601 text.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    put(map, "rate_calls", "rate_per", rate);
    put(map, BURST, burst);
    put(map, RUNNING, running);
    put(map, "breaker_share", breaker == null ? null : breaker.share());
    put(map, "breaker_of", breaker == null ? null : breaker.ofLast());
    put(map, WEIGHT, weight);
    put(map, "live_batches", batches);
    put(map, "unfinished_items", items);
    put(map, SUBMITS, "submits_per", submits);
    return Collections.unmodifiableMap(map);
  }

  private static void put(Map<String, Object> map, String key, @Nullable Object value) {
    if (value != null) {
      map.put(key, value);
    }
  }

  private static void put(Map<String, Object> map, String most, String per, @Nullable Rate rate) {
    if (rate != null) {
      map.put(most, rate.most());
      map.put(per, rate.per().toString());
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Limit limit && toString().equals(limit.toString());
  }

  @Override
  public int hashCode() {
    return Objects.hash(rate, burst, running, breaker, weight, batches, items, submits);
  }

  /** {@return what is set, as {@code rate 600/PT1M, running 20}; empty if nothing is} */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    add(parts, RATE, rate);
    add(parts, BURST, burst);
    add(parts, RUNNING, running);
    add(parts, BREAKER, breaker);
    add(parts, WEIGHT, weight);
    add(parts, BATCHES, batches);
    add(parts, ITEMS, items);
    add(parts, SUBMITS, submits);
    return String.join(", ", parts);
  }

  private static void add(List<String> parts, String name, @Nullable Object value) {
    if (value != null) {
      parts.add(name + " " + value);
    }
  }
}
