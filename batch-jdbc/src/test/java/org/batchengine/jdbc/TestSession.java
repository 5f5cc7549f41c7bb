package org.batchengine.jdbc;

import java.time.Duration;
import java.util.List;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;

/** A session as an engine uses it: it numbers its settles. */
final class TestSession {
  private final BatchStore store;
  private final long id;
  private long settled;

  TestSession(BatchStore store, long id) {
    this.store = store;
    this.id = id;
  }

  long id() {
    return id;
  }

  /** Claims of the type {@code annotate}, in chunks as large as they come. */
  Claim claim(int items) {
    return claim("annotate", items, items);
  }

  Claim claim(String type, int items, int chunkItems) {
    return claim(new Wanted(type, items, chunkItems, items));
  }

  Claim claim(Wanted... wanted) {
    return store.claiming().claim(new ClaimRequest(id, List.of(wanted)));
  }

  /** The only chunk of a claim. */
  ClaimedChunk claimChunk(int items) {
    List<ClaimedChunk> chunks = claim(items).chunks();
    if (chunks.size() != 1) {
      throw new AssertionError("expected one chunk, got " + chunks);
    }
    return chunks.get(0);
  }

  /** The only retry of a claim. */
  ClaimedItem claimRetry() {
    List<ClaimedItem> parked = claim("annotate", 1, 1).parked();
    if (parked.size() != 1) {
      throw new AssertionError("expected one retry, got " + parked);
    }
    return parked.get(0);
  }

  Claim claimSuspect() {
    return store.claiming().claimSuspect(id, List.of("annotate"), Duration.ofSeconds(2));
  }

  boolean settle(SettlementDraft draft) {
    boolean applied = store.settling().settle(draft.numbered(id, settled + 1));
    settled++;
    return applied;
  }

  /** Sends the last settle again, with whatever content. */
  boolean resend(SettlementDraft draft) {
    return store.settling().settle(draft.numbered(id, settled));
  }

  /** Settles all that is open of the chunk as succeeded, and removes it. */
  void finish(ClaimedChunk chunk) {
    SettlementDraft draft = SettlementDraft.of().removed(chunk);
    store.claiming().load(chunk).forEach(input -> draft.succeeded(chunk.batch(), input.index()));
    settle(draft);
  }

  /** Settles all that was claimed as succeeded. */
  void finish(Claim claim) {
    claim.chunks().forEach(this::finish);
    SettlementDraft draft = SettlementDraft.of();
    claim.parked().forEach(item -> draft.outcome(item, ItemState.SUCCEEDED));
    settle(draft);
  }
}
