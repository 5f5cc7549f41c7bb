package org.batchengine.store;

/** The result of a submit. Only {@link Created} wrote anything. */
public sealed interface Submitted {

  /** The batch is stored under this number. */
  record Created(long batch) implements Submitted {}

  /** The tenant already has a batch with this idempotency key. */
  record KeyTaken() implements Submitted {}

  /** A batch with this id already exists. */
  record IdTaken() implements Submitted {}
}
