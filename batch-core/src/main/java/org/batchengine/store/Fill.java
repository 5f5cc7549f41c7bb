package org.batchengine.store;

import static java.util.Objects.requireNonNull;

import java.util.Set;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.jspecify.annotations.Nullable;

/**
 * What a batch is made of: items of another batch, copied once it waits for nothing.
 *
 * @param from the other batch
 * @param part what becomes an input
 * @param states which items, by the states that they have when they are copied; these are settled
 * @param belowQuality only those whose quality is below it; null: all
 * @param maxPayload how many bytes of UTF-8 an input may have
 */
public record Fill(
    BatchId from, Part part, Set<ItemState> states, @Nullable Double belowQuality, int maxPayload) {

  /** A part of an item. */
  public enum Part {
    /** Its output; items without one are left out. */
    OUTPUT,
    /** Its latest input. */
    INPUT
  }

  /** Copies the states. */
  public Fill {
    requireNonNull(from, "from");
    requireNonNull(part, "part");
    states = Set.copyOf(states);
  }
}
