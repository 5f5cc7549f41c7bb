package org.batchengine.store;

/** What became of a submit: only {@link Created} wrote anything. */
public sealed interface Submitted {

  /** The batch is kept under this number. */
  record Created(long batch) implements Submitted {}

  /** The tenant has a batch with this idempotency key. */
  record KeyTaken() implements Submitted {}

  /** There is a batch with this id. */
  record IdTaken() implements Submitted {}
}
