package org.batchengine.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.BatchRows.ProgressRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement.Outcome;

/** Transactions of host code in a store in memory, for tests: as those of a database are. */
public final class MemoryItemTransactions {
  private final Tables tables;
  private final Map<String, List<String>> kept = new HashMap<>();

  /** Transactions in the store. */
  public MemoryItemTransactions(InMemoryBatchStore store) {
    this.tables = store.tables();
  }

  /** Begins one for a session. */
  public ItemTransaction<Page> begin(long session) {
    return new Transaction(session);
  }

  /** What is kept of what was written for an input. */
  public List<String> written(String input) {
    return kept.getOrDefault(input, List.of());
  }

  /** What host code writes in. */
  public interface Page {
    void write(String input, String output);
  }

  private record Line(String input, String output) {}

  private final class Transaction implements ItemTransaction<Page>, Page {
    private final long session;
    private final List<Line> lines = new ArrayList<>();
    private int mark;
    private boolean refused;
    private boolean committed;

    Transaction(long session) {
      this.session = session;
    }

    @Override
    public Page resource() {
      return this;
    }

    @Override
    public void write(String input, String output) {
      if (refused) {
        throw new IllegalStateException("the call was cut off");
      }
      lines.add(new Line(input, output));
    }

    @Override
    public void mark() {
      mark = lines.size();
    }

    @Override
    public void keep() {
      mark = lines.size();
    }

    @Override
    public void undo() {
      lines.subList(mark, lines.size()).clear();
    }

    @Override
    public void cancel(Thread worker) {
      refused = true;
      worker.interrupt();
    }

    @Override
    public void commit(List<Outcome> outcomes, double itemsPerSecond) {
      SessionRow row = tables.session(session);
      outcomes.forEach(outcome -> check(row, outcome));
      for (Outcome outcome : outcomes) {
        BatchRows batch = tables.batch(outcome.batch());
        if (outcome.parked()) {
          tables.remove(row, batch.parkedOf(outcome.index()));
        } else {
          batch.chunkOf(outcome.index()).open--;
        }
        batch.outcomes.set(outcome.index(), OutcomeRow.of(outcome, tables.now()));
        ProgressRow progress = batch.progressOf(session);
        progress.count(outcome.state());
        progress.sums = progress.sums.plus(MeasureSums.of(outcome));
      }
      lines.forEach(
          line -> kept.computeIfAbsent(line.input, first -> new ArrayList<>()).add(line.output));
      committed = true;
    }

    private void check(SessionRow row, Outcome outcome) {
      BatchRows batch = tables.batch(outcome.batch());
      if (batch.outcomes.get(outcome.index()) != null) {
        throw new RefusedSettlementException(
            true, outcome + " already exists", new IllegalStateException());
      }
      ParkedRow parked = batch.parked.get(outcome.index());
      ChunkRow chunk = batch.findChunkOf(outcome.index());
      boolean owns =
          outcome.parked()
              ? parked != null && parked.owner == row
              : parked == null && chunk != null && chunk.owner == row;
      if (!owns) {
        throw new IllegalStateException("session " + session + " does not own " + outcome);
      }
    }

    @Override
    public boolean isCommitted() {
      return committed;
    }

    @Override
    public void close() {}
  }
}
