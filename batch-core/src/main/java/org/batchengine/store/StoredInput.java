package org.batchengine.store;

import org.jspecify.annotations.Nullable;

/** An item to process. */
public record StoredInput(long batch, int index, @Nullable String key, @Nullable String input) {

  @Override
  public String toString() {
    return "StoredInput[batch=" + batch + ", index=" + index + "]";
  }
}
