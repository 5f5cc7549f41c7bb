package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * An item that was read from a file by {@link ImportedItems}.
 *
 * @param line the line where it begins, from 1
 * @param key its key, if it has one
 * @param input its input
 * @param <I> type of the input
 */
public record ImportedItem<I>(long line, Optional<String> key, I input) {

  /** Rejects null. */
  public ImportedItem {
    requireNonNull(key, "key");
    requireNonNull(input, "input");
  }

  /** {@return the item in short form for logs, without its input} */
  @Override
  public String toString() {
    return "ImportedItem[line=" + line + "]";
  }
}
