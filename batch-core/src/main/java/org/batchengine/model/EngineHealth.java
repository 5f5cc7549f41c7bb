package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether an engine does its work, as it stood at {@link #asOf}: made of what the engine remembers,
 * without asking its store, so that it can be asked for at any time.
 *
 * <p>An engine is up unless one of these holds, and {@link #problems} says which:
 *
 * <ul>
 *   <li>it is closed, or closes;
 *   <li>the virtual machine has failed, or a thread of the engine has ended;
 *   <li>it could not renew its session, or open one, for as long as a session lasts ({@code
 *       sessionExpiry}): other nodes take its work over;
 *   <li>items that are ready to be settled wait, and none was settled for as long;
 *   <li>claims have failed for as long, without a success between;
 *   <li>two sessions or more were given up in a row, since what they had claimed could not be run
 *       and settled: most likely the tables are damaged, or were changed by somebody else.
 * </ul>
 *
 * <p>So it is down only when trying again has not helped; a single failure is seen in {@link
 * Activity#failuresInARow}. An engine that was not started is up as long as it is not closed, and
 * {@link #isStarted} tells. Texts of failures are the store's: they may name hosts and tables,
 * never payloads. Immutable.
 */
public final class EngineHealth {
  private final Instant asOf;
  private final boolean started;
  private final boolean sessionLive;
  private final List<String> problems;
  private final Activity claims;
  private final Activity settles;
  private final Activity renewals;
  private final int waiting;
  private final int running;
  private final int unsettled;

  private EngineHealth(Builder builder) {
    asOf = builder.asOf;
    started = builder.started;
    sessionLive = builder.sessionLive;
    problems = List.copyOf(builder.problems);
    claims = builder.claims;
    settles = builder.settles;
    renewals = builder.renewals;
    waiting = builder.waiting;
    running = builder.running;
    unsettled = builder.unsettled;
  }

  /** For engines, and for tests of hosts: up and started, with nothing done yet. */
  public static Builder builder(Instant asOf) {
    return new Builder(asOf);
  }

  /** {@return whether there is no problem} */
  public boolean isUp() {
    return problems.isEmpty();
  }

  /** {@return whether the engine was started and is not closed; only then it claims work} */
  public boolean isStarted() {
    return started;
  }

  /** {@return whether it has a session that others hold for alive} */
  public boolean isSessionLive() {
    return sessionLive;
  }

  /** {@return what is wrong, in words for people; empty if it is up} */
  public List<String> problems() {
    return problems;
  }

  /** {@return when this was so, by the engine's clock} */
  public Instant asOf() {
    return asOf;
  }

  /** {@return how claiming goes: taking work from the store, and loading it} */
  public Activity claims() {
    return claims;
  }

  /** {@return how settling goes: writing what became of items} */
  public Activity settles() {
    return settles;
  }

  /** {@return how it goes with the engine's session: opening and renewing it} */
  public Activity renewals() {
    return renewals;
  }

  /** {@return how many items are claimed and wait for a worker} */
  public int waiting() {
    return waiting;
  }

  /** {@return how many items are with workers} */
  public int running() {
    return running;
  }

  /** {@return how many items have run and are not settled yet} */
  public int unsettled() {
    return unsettled;
  }

  /**
   * Returns everything under names in snake_case: text, numbers and booleans only, instants as
   * ISO-8601, what is absent left out. The keys are part of the API.
   */
  @JsonValue
  public Map<String, Object> toMap() {
    FlatMap map =
        new FlatMap()
            .put("status", isUp() ? "UP" : "DOWN")
            .put("as_of", asOf)
            .put("started", started)
            .put("session_live", sessionLive);
    if (!isUp()) {
      map.put("problem", String.join("; ", problems));
    }
    put(map, "claim", claims);
    put(map, "settle", settles);
    put(map, "renewal", renewals);
    return map.put("waiting", waiting).put("running", running).put("unsettled", unsettled).toMap();
  }

  private static void put(FlatMap map, String what, Activity activity) {
    map.putInstant(what + "_succeeded_at", activity.succeededAt())
        .putInstant(what + "_failed_at", activity.failedAt())
        .putText(what + "_failure", activity.failure())
        .put(what + "_failures_in_a_row", activity.failuresInARow());
  }

  @Override
  public String toString() {
    return "EngineHealth" + toMap();
  }

  /**
   * How one of the things goes that an engine does all the time.
   *
   * @param succeededAt when it went well last
   * @param failedAt when it failed last, even if it has gone well since
   * @param failure why it failed then
   * @param failuresInARow how often it has failed since it went well, or since there was nothing to
   *     do
   */
  public record Activity(
      Optional<Instant> succeededAt,
      Optional<Instant> failedAt,
      Optional<String> failure,
      int failuresInARow) {

    /** Nothing was done yet. */
    public static final Activity NONE =
        new Activity(Optional.empty(), Optional.empty(), Optional.empty(), 0);

    /** Refuses null and a negative number. */
    public Activity {
      requireNonNull(succeededAt, "succeededAt");
      requireNonNull(failedAt, "failedAt");
      requireNonNull(failure, "failure");
      if (failuresInARow < 0) {
        throw new IllegalArgumentException(
            "failuresInARow " + failuresInARow + " is out of range: at least 0");
      }
    }
  }

  /** Gathers what is known of an engine. For one thread. */
  public static final class Builder {
    private final Instant asOf;
    private boolean started = true;
    private boolean sessionLive;
    private List<String> problems = List.of();
    private Activity claims = Activity.NONE;
    private Activity settles = Activity.NONE;
    private Activity renewals = Activity.NONE;
    private int waiting;
    private int running;
    private int unsettled;

    private Builder(Instant asOf) {
      this.asOf = requireNonNull(asOf, "asOf");
    }

    /** See {@link EngineHealth#isStarted}. */
    public Builder started(boolean started) {
      this.started = started;
      return this;
    }

    /** See {@link EngineHealth#isSessionLive}. */
    public Builder sessionLive(boolean live) {
      this.sessionLive = live;
      return this;
    }

    /** See {@link EngineHealth#problems}. */
    public Builder problems(List<String> problems) {
      this.problems = List.copyOf(problems);
      return this;
    }

    /** See {@link EngineHealth#claims}. */
    public Builder claims(Activity claims) {
      this.claims = requireNonNull(claims, "claims");
      return this;
    }

    /** See {@link EngineHealth#settles}. */
    public Builder settles(Activity settles) {
      this.settles = requireNonNull(settles, "settles");
      return this;
    }

    /** See {@link EngineHealth#renewals}. */
    public Builder renewals(Activity renewals) {
      this.renewals = requireNonNull(renewals, "renewals");
      return this;
    }

    /** The items in hand; see {@link EngineHealth#waiting}, {@code running}, {@code unsettled}. */
    public Builder items(int waiting, int running, int unsettled) {
      this.waiting = waiting;
      this.running = running;
      this.unsettled = unsettled;
      return this;
    }

    /** Builds it. */
    public EngineHealth build() {
      return new EngineHealth(this);
    }
  }
}
