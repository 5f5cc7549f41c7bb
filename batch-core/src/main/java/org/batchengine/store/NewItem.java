package org.batchengine.store;

import org.jspecify.annotations.Nullable;

/** An item as it is submitted; its index is its place in the batch. Null input: none. */
public record NewItem(@Nullable String key, @Nullable String input) {

  @Override
  public String toString() {
    return "NewItem[keyed=" + (key != null) + "]";
  }
}
