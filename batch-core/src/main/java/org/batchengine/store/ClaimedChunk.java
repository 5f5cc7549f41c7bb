package org.batchengine.store;

/**
 * The items {@code [from, to)} of a batch, owned by a session.
 *
 * @param lost how often a session died while owning it
 * @param revision of the batch's settings; see {@link BatchHeader}
 */
public record ClaimedChunk(long batch, String type, int from, int to, int lost, int revision) {

  /** A chunk of a batch whose settings were never changed. */
  public ClaimedChunk(long batch, String type, int from, int to, int lost) {
    this(batch, type, from, to, lost, 0);
  }
}
