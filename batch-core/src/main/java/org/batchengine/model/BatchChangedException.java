package org.batchengine.model;

/**
 * Thrown if a batch was deleted, or its failed items were taken up again, while an export or a
 * comparison read it page by page. What was read until then is not of one run: discard it.
 */
public final class BatchChangedException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final BatchId batchId;

  /**
   * Creates an exception.
   *
   * @param batchId the batch
   * @param change what happened to it, worded to follow "batch … "
   */
  public BatchChangedException(BatchId batchId, String change) {
    super("batch " + batchId + " " + change);
    this.batchId = batchId;
  }

  /** {@return the batch} */
  public BatchId batchId() {
    return batchId;
  }
}
