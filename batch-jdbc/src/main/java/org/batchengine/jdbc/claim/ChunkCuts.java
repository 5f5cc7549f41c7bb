package org.batchengine.jdbc.claim;

import java.util.ArrayList;
import java.util.List;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.rules.ChunkFront;
import org.batchengine.store.rules.ClaimBudget;

/** What one claim takes of the chunks that it has locked, and what it leaves of them. */
final class ChunkCuts {
  private final List<ClaimedChunk> chunks = new ArrayList<>();
  private final List<Rest> rest = new ArrayList<>();

  /** The items {@code [from, to)} that are left of the chunk that begins at {@code chunk}. */
  record Rest(long batch, int chunk, int from, int to) {}

  /** How many more chunks the claim may take. */
  int room() {
    return ChunkFront.MOST_CHUNKS - chunks.size();
  }

  /**
   * Takes the front of each chunk until that is {@code items}, as far as its batch may have more;
   * one that was lost is taken whole.
   */
  List<ClaimedChunk> cut(List<DueChunk> due, int items, int chunkItems, ClaimBudget budget) {
    List<ClaimedChunk> taken = new ArrayList<>();
    int missing = items;
    for (DueChunk chunk : due) {
      if (missing <= 0) {
        break;
      }
      int most = Math.min(Math.min(missing, chunkItems), budget.left(chunk.batch()));
      if (most == 0) {
        continue;
      }
      int to = ChunkFront.end(chunk.from(), chunk.to(), chunk.lost(), most, chunk.itemBytes());
      taken.add(
          new ClaimedChunk(
              chunk.batch(), chunk.type(), chunk.from(), to, chunk.lost(), chunk.revision()));
      if (to < chunk.to()) {
        rest.add(new Rest(chunk.batch(), chunk.from(), to, chunk.to()));
      }
      missing -= to - chunk.from();
      budget.claimed(chunk.batch(), to - chunk.from());
    }
    chunks.addAll(taken);
    return taken;
  }

  List<ClaimedChunk> chunks() {
    return List.copyOf(chunks);
  }

  List<Rest> rest() {
    return rest;
  }
}
