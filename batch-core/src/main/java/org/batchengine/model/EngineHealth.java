package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An engine's health at {@link #asOf}. Based on what the engine remembers, without querying its
 * store, so you can ask for it at any time.
 *
 * <p>An engine is up unless one of these is true; {@link #problems} says which:
 *
 * <ul>
 *   <li>it is closed or closing;
 *   <li>the virtual machine has failed, or one of the engine's threads has ended;
 *   <li>it could not open or renew its session for {@code sessionExpiry}, so other nodes take over
 *       its work;
 *   <li>items are ready to be settled, but none was settled for {@code sessionExpiry};
 *   <li>claims, or loads of what was claimed, have failed for {@code sessionExpiry} without a
 *       success;
 *   <li>a call of one of the engine's threads has had no answer for {@code sessionExpiry};
 *   <li>all workers of a type hang in calls that ignore their interrupt;
 *   <li>the file of its H2 database is gone or is another one, so that all would be lost with the
 *       process;
 *   <li>it gave up two or more sessions in a row because it could not run and settle what they had
 *       claimed: most likely the tables are damaged, or something else changed them.
 * </ul>
 *
 * <p>So it is down only if retrying has not helped; a single failure shows in {@link
 * Activity#failuresInARow}. An engine that was not started, or was stopped, is up until it is
 * closed; see {@link #isStarted}. Failure texts come from the store: they may name hosts and
 * tables, but never payloads. Immutable.
 */
public final class EngineHealth {
  private final Instant asOf;
  private final boolean started;
  private final boolean sessionLive;
  private final List<String> problems;
  private final Activity claims;
  private final Activity settles;
  private final Activity renewals;
  private final List<String> lockedRows;
  private final List<String> unservedTypes;
  private final List<String> unservedSchedules;
  private final List<String> heldTypes;
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
    lockedRows = List.copyOf(builder.lockedRows);
    unservedTypes = List.copyOf(builder.unservedTypes);
    unservedSchedules = List.copyOf(builder.unservedSchedules);
    heldTypes = List.copyOf(builder.heldTypes);
    waiting = builder.waiting;
    running = builder.running;
    unsettled = builder.unsettled;
  }

  /**
   * Returns a builder, for engines and for hosts' tests. Defaults: up, started, and nothing done
   * yet.
   */
  public static Builder builder(Instant asOf) {
    return new Builder(asOf);
  }

  /** {@return whether there are no problems} */
  public boolean isUp() {
    return problems.isEmpty();
  }

  /**
   * {@return whether the engine was started, and neither stopped nor closed since; only then does
   * it claim work}
   */
  public boolean isStarted() {
    return started;
  }

  /** {@return whether it has a session that other nodes consider alive} */
  public boolean isSessionLive() {
    return sessionLive;
  }

  /** {@return what is wrong, in plain words; empty if the engine is up} */
  public List<String> problems() {
    return problems;
  }

  /** {@return when this was observed, by the engine's clock} */
  public Instant asOf() {
    return asOf;
  }

  /** {@return how claiming is going: taking work from the store and loading it} */
  public Activity claims() {
    return claims;
  }

  /** {@return how settling is going: writing the outcomes of items} */
  public Activity settles() {
    return settles;
  }

  /** {@return how renewing is going: opening and renewing the engine's session} */
  public Activity renewals() {
    return renewals;
  }

  /**
   * Returns the rows of the engine's tables that others have locked while it needs them: a person
   * with SQL, or a node that is stopped in the middle of a transaction. What needs them waits, and
   * everything else goes on, so this is no problem of the engine. On PostgreSQL, {@code pg_locks}
   * tells who holds them. Tables have their names without a prefix of your own.
   *
   * @return each with its table and key, those first that were met first; empty if there are none
   */
  public List<String> lockedRows() {
    return lockedRows;
  }

  /**
   * Returns the job types with waiting batches that no engine on this database works on: none has
   * registered the type and was started. Every engine looks every five seconds, even one that was
   * not started. This does not make the engine unhealthy.
   *
   * @return names in order; empty if there are none
   */
  public List<String> unservedTypes() {
    return unservedTypes;
  }

  /**
   * Returns the schedules whose fires wait for an engine: for over a minute one could have been
   * submitted, but no started engine on this database has the code, or knows the time zone. What
   * waits for its turn does not count: for the end of the last batch, or while an engine calls the
   * code for an earlier fire. Every engine looks every five seconds, even one that was not started.
   * This does not make the engine unhealthy.
   *
   * @return each as {@code tenant/name}, in order; empty if there are none
   */
  public List<String> unservedSchedules() {
    return unservedSchedules;
  }

  /**
   * Returns the job types of which no call begins on this engine, since somebody holds them or a
   * processor was told to slow down. This does not make the engine unhealthy.
   *
   * @return each as {@code type until instant}, in order; empty if there are none
   */
  public List<String> heldTypes() {
    return heldTypes;
  }

  /** {@return the number of items that are claimed and waiting for a worker} */
  public int waiting() {
    return waiting;
  }

  /** {@return the number of items that are with workers} */
  public int running() {
    return running;
  }

  /** {@return the number of items that have run and are not settled yet} */
  public int unsettled() {
    return unsettled;
  }

  /**
   * Returns everything as a flat map of text, numbers and booleans. Keys are in snake_case and part
   * of the API. Instants are ISO-8601 text. Absent values have no key.
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
    claims.putInto(map, "claim_");
    settles.putInto(map, "settle_");
    renewals.putInto(map, "renewal_");
    if (!lockedRows.isEmpty()) {
      map.put("locked_rows", String.join("; ", lockedRows));
    }
    if (!unservedTypes.isEmpty()) {
      map.put("unserved_types", String.join("; ", unservedTypes));
    }
    if (!unservedSchedules.isEmpty()) {
      map.put("unserved_schedules", String.join("; ", unservedSchedules));
    }
    if (!heldTypes.isEmpty()) {
      map.put("held_types", String.join("; ", heldTypes));
    }
    return map.put("waiting", waiting).put("running", running).put("unsettled", unsettled).toMap();
  }

  @Override
  public String toString() {
    return "EngineHealth" + toMap();
  }

  /**
   * How one of an engine's continuous activities is going.
   *
   * @param succeededAt when it last succeeded
   * @param failedAt when it last failed, even if it has succeeded since
   * @param failure why it last failed
   * @param failuresInARow how often it has failed since it last succeeded or had nothing to do
   */
  public record Activity(
      Optional<Instant> succeededAt,
      Optional<Instant> failedAt,
      Optional<String> failure,
      int failuresInARow) {

    /** Nothing done yet. */
    public static final Activity NONE =
        new Activity(Optional.empty(), Optional.empty(), Optional.empty(), 0);

    /** Rejects null and a negative number. */
    public Activity {
      requireNonNull(succeededAt, "succeededAt");
      requireNonNull(failedAt, "failedAt");
      requireNonNull(failure, "failure");
      if (failuresInARow < 0) {
        throw new IllegalArgumentException(
            "failuresInARow " + failuresInARow + " is out of range: at least 0");
      }
    }

    /**
     * Returns everything as a flat map that any JSON library can print. The keys are part of the
     * API: {@code succeeded_at}, {@code failed_at}, {@code failure}, {@code failures_in_a_row}.
     * Instants are ISO-8601 text. Absent values have no key.
     *
     * @return an unmodifiable map in this order
     */
    @JsonValue
    public Map<String, Object> toMap() {
      return putInto(new FlatMap(), "").toMap();
    }

    private FlatMap putInto(FlatMap map, String prefix) {
      return map.putInstant(prefix + "succeeded_at", succeededAt)
          .putInstant(prefix + "failed_at", failedAt)
          .putText(prefix + "failure", failure)
          .put(prefix + "failures_in_a_row", failuresInARow);
    }
  }

  /** Builds an engine's health. Not thread-safe. */
  public static final class Builder {
    private final Instant asOf;
    private boolean started = true;
    private boolean sessionLive;
    private List<String> problems = List.of();
    private Activity claims = Activity.NONE;
    private Activity settles = Activity.NONE;
    private Activity renewals = Activity.NONE;
    private List<String> lockedRows = List.of();
    private List<String> unservedTypes = List.of();
    private List<String> unservedSchedules = List.of();
    private List<String> heldTypes = List.of();
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

    /** See {@link EngineHealth#lockedRows}. */
    public Builder lockedRows(List<String> rows) {
      this.lockedRows = List.copyOf(rows);
      return this;
    }

    /** See {@link EngineHealth#unservedTypes}. */
    public Builder unservedTypes(List<String> types) {
      this.unservedTypes = List.copyOf(types);
      return this;
    }

    /** See {@link EngineHealth#unservedSchedules}. */
    public Builder unservedSchedules(List<String> names) {
      this.unservedSchedules = List.copyOf(names);
      return this;
    }

    /** See {@link EngineHealth#heldTypes}. */
    public Builder heldTypes(List<String> types) {
      this.heldTypes = List.copyOf(types);
      return this;
    }

    /**
     * Sets the items in hand; see {@link EngineHealth#waiting}, {@code running}, {@code unsettled}.
     */
    public Builder items(int waiting, int running, int unsettled) {
      this.waiting = waiting;
      this.running = running;
      this.unsettled = unsettled;
      return this;
    }

    /** {@return the health} */
    public EngineHealth build() {
      return new EngineHealth(this);
    }
  }
}
