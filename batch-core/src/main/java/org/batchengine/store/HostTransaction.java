package org.batchengine.store;

/**
 * A transaction of the host that a store can write in. Each store makes its own; to all others it
 * is of no use.
 */
public interface HostTransaction {

  /** What a store says that cannot write in the transaction. */
  static IllegalArgumentException refused(HostTransaction transaction, Class<?> store) {
    return new IllegalArgumentException(
        "%s cannot write in a %s: give it a transaction of its own kind, or submit without one"
            .formatted(store.getSimpleName(), transaction.getClass().getSimpleName()));
  }
}
