package org.batchengine.jdbc;

import java.time.Instant;
import java.util.List;
import org.batchengine.ManualClock;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchStore;

/** A store, open and empty, and what a test may do behind its back. */
interface StoreUnderTest extends AutoCloseable {

  BatchStore store();

  /** A store of another node on the same rows, not open yet. */
  BatchStore another();

  /** The store's time. */
  ManualClock clock();

  /** Puts a batch into a state without asking whether it may go there. */
  void setState(long batch, BatchState state);

  /** Lets the deadline of a batch pass. */
  void passDeadline(long batch);

  /** Takes a session away and leaves what it owns, as nothing should. */
  void loseSession(long session);

  /** Gives an item a FAILED outcome and leaves its chunk or parked row, as nothing should. */
  void forceOutcome(long batch, int index);

  /** Turns a parked item into one that is settled from outside. */
  void defer(long batch, int index);

  /** Takes the chunks and parked items of a batch away, as nothing should. */
  void loseMotion(long batch);

  /** Takes those of them away that nobody owns, as nothing should. */
  void loseUnowned(long batch);

  /** Takes the counters of a batch away, as nothing should. */
  void loseCounters(long batch);

  /** How many rows the batch has in the tables of motion. */
  long rowsInMotion(long batch);

  /** How many rows the batch has in all tables but that of events, which outlive it. */
  long rows(long batch);

  /** What the history says happened to the batch, first to last. */
  List<Event> events(long batch);

  /** A row of the history: who did it, or else the node. */
  record Event(String kind, String actor, String reason, Instant happenedAt) {}

  /** What does not hold of all that must hold whenever nobody is in the middle of a verb. */
  List<String> violations();

  /** Connections that were taken from the pool and not given back. */
  int connectionsOut();

  @Override
  void close();
}
