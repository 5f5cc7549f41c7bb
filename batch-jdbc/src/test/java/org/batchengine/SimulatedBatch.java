package org.batchengine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.jspecify.annotations.Nullable;

/** A batch of a simulation: what was asked for, and what was seen of it so far. */
final class SimulatedBatch {
  /** What is told of the ends of batches. */
  static final JobType<BatchEnd, Void> TOLD = JobType.of("told", BatchEnd.class);

  final String name;
  final String tenant;
  final String owner;
  final Shape shape;
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

  /** Somebody has asked for its calls to be cut off. */
  boolean mayBeCutOff;

  /** Somebody has asked for failed items to be taken up again. */
  boolean mayReopen;

  /** Somebody has limited what it may come to. */
  boolean hasBudget;

  boolean isGone;

  /** It waits until these are COMPLETED, and those have ended. */
  final List<SimulatedBatch> after = new ArrayList<>();

  final List<SimulatedBatch> afterEnd = new ArrayList<>();

  /** It waits on when one has failed. */
  boolean isPatient;

  /** Somebody is to be told of its end. */
  boolean isTold;

  SimulatedBatch(String name, String tenant, String owner, Shape shape) {
    this.name = name;
    this.tenant = tenant;
    this.owner = owner;
    this.shape = shape;
  }

  void add(Kind kind) {
    items.add(new Item(this, items.size(), kind));
  }

  /** How its items are worked on: each has a job type of its own. */
  enum Shape {
    PLAIN,
    ORDERED,
    BULK,
    /** In the transaction that the outcome is written in. */
    BOOKED,
    /** In bulk, in the transaction that the outcomes are written in. */
    BOOKED_IN_BULK;

    boolean isBooked() {
      return this == BOOKED || this == BOOKED_IN_BULK;
    }

    JobType<String, String> type() {
      JobType<String, String> type =
          JobType.of(name().toLowerCase(Locale.ROOT), String.class, String.class)
              .measuring("usd", "tokens");
      return this == ORDERED ? type.sequential() : type;
    }
  }

  /** What an item does when it is called. */
  enum Kind {
    FINE,
    /** Fails once. */
    FLAKY,
    /** Fails each time. */
    BAD,
    SKIPPED,
    /** Is handed out, to be settled from outside. */
    DEFERRED,
    /** Has an output that no store keeps. */
    UNKEPT,
    /** Takes longer than its timeout, or for ever. */
    HANGING,
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

    /** What calls have returned while they were waited for, with the attempt. */
    final Map<String, Integer> returned = new HashMap<>();

    /** Attempts that failed, that took too long, and that were given up for it. */
    final Set<Integer> failed = new HashSet<>();

    final Set<Integer> timedOut = new HashSet<>();
    final Set<Integer> givenUp = new HashSet<>();

    /** Attempts that were handed out. */
    final Set<Integer> deferred = new TreeSet<>();

    /** Outputs of answers that were for whichever attempt had been handed out. */
    final Set<String> answered = new HashSet<>();

    /** What it wrote was undone with its transaction: it is called again. */
    boolean isUndone;

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

    /** What a call of it costs; added as doubles, these would not be exact. */
    double usd() {
      return 0.1 * (index % 3);
    }

    @Override
    public String toString() {
      return "item " + input() + " (" + kind + ")";
    }
  }
}
