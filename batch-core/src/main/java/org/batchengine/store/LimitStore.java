package org.batchengine.store;

import java.time.Duration;
import java.util.List;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.jspecify.annotations.Nullable;

/**
 * Keeps limits. Each change of a job type's or a tenant's has a revision, and revisions commit in
 * their order. Every rule of {@link BatchStore} holds.
 */
public interface LimitStore {

  /** The last revision. */
  long revision();

  /** What was changed since a revision, in order of revisions. */
  List<StoredLimit> changedSince(long revision);

  /**
   * Code says what a job type is limited to. Nothing changes if it said so before; if somebody has
   * set another limit, that stays.
   */
  void declare(String type, Limit limit);

  /**
   * Sets the limit of a job type or of tenants.
   *
   * @param limit null: what was declared for the type, or what each tenant has
   */
  void set(LimitName name, @Nullable Limit limit, Actor by, String reason);

  /**
   * No call of a job type may begin for so long, or longer if it is held for longer.
   *
   * @param by null: the engine, for a processor; it is not told of in the history
   */
  void hold(String type, Duration time, @Nullable Actor by, String reason);

  /** Calls of a job type may begin, and its breaker is closed. Whether it was held or was not. */
  boolean release(String type, Actor by, String reason);

  /**
   * Gives a session what it may begin of a limit now. A question whose number is not higher than
   * that of the last changes nothing, and gets nothing. What the session tells of its attempts may
   * trip the limit's breaker, or close it: that is in the history.
   *
   * @throws FencedException if the session is gone
   */
  LimitAnswer ask(LimitAsk ask);

  /** What is set or declared, and types that are held, by scope and name. */
  List<LimitState> all();
}
