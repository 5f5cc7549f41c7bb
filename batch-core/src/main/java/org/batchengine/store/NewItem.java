package org.batchengine.store;

import org.jspecify.annotations.Nullable;

/** An item to submit; its position in the batch is its index. Null input: none. */
public record NewItem(@Nullable String key, @Nullable String input) {

  @Override
  public String toString() {
    return "NewItem[keyed=" + (key != null) + "]";
  }
}
