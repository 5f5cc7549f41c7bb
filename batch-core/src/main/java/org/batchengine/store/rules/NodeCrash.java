package org.batchengine.store.rules;

import java.time.Instant;
import org.batchengine.model.ItemError;

/** The failure of an item whose process died each time the item ran alone. */
public final class NodeCrash {
  private static final String TYPE = "NODE_CRASH";
  private static final String MESSAGE =
      "each process that ran this item alone died or was cut off while it ran";

  private NodeCrash() {}

  /** {@return the error of the last such attempt} */
  public static ItemError error(int attempt, Instant at) {
    return ItemError.of(attempt, TYPE, MESSAGE, at);
  }
}
