package org.batchengine.store;

import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.batchengine.model.BatchId;

/**
 * Some items of a batch run first, and the others once somebody has confirmed that.
 *
 * @param items how many
 * @param atRandom whether they are drawn; else the first ones
 */
public record Rehearsal(int items, boolean atRandom) {
  /** The most items of a rehearsal. */
  public static final int MOST = 10_000;

  /** The reason of a batch that was paused because its rehearsal is over. */
  public static final String REHEARSED = "REHEARSED";

  /** Whether a batch of so many items has others than those of the rehearsal. */
  public boolean isPartOf(long total) {
    return items < total;
  }

  /**
   * {@return the indexes of its items, in order} They follow from the batch's id: so every node
   * draws the same ones, whenever it does.
   */
  public List<Integer> sample(BatchId batch, int total) {
    if (!atRandom) {
      return IntStream.range(0, items).boxed().toList();
    }
    SplittableRandom random =
        new SplittableRandom(
            31 * batch.value().getMostSignificantBits() + batch.value().getLeastSignificantBits());
    SortedSet<Integer> drawn = new TreeSet<>();
    for (int last = total - items; last < total; last++) { // Floyd's sampling without replacement
      int index = random.nextInt(last + 1);
      drawn.add(drawn.contains(index) ? last : index);
    }
    return List.copyOf(drawn);
  }
}
