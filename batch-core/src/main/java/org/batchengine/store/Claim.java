package org.batchengine.store;

import java.util.List;

/**
 * Work that a session owns.
 *
 * @param more whether unowned work of the wanted types is still due. If true with an empty claim,
 *     others were quicker and an immediate retry is worthwhile
 * @param limits the last revision of limits; 0 if that was not asked for
 */
public record Claim(
    List<ClaimedChunk> chunks, List<ClaimedItem> parked, boolean more, long limits) {

  /** A claim that does not tell the revision of limits. */
  public Claim(List<ClaimedChunk> chunks, List<ClaimedItem> parked, boolean more) {
    this(chunks, parked, more, 0);
  }

  /** Nothing was claimed, and nothing more is due. */
  public static final Claim NOTHING = new Claim(List.of(), List.of(), false);

  /** The number of items claimed; for a chunk that was claimed before, including settled ones. */
  public int items() {
    return parked.size() + chunks.stream().mapToInt(each -> each.to() - each.from()).sum();
  }

  /** Whether nothing was claimed. */
  public boolean isEmpty() {
    return chunks.isEmpty() && parked.isEmpty();
  }
}
