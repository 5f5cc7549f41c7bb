package org.batchengine.limit;

/** What a limit is about. */
public enum LimitScope {
  /** The calls of a job type, over all nodes. */
  TYPE,
  /** The calls and batches of a tenant, over all nodes; with the name {@code *}, of each tenant. */
  TENANT,
  /** The calls of one batch, over all nodes. */
  BATCH
}
