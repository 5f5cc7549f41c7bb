package org.batchengine.store;

import java.util.Optional;
import org.batchengine.model.PoolUse;

/**
 * Stores batches for an engine. For authors of stores; not stable before 1.0.
 *
 * <p>Every verb keeps these rules, even if a process dies between any two of them:
 *
 * <ol>
 *   <li>Placement: an unfinished item is either parked or in the one chunk whose range covers it; a
 *       finished item has an outcome. Each verb is one transaction that moves items completely or
 *       not at all.
 *   <li>Fencing: only a session itself writes what it owns, and only while its row exists. Session
 *       ids are never reused.
 *   <li>Settlements are numbered: each number of a session is applied at most once.
 *   <li>A batch is done exactly when it has no chunk and no parked item. This is checked under the
 *       batch's lock, after the commit that removed the last of them.
 * </ol>
 *
 * <p>Verbs for the engine's loops identify a batch by its number, which is never reused; verbs for
 * hosts use its {@link org.batchengine.model.BatchId}. The store uses its own clock. All methods
 * are thread-safe, block only on the database, and throw {@link
 * org.batchengine.model.StoreException} if it fails. A transaction that the database refuses for a
 * lock or a conflict is retried first; but verbs for the engine's loops wait for no lock for long,
 * and throw {@link org.batchengine.model.RowsLockedException}.
 */
public interface BatchStore extends AutoCloseable {

  /**
   * Connects, and creates or checks the schema. Called once, before anything else. If it throws, it
   * holds nothing that it did not hold before: the engine does not call {@link #close} then.
   *
   * @throws IllegalStateException if an engine has the store open, which is not disturbed
   * @throws org.batchengine.model.StoreException if the database cannot be used as it is; the
   *     message says why
   */
  void connect(StoreSettings settings);

  /**
   * How many connections the engine can have at once, at least {@link StoreSettings#connections}.
   * Asked once, after {@link #connect}.
   */
  default int connections() {
    return Integer.MAX_VALUE;
  }

  /**
   * How its pool of connections is used; empty if it has none, or none that tells. Does not block.
   */
  default Optional<PoolUse> pool() {
    return Optional.empty();
  }

  /** Releases what {@link #connect} acquired. Idempotent, even before {@code connect}. */
  @Override
  void close();

  /**
   * What is wrong with the store though its verbs do not fail, in words; empty if nothing is. Does
   * not block on the database.
   */
  default Optional<String> trouble() {
    return Optional.empty();
  }

  /** {@return the port for the sessions of engines} */
  SessionStore sessions();

  /** {@return the port that stores new batches} */
  SubmitStore submitting();

  /** {@return the port that hands out work} */
  ClaimStore claiming();

  /** {@return the port that writes outcomes and ends batches} */
  SettleStore settling();

  /** {@return the port that pauses, cancels, reopens and deletes batches} */
  SteerStore steering();

  /** {@return the port that finishes work that no engine holds} */
  SweepStore sweeping();

  /** {@return the port that looks after batches that wait for others} */
  WaitStore waiting();

  /** {@return the port that reads batches and items} */
  ReadStore reading();

  /** {@return the port that reads what reports consist of} */
  ReportStore reports();

  /** {@return the port that reads what happened to batches} */
  FeedStore feed();

  /** {@return the port that keeps schedules and their fires} */
  ScheduleStore schedules();

  /** {@return the port that keeps templates} */
  TemplateStore templates();

  /** {@return the port that keeps limits} */
  LimitStore limits();
}
