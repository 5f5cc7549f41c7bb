package org.batchengine.store;

/**
 * A transaction of the host in which a store can write. Each store has a kind of its own and
 * accepts no other.
 */
public interface HostTransaction {

  /** The exception of a store that cannot write in the transaction. */
  static IllegalArgumentException refused(HostTransaction transaction, Class<?> store) {
    return new IllegalArgumentException(
        "%s cannot write in a %s: pass a transaction of its own kind, or submit without one"
            .formatted(store.getSimpleName(), transaction.getClass().getSimpleName()));
  }
}
