package org.batchengine.model;

/** Thrown if an idempotency key is reused for a different request. */
public final class IdempotencyConflictException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final String key;
  private final BatchId existing;

  /**
   * Creates an exception.
   *
   * @param key the idempotency key
   * @param existing the batch that has it
   * @param difference what differs, for example {@code "it has 10 items, this request has 12"}
   */
  public IdempotencyConflictException(String key, BatchId existing, String difference) {
    super(
        "idempotency key %s belongs to batch %s: %s; submit the same request or use another key"
            .formatted(StoredText.quoted(key), existing, difference));
    this.key = key;
    this.existing = existing;
  }

  /** {@return the idempotency key} */
  public String key() {
    return key;
  }

  /** {@return the batch that has it} */
  public BatchId existing() {
    return existing;
  }
}
