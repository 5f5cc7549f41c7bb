package org.batchengine.store.rules;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A chunk {@code [from, to)} of a new batch. A batch starts with a few chunks, so that nodes do not
 * queue for one row. A small batch is not split.
 */
public record ChunkBounds(int from, int to) {
  private static final int MOST_CHUNKS = 8;
  private static final int ITEMS_A_CHUNK = 100;

  /** {@return the chunks of a new batch: they cover all its items and are as equal as possible} */
  public static List<ChunkBounds> of(int total) {
    int chunks = (int) Math.min(MOST_CHUNKS, ((long) total + ITEMS_A_CHUNK - 1) / ITEMS_A_CHUNK);
    return IntStream.range(0, chunks)
        .mapToObj(i -> new ChunkBounds(bound(total, chunks, i), bound(total, chunks, i + 1)))
        .toList();
  }

  private static int bound(int total, int chunks, int i) {
    return (int) ((long) total * i / chunks);
  }
}
