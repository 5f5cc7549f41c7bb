package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.batchengine.model.BatchId;
import org.batchengine.store.Actor;
import org.batchengine.store.LimitName;
import org.batchengine.store.LimitStore;
import org.jspecify.annotations.Nullable;

/**
 * The limits of an engine's store.
 *
 * @param changed told of each change, after its commit
 * @param batches that have limits of their own
 */
record EngineLimits(LimitStore store, Actor by, Runnable changed, Batches batches)
    implements BatchLimits {
  private static final Duration SHORTEST_HOLD = Duration.ofMillis(1);
  private static final Duration LONGEST_HOLD = Duration.ofDays(365);

  @Override
  public void set(JobType<?, ?> type, Limit limit, String reason) {
    set(LimitName.ofType(type.name()), ofCalls(limit), reason);
  }

  /** Refuses what only tenants can have. */
  static Limit ofCalls(Limit limit) {
    if (requireNonNull(limit, "limit").isOfTenant()) {
      throw new IllegalArgumentException(
          "limit \"%s\" has what only tenants can have: of calls, set a rate or how many run"
              .formatted(limit));
    }
    return limit;
  }

  @Override
  public void reset(JobType<?, ?> type, String reason) {
    set(LimitName.ofType(type.name()), null, reason);
  }

  @Override
  public void setTenant(String tenant, Limit limit, String reason) {
    set(ofTenant(tenant), withoutBreaker(limit), reason);
  }

  /** Refuses what tenants cannot have. */
  private static Limit withoutBreaker(Limit limit) {
    if (requireNonNull(limit, "limit").breaker().isPresent()) {
      throw new IllegalArgumentException(
          "limit \"%s\" has a breaker, which tenants cannot have: set it for the job type, with limits().set or JobOptions.holdOnFailures"
              .formatted(limit));
    }
    return limit;
  }

  @Override
  public void resetTenant(String tenant, String reason) {
    set(ofTenant(tenant), null, reason);
  }

  private static LimitName ofTenant(String tenant) {
    Arguments.text("tenant", tenant, 100);
    LimitName name = LimitName.ofTenant(tenant);
    if (name.equals(LimitName.EACH_TENANT)) {
      throw new IllegalArgumentException("tenant \"*\" stands for each one: use setEachTenant");
    }
    return name;
  }

  @Override
  public void setEachTenant(Limit limit, String reason) {
    set(LimitName.EACH_TENANT, withoutBreaker(limit), reason);
  }

  @Override
  public void setBatch(BatchId batch, Limit limit, String reason) {
    batches.change(batch, BatchChange.none().limit(limit), checked(reason));
  }

  private void set(LimitName name, @Nullable Limit limit, String reason) {
    store.set(name, limit, by, checked(reason));
    changed.run();
  }

  @Override
  public void hold(JobType<?, ?> type, Duration time, String reason) {
    Arguments.between("time", time, SHORTEST_HOLD, LONGEST_HOLD);
    store.hold(type.name(), time, by, checked(reason));
    changed.run();
  }

  @Override
  public boolean release(JobType<?, ?> type, String reason) {
    boolean wasHeld = store.release(type.name(), by, checked(reason));
    changed.run();
    return wasHeld;
  }

  private static String checked(String reason) {
    return Arguments.text("reason", reason, 2_000);
  }

  @Override
  public List<LimitState> all() {
    return store.all();
  }
}
