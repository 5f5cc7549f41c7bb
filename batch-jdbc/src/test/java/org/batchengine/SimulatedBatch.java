package org.batchengine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.jspecify.annotations.Nullable;

/** A batch of a simulation: what was asked for, and what was seen of it so far. */
final class SimulatedBatch {
  final String name;
  final String tenant;
  final String owner;
  final boolean sequential;
  final List<Item> items = new ArrayList<>();

  /** Set once it was seen in the store. */
  @Nullable BatchId id;

  long number;
  BatchState state = BatchState.SUBMITTING;
  @Nullable BatchCounts counts;

  /** Somebody has asked for what takes the batch away. */
  boolean mayVanish;

  /** It has a deadline or tolerates few failures, or somebody has asked for its end. */
  boolean mayStop;

  /** Somebody has asked for failed items to be taken up again. */
  boolean mayReopen;

  boolean isGone;

  SimulatedBatch(String name, String tenant, String owner, boolean sequential) {
    this.name = name;
    this.tenant = tenant;
    this.owner = owner;
    this.sequential = sequential;
  }

  void add(Kind kind) {
    items.add(new Item(this, items.size(), kind));
  }

  /** What an item does when it is called. */
  enum Kind {
    FINE,
    /** Fails once. */
    FLAKY,
    /** Fails each time. */
    BAD,
    SKIPPED,
    /** Takes its node down. */
    KILLER
  }

  /** An item, and its calls. */
  static final class Item {
    final SimulatedBatch batch;
    final int index;
    final Kind kind;

    /** Of the last call. */
    int attempt;

    long session;

    /** Attempts that returned, and that failed. */
    final Set<Integer> returned = new HashSet<>();

    final Set<Integer> failed = new HashSet<>();

    /** Sessions that were reaped while they owned it, and calls that took their node down. */
    int losses;

    int kills;

    /** Attempts from which its retries are counted. */
    int budgetFrom;

    @Nullable BatchItem<String, String> outcome;

    Item(SimulatedBatch batch, int index, Kind kind) {
      this.batch = batch;
      this.index = index;
      this.kind = kind;
    }

    /** No input is part of another. */
    String input() {
      return batch.name + "/" + index + ".";
    }

    String output() {
      return "done " + input();
    }

    @Override
    public String toString() {
      return "item " + input() + " (" + kind + ")";
    }
  }
}
