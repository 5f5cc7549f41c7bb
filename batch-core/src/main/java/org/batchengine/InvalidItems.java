package org.batchengine;

import java.util.ArrayList;
import java.util.List;
import org.batchengine.model.InvalidItemsException;
import org.batchengine.model.Violation;
import org.jspecify.annotations.Nullable;

/** Collects what the validator of a job type objects to: all is counted, the first is kept. */
final class InvalidItems {
  private static final int MOST_KEPT = 1_000;

  private final List<InvalidItemsException.Item> items = new ArrayList<>();
  private long count;

  void add(int index, @Nullable String key, List<Violation> violations) {
    if (violations.isEmpty()) {
      return;
    }
    count++;
    if (items.size() < MOST_KEPT) {
      items.add(new InvalidItemsException.Item(index, key, violations));
    }
  }

  /** Throws if there are any. */
  void refuse() {
    if (count > 0) {
      throw exception();
    }
  }

  /** {@return the refusal of those that were added, at least one} */
  InvalidItemsException exception() {
    return new InvalidItemsException(count, items);
  }
}
