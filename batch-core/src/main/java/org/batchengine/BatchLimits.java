package org.batchengine;

import java.time.Duration;
import java.util.List;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.batchengine.model.BatchId;

/**
 * The limits of job types, tenants and batches, as {@link Batches#limits} gives them. They hold
 * over all nodes; other nodes know of a change within a poll. Each change is kept in the history
 * with its reason, of 1 to 2,000 characters. Thread-safe; each method blocks on the store.
 */
public interface BatchLimits {

  /**
   * Limits the calls of a job type. It replaces what {@link JobOptions#limit} declares, until it is
   * {@linkplain #reset reset}; {@link Limit#none} allows everything.
   *
   * @throws IllegalArgumentException if the limit has anything that only tenants can have
   */
  void set(JobType<?, ?> type, Limit limit, String reason);

  /** A job type has the limit that code declares, or none. */
  void reset(JobType<?, ?> type, String reason);

  /**
   * Limits the calls and batches of a tenant.
   *
   * @throws IllegalArgumentException if the limit has a breaker, which only job types and batches
   *     can have
   */
  void setTenant(String tenant, Limit limit, String reason);

  /** A tenant has the limit that each one has. */
  void resetTenant(String tenant, String reason);

  /**
   * Limits each tenant for which nothing else is set.
   *
   * @throws IllegalArgumentException if the limit has a breaker, which only job types and batches
   *     can have
   */
  void setEachTenant(Limit limit, String reason);

  /**
   * Limits the calls of a batch, as {@link Batches#change} does: the limit of {@link
   * BatchRequest#limit} is replaced. {@link Limit#none} allows everything.
   *
   * @throws IllegalArgumentException if the limit has anything that only tenants can have
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.IllegalTransitionException if the batch has ended
   */
  void setBatch(BatchId batch, Limit limit, String reason);

  /**
   * No call of the job type begins for so long, unless it is {@linkplain #release released}. Calls
   * that run go on. If it is held already, the later end counts.
   *
   * @param time 1 ms to 365 days
   */
  void hold(JobType<?, ?> type, Duration time, String reason);

  /**
   * Calls of the job type begin again, also if its {@linkplain Limit#breaker breaker} holds them or
   * lets only a few try.
   *
   * @return whether it was held, or only a few could try
   */
  boolean release(JobType<?, ?> type, String reason);

  /**
   * {@return the limits that are set or declared, those of batches that have not ended among them,
   * and types that are held, by scope and name}
   */
  List<LimitState> all();
}
