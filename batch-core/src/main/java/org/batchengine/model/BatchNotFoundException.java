package org.batchengine.model;

/**
 * Thrown if a batch does not exist. The message is the same for a batch of another tenant, so that
 * ids reveal nothing.
 */
public final class BatchNotFoundException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final BatchId batchId;

  /**
   * Creates an exception.
   *
   * @param batchId the id that was not found
   */
  public BatchNotFoundException(BatchId batchId) {
    super(
        "there is no batch "
            + batchId
            + ": it was never submitted, was deleted, or belongs to another tenant; use find(id) if"
            + " it may be missing");
    this.batchId = batchId;
  }

  /** {@return the id that was not found} */
  public BatchId batchId() {
    return batchId;
  }
}
