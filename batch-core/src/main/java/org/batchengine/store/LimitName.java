package org.batchengine.store;

import org.batchengine.limit.LimitScope;
import org.batchengine.limit.LimitState;

/**
 * What a limit is about.
 *
 * @param name of the job type or tenant; of a batch, its number
 */
public record LimitName(LimitScope scope, String name) {

  /** Each tenant that has no limit of its own. */
  public static final LimitName EACH_TENANT =
      new LimitName(LimitScope.TENANT, LimitState.EACH_TENANT);

  /** {@return the name of a job type's limit} */
  public static LimitName ofType(String type) {
    return new LimitName(LimitScope.TYPE, type);
  }

  /** {@return the name of a batch's limit} */
  public static LimitName ofBatch(long batch) {
    return new LimitName(LimitScope.BATCH, Long.toString(batch));
  }

  /** {@return the name of a tenant's limit} */
  public static LimitName ofTenant(String tenant) {
    return new LimitName(LimitScope.TENANT, tenant);
  }
}
