package org.batchengine.memory;

import java.time.Instant;
import java.util.List;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.Kind;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;

/** Ends sessions, and counts what is lost with those that were left. */
final class Reaping {
  /** Losses after which a chunk is dissolved, a retry becomes a suspect, and a suspect fails. */
  private static final int MOST_LOSSES = 2;

  private static final String NODE_CRASH = "NODE_CRASH";
  private static final String MESSAGE =
      "each process that ran this item alone died or was cut off while it ran";

  private final Tables tables;

  Reaping(Tables tables) {
    this.tables = tables;
  }

  void release(SessionRow session) {
    List.copyOf(session.chunks).forEach(chunk -> tables.free(session, chunk));
    List.copyOf(session.parked).forEach(parked -> tables.free(session, parked));
    tables.sessions.remove(session.id);
  }

  void reap(SessionRow session) {
    Instant now = tables.now();
    for (ChunkRow chunk : List.copyOf(session.chunks)) {
      chunk.lost++;
      if (chunk.lost >= MOST_LOSSES) {
        dissolve(session, chunk, now);
      }
    }
    for (ParkedRow parked : List.copyOf(session.parked)) {
      parked.lost++;
      if (parked.lost >= MOST_LOSSES) {
        if (parked.kind == Kind.SUSPECT) {
          fail(session, parked, now);
        } else {
          suspect(parked);
        }
      }
    }
    release(session);
  }

  private void dissolve(SessionRow session, ChunkRow chunk, Instant now) {
    BatchRows batch = chunk.batch;
    List<Integer> open = batch.openItems(chunk.index, chunk.to);
    tables.remove(session, chunk);
    for (int index : open) {
      tables.add(new ParkedRow(batch, index, chunk.priority, Kind.SUSPECT, 0, now));
    }
  }

  private static void suspect(ParkedRow retry) {
    retry.kind = Kind.SUSPECT;
    retry.lost = 0;
  }

  /** An outcome or error that stands already is left as it is: a bad row must not stop a reap. */
  private void fail(SessionRow session, ParkedRow suspect, Instant now) {
    BatchRows batch = suspect.batch;
    int index = suspect.index;
    tables.remove(session, suspect);
    if (batch.outcomes.get(index) != null) {
      return;
    }
    int attempt = suspect.attempts + 1;
    if (batch.errorsOf(index).stream().noneMatch(error -> error.attempt() == attempt)) {
      batch.addError(index, ItemError.of(attempt, NODE_CRASH, MESSAGE, now));
    }
    batch.outcomes.set(index, OutcomeRow.crashed(attempt, now));
    batch.progressOf(session.id).count(ItemState.FAILED);
  }
}
