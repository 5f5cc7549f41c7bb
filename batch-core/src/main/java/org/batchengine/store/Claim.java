package org.batchengine.store;

import java.util.List;

/**
 * What a session owns from now on.
 *
 * @param more whether unowned work of the wanted types is due: true with an empty claim means that
 *     others were quicker, and that another try is worth it at once
 */
public record Claim(List<ClaimedChunk> chunks, List<ClaimedItem> parked, boolean more) {

  /** Nothing was claimed, and nothing more is due. */
  public static final Claim NOTHING = new Claim(List.of(), List.of(), false);

  /** How many items were claimed; of a chunk that was claimed before, the settled ones too. */
  public int items() {
    return parked.size() + chunks.stream().mapToInt(each -> each.to() - each.from()).sum();
  }

  /** Whether nothing was claimed. */
  public boolean isEmpty() {
    return chunks.isEmpty() && parked.isEmpty();
  }
}
