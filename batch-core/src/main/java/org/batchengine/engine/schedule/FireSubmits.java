package org.batchengine.engine.schedule;

import java.time.Duration;
import java.util.Collection;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.model.BatchId;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.batchengine.model.StoredText;
import org.batchengine.model.Submission;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.DueFire;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.ScheduleStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Submits the batches of fires, one after the other, once {@link Firing} has seen that there are
 * some.
 *
 * <ol>
 *   <li>It takes a fire for its session. Another engine does not get it before that is gone.
 *   <li>If the batch of the last fire runs, and the schedule skips then, the fire is left out.
 *   <li>It submits the batch with a key made of the schedule and the instant. The submit marks the
 *       fire, if it is still the session's: so a fire has one batch, whoever dies or comes late.
 *   <li>If that throws, it is tried again after 10 s, 20 s and so on up to 10 min; after ten times
 *       the fire has failed. A store that fails is tried again as often as that is needed.
 * </ol>
 */
public final class FireSubmits implements Step {
  private static final Logger log = LoggerFactory.getLogger(FireSubmits.class);
  private static final int AT_ONCE = 20;
  private static final long NOBODY = 0;
  private static final int MOST_ATTEMPTS = 10;
  private static final int MOST_REASON = 2_000;
  private static final Duration FIRST_DELAY = Duration.ofSeconds(10);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(10);

  private final String name;
  private final @Nullable Collection<NameInTenant> coded;
  private final ScheduleStore store;
  private final SessionKeeper sessions;
  private final BatchOfFire batches;
  private final LockedRows locked;
  private volatile boolean isDue;

  /** Submits the batch of a fire. */
  public interface BatchOfFire {

    /**
     * Submits the batch, or finds the one of an earlier submit with the same key.
     *
     * @param owned the fire as it was taken
     * @throws Exception whatever host code throws
     */
    Submission submit(DueFire fire, OwnedFire owned) throws Exception;
  }

  /**
   * Nothing has been submitted yet.
   *
   * @param coded the schedules that it is for; null: those with a template
   */
  public FireSubmits(
      String name,
      @Nullable Collection<NameInTenant> coded,
      ScheduleStore store,
      SessionKeeper sessions,
      BatchOfFire batches,
      LockedRows locked) {
    this.name = name;
    this.coded = coded;
    this.store = store;
    this.sessions = sessions;
    this.batches = batches;
    this.locked = locked;
  }

  /** {@return the idempotency key of the batch of a fire} */
  public static String key(DueFire fire) {
    return "schedule/%s/%s".formatted(fire.name(), fire.at());
  }

  /** There may be a fire. */
  public void lookSoon() {
    isDue = true;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean runOnce() {
    if (!isDue) {
      return false;
    }
    isDue = false; // first: who asks for a look meanwhile gets one
    try {
      boolean isTaken = takeOne();
      isDue |= isTaken;
      return isTaken;
    } catch (RowsLockedException e) {
      locked.met("batch_fire"); // the next poll says so again
      return false;
    }
  }

  /** Opens a session only if there is a fire. */
  private boolean takeOne() {
    Session current = sessions.current();
    long known = current == null ? NOBODY : current.id();
    if (store.dueFires(coded, known, 1).isEmpty()) {
      return false;
    }
    long session = sessions.borrow().id();
    try {
      for (DueFire fire : store.dueFires(coded, session, AT_ONCE)) {
        OwnedFire owned = fire.of(session);
        if (store.own(owned)) {
          submitOrSkip(fire, owned);
          return true;
        }
      }
      return false;
    } finally {
      sessions.giveBack();
    }
  }

  private void submitOrSkip(DueFire fire, OwnedFire owned) {
    BatchId running = fire.running();
    if (running != null && fire.overlap() == Schedule.Overlap.SKIP) {
      store.skip(owned, "batch %s of the last fire has not ended".formatted(running));
      return;
    }
    try {
      Submission submission = batches.submit(fire, owned);
      if (!submission.isNew()) {
        store.submitted(owned, submission.id());
      }
    } catch (Error e) {
      if (Failures.fatalIn(e).isPresent()) {
        throw e;
      }
      fail(fire, owned, e);
    } catch (Exception e) {
      if (e instanceof StoreException failure && failure.isTransient()) {
        throw failure;
      }
      fail(fire, owned, e);
    }
  }

  private void fail(DueFire fire, OwnedFire owned, Throwable e) {
    int attempts = fire.attempts() + 1;
    boolean isLast = attempts >= MOST_ATTEMPTS;
    Duration delay = FIRST_DELAY.multipliedBy(1L << fire.attempts());
    log.warn(
        "schedule \"{}\" of tenant \"{}\" could not submit the batch for {}, attempt {} of {}{}",
        fire.name(),
        fire.tenant(),
        fire.at(),
        attempts,
        MOST_ATTEMPTS,
        isLast ? ": the fire has failed" : "",
        e);
    store.failed(
        owned,
        StoredText.clean(String.valueOf(e), MOST_REASON),
        isLast ? null : delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY);
  }

  @Override
  public long idleNanos() {
    return isDue ? 1 : Long.MAX_VALUE;
  }
}
