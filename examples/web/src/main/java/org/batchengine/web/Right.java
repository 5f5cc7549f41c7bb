package org.batchengine.web;

/** What a visitor may do. */
public enum Right {
  /**
   * See batches, their items and errors, but no payloads. Messages of errors are as the processor
   * made them, so it must not quote payloads there.
   */
  READ,
  /** See inputs and outputs of items, and the stacks of their errors. */
  PAYLOADS,
  /** Create batches; make and fire schedules, and keep templates. */
  SUBMIT,
  /** Cancel, pause, resume, retry and delete batches; pause, resume and remove schedules. */
  STEER,
  /** Take items and settle them from outside. */
  WORK,
  /** Remove old batches; set limits; see nodes, metrics and limits; of all tenants only. */
  ADMIN
}
