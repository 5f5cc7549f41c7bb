package org.batchengine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ItemTransaction;

/** A store that the nodes of a simulation share, and what is seen and done behind their backs. */
public interface SimulatedStore extends AutoCloseable {

  BatchStore store();

  /** The store's time. */
  Instant now();

  /** Moves the store's time; back as well if it {@link #canGoBack}. */
  void move(Duration step);

  boolean canGoBack();

  /** The sessions whose rows are there. */
  Set<Long> sessions();

  /** The kinds of the events of a batch, first to last. */
  List<String> history(long batch);

  /** What does not hold of all that must hold whenever nobody is in the middle of a verb. */
  List<String> violations();

  // --- Transactions of host code ---

  /** What host code is given. */
  Class<?> transactions();

  ItemTransaction<?> begin(long session);

  /** Host code writes in its transaction. */
  void write(Object transaction, String input, String output) throws Exception;

  /** What is kept of what host code wrote for an item. */
  List<String> written(String input);

  @Override
  void close();
}
