package org.batchengine.store;

/**
 * Keeps batches for an engine. For makers of stores; not stable before 1.0.
 *
 * <p>The rules that every verb keeps, whoever dies between any two of them:
 *
 * <ol>
 *   <li>Placement: an unfinished item is parked, or else in the one chunk whose range covers it; a
 *       finished item has its outcome. Each verb is one transaction that moves items as a whole.
 *   <li>Fencing: what a session owns is written by that session only, and only while its row is
 *       there; ids of sessions are never used twice.
 *   <li>Settles are numbered: a number of a session is applied at most once.
 *   <li>A batch is done exactly when it has no chunk and no parked item; that is looked at under
 *       the batch's lock, after the commit that removed the last of them.
 * </ol>
 *
 * <p>Batches are named by their number, which is never used again, in all verbs of the engine's
 * loops, and by their {@link org.batchengine.model.BatchId} where hosts ask. Time is the store's
 * own. All methods are safe for many threads, block on nothing but the database, and throw {@link
 * org.batchengine.model.StoreException} when it fails; a transaction that was refused for a lock or
 * a conflict is tried again before that.
 */
public interface BatchStore extends AutoCloseable {

  /**
   * Connects, and makes or checks the schema. Called once, before everything else.
   *
   * @throws org.batchengine.model.StoreException if the database cannot be used as it is; says why
   */
  void connect(StoreSettings settings);

  /** Lets go of what {@link #connect} took. Idempotent, also before {@code connect}. */
  @Override
  void close();

  /** {@return the sessions of engines} */
  SessionStore sessions();

  /** {@return what takes batches in} */
  SubmitStore submitting();

  /** {@return what hands out work} */
  ClaimStore claiming();

  /** {@return what writes outcomes and ends batches} */
  SettleStore settling();

  /** {@return what pauses, cancels, reopens and deletes batches} */
  SteerStore steering();

  /** {@return what finishes the work that no engine has in hand} */
  SweepStore sweeping();

  /** {@return what reads batches and items} */
  ReadStore reading();
}
