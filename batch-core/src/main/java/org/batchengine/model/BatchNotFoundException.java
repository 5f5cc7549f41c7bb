package org.batchengine.model;

/**
 * Thrown when a batch must be there and is not. A batch of another tenant is answered with the same
 * words, so that ids tell nothing.
 */
public final class BatchNotFoundException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final BatchId batchId;

  /**
   * Makes an exception.
   *
   * @param batchId what was looked for
   */
  public BatchNotFoundException(BatchId batchId) {
    super(
        "there is no batch "
            + batchId
            + ": it was never submitted, was deleted, or is not of this tenant; find(id) answers"
            + " without an exception");
    this.batchId = batchId;
  }

  /** {@return the batch that was looked for} */
  public BatchId batchId() {
    return batchId;
  }
}
