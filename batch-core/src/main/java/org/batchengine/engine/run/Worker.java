package org.batchengine.engine.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.LiveBatch.Hold;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.engine.verdict.ItemVerdict;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs host code, one call at a time, and hands the verdicts to the settler.
 *
 * <ol>
 *   <li>A thread is interrupted only while it runs host code.
 *   <li>Each call has a state of its own. The end of host code and the watching thread race for it:
 *       whichever takes it away from {@code CALLING} decides.
 *   <li>A watcher that interrupts sets the state before and after. The worker waits for the second
 *       change before it goes on, so that no interrupt reaches whatever it does next.
 *   <li>A call that the closing engine interrupted is never given up: others would run it too.
 * </ol>
 *
 * <pre>
 * IDLE -> CALLING -> IDLE                                       the call returned in time
 *         CALLING -> INTERRUPTING -> INTERRUPTED -> IDLE        it was interrupted, and returned
 *                                    INTERRUPTED -> ABANDONED   it ignores its interrupt
 * </pre>
 */
public final class Worker implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(Worker.class);

  /** How long an interrupted call may take to return before it is given up. */
  public static final Duration GRACE = Duration.ofSeconds(5);

  /** How long verdicts may wait for those of the next calls. */
  private static final long HAND_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int IDLE = 0;
  private static final int CALLING = 1;
  private static final int INTERRUPTING = 2;
  private static final int INTERRUPTED = 3;
  private static final int ABANDONED = 4;

  private final Workers workers;
  private final WorkQueue queue;
  private final SettlementQueue settlements;
  private final LongSupplier nanos;
  private final BooleanSupplier closing;
  private final Consumer<Throwable> fatal;
  private final long graceNanos;

  /** The number of the call, and its phase in the lowest three bits. */
  private final AtomicLong state = new AtomicLong();

  private volatile @Nullable Thread thread;
  private volatile @Nullable Call call;
  private volatile long calledAt;
  private volatile long interruptedAt;
  private volatile boolean stopped;

  private final Hand hand;

  /**
   * A worker that has taken nothing yet.
   *
   * @param closing whether the engine closes, so that no item may be started
   * @param fatal told how the virtual machine itself has failed
   * @param grace how long an interrupted call may take to return before it is given up
   */
  public Worker(
      Workers workers,
      SettlementQueue settlements,
      LongSupplier nanos,
      BooleanSupplier closing,
      Consumer<Throwable> fatal,
      Duration grace) {
    this.workers = workers;
    this.queue = workers.queue();
    this.settlements = settlements;
    this.hand = new Hand(queue, settlements);
    this.nanos = nanos;
    this.closing = closing;
    this.fatal = fatal;
    this.graceNanos = grace.toNanos();
  }

  /** Works until no item waits. */
  @Override
  public void run() {
    try {
      work();
    } catch (Throwable e) {
      failed(e);
    }
  }

  private void work() {
    boolean more = true;
    while (more) {
      settlements.awaitRoom();
      Pass pass = runOnce();
      if (pass == Pass.LEFT) {
        return;
      }
      more = pass == Pass.WORKED || (pass == Pass.IDLE && !workers.endIfIdle(this));
      if (pass == Pass.HELD) {
        workers.ended(this);
      }
    }
  }

  /** The engine itself has a fault: only another session can take over the worker's items. */
  private void failed(Throwable e) {
    log.error("a worker of {} failed; its items run again", workers.type(), e);
    Call current = call;
    List<WorkItem> inHand = hand.withRest(current == null ? List.of() : current.work());
    inHand.forEach(item -> item.lease().session().giveUp());
    queue.done(inHand);
    hand.release();
    workers.ended(this);
    if (Failures.isFatal(e)) {
      fatal.accept(e);
    }
  }

  /** The result of a pass. */
  public enum Pass {
    /** Host code was called. */
    WORKED,
    /** No item waits. */
    IDLE,
    /**
     * Items wait but may not be started: the session may have expired, the engine closes, or the
     * type has slowed down.
     */
    HELD,
    /** This worker was abandoned; another has its place. */
    LEFT
  }

  /** Takes the next items and calls host code with them. Neither sleeps nor waits. */
  public Pass runOnce() {
    thread = Thread.currentThread();
    if (workers.slowDown().isOn()) {
      return Pass.HELD;
    }
    if (!hand.take()) {
      return Pass.IDLE;
    }
    try {
      return callRest();
    } finally {
      hand.handOver();
      hand.release();
    }
  }

  private Pass callRest() {
    long handAt = nanos.getAsLong() + HAND_NANOS;
    TypeSettings settings = workers.settings();
    List<WorkItem> items = hand.next(settings);
    for (; !items.isEmpty(); items = hand.next(settings)) {
      Session session = items.get(0).lease().session();
      if (session.isGone() || closing.getAsBoolean()) {
        queue.done(hand.withRest(items));
        return Pass.HELD;
      }
      long now = nanos.getAsLong();
      if (!session.isLive(now) || workers.slowDown().isOn()) {
        queue.putBack(hand.withRest(items));
        return Pass.HELD;
      }
      if (!hand.mayBegin(now)) {
        queue.putBack(hand.withRest(items));
        return Pass.WORKED;
      }
      if (items.get(0).batch().hold() != Hold.NONE) {
        notBegun(items);
      } else if (!called(items)) {
        return Pass.LEFT;
      }
      if (nanos.getAsLong() - handAt >= 0) {
        // What is left may have to wait for others now.
        hand.handOver();
        hand.putBackRest();
      }
    }
    return Pass.WORKED;
  }

  /** Gives back the items of a paused batch; ends those of a batch that stops. */
  private void notBegun(List<WorkItem> items) {
    List<ItemVerdict> verdicts = new ArrayList<>(items.size());
    for (WorkItem item : items) {
      verdicts.add(
          item.batch().hold().isStopped()
              ? ItemVerdict.cancelled(item, item.attempt() - 1, 0)
              : ItemVerdict.returned(item));
    }
    settlements.hand(verdicts);
    queue.done(items);
  }

  /** False if the call was given up while it ran: others have everything it held. */
  private boolean called(List<WorkItem> items) {
    Call current = workers.calls().of(items, this::isCancelled);
    long number = (state.get() >>> 3) + 1;
    call = current;
    calledAt = nanos.getAsLong();
    state.set(number << 3 | CALLING);
    try {
      return called(current, number);
    } finally {
      current.release();
    }
  }

  private boolean called(Call current, long number) {
    Throwable thrown = null;
    try {
      current.run();
    } catch (Throwable e) {
      thrown = e;
    }
    long took = nanos.getAsLong() - calledAt;
    boolean interrupted = !state.compareAndSet(number << 3 | CALLING, number << 3 | IDLE);
    if (interrupted && !ended(number)) {
      log.info(
          "an item of {} returned after it was given up; its result is dropped", workers.type());
      workers.returned(this);
      return false;
    }
    // Whoever set the flag, host code or the watcher, it is not meant for what comes next.
    Thread.interrupted();
    if (thrown != null && Failures.isFatal(thrown)) {
      log.error("the virtual machine failed in host code of {}", workers.type(), thrown);
      finished(current, took);
      fatal.accept(thrown);
      return true;
    }
    if (!interrupted || (thrown == null && (isStopped() || isForced(current)))) {
      hand.ready(current.verdicts(thrown, took));
    } else if (isForced(current)) {
      hand.ready(current.cancelled(false, took));
    } else if (!isStopped()) {
      hand.ready(current.timedOut(timeoutMessage(current), false, took));
    }
    finished(current, took);
    return true;
  }

  private void finished(Call current, long took) {
    call = null;
    List<WorkItem> again = current.again();
    hand.ran(current.ran(), took);
    if (!again.isEmpty()) {
      queue.putBack(again);
      workers.startWorkers();
    }
  }

  /** Waits until an interrupt on its way has arrived. False if the call was given up. */
  private boolean ended(long number) {
    while (state.get() == (number << 3 | INTERRUPTING)) {
      Thread.interrupted(); // it would end the pause; this is the interrupt that is waited for
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    return state.compareAndSet(number << 3 | INTERRUPTED, number << 3 | IDLE);
  }

  /** Whether host code should leave soon. */
  private boolean isCancelled() {
    Call current = call;
    return closing.getAsBoolean()
        || (state.get() & 7) > CALLING
        || (current != null && holdOf(current).isStopped());
  }

  /** Whether it is calling host code on this thread. */
  boolean isOnThisThread() {
    return thread == Thread.currentThread() && (state.get() & 7) != IDLE;
  }

  private static Hold holdOf(Call call) {
    return call.work().get(0).batch().hold();
  }

  private static boolean isForced(Call call) {
    return holdOf(call) == Hold.FORCED;
  }

  /**
   * Interrupts a call that takes too long or whose batch is cut off, and gives up a call that
   * ignores its interrupt. For the watcher's thread.
   */
  public void watch(long now) {
    long seen = state.get();
    int phase = (int) (seen & 7);
    Call current = call;
    if (now - calledAt >= HAND_NANOS) {
      hand.handOver();
      if (phase != IDLE && hand.putBackRest()) {
        workers.startWorkers();
      }
    }
    boolean forced = current != null && isForced(current);
    if (phase == CALLING
        && current != null
        && (forced || now - current.since(calledAt) >= timeoutOf(current).toNanos())) {
      interrupt(seen, now);
    } else if (phase == INTERRUPTED && now - interruptedAt >= graceNanos) {
      giveUp(seen, now);
    }
  }

  /** Interrupts the running call, if any: the engine has waited for it long enough. */
  public void stop(long now) {
    stopped = true;
    long seen = state.get();
    if ((seen & 7) == CALLING) {
      interrupt(seen, now);
    }
  }

  /** Until the engine is started again: then its calls are watched as before. */
  private boolean isStopped() {
    return stopped && closing.getAsBoolean();
  }

  private void interrupt(long seen, long now) {
    Thread target = thread;
    Call current = call;
    if (target != null
        && current != null
        && state.compareAndSet(seen, seen - CALLING + INTERRUPTING)) {
      interruptedAt = now;
      try {
        current.interrupt(target);
      } finally {
        state.set(seen - CALLING + INTERRUPTED);
      }
    }
  }

  private void giveUp(long seen, long now) {
    Call hanging = call;
    if (hanging == null
        || isStopped()
        || !state.compareAndSet(seen, seen - INTERRUPTED + ABANDONED)) {
      return;
    }
    WorkItem first = hanging.work().get(0);
    log.warn(
        "the call of {} with item {} of batch {} ignores its interrupt; it is given up, and another worker takes its place",
        workers.type(),
        first.index(),
        first.batch().header().id());
    String message = timeoutMessage(hanging) + ", and ignored its interrupt";
    List<ItemVerdict> verdicts =
        isForced(hanging)
            ? hanging.cancelled(true, now - calledAt)
            : hanging.timedOut(message, true, now - calledAt);
    hand.ended(verdicts);
    settlements.hand(verdicts);
    queue.done(hanging.work());
    hand.putBackRest();
    hand.release();
    workers.abandon();
    if (workers.areStuck()) {
      settlements.hand(queue.clear().stream().map(ItemVerdict::returned).toList());
    }
  }

  /** Adds for how long the present call, if any, has run for each of its items. */
  void tellRunning(long now, Map<String, List<Long>> running) {
    Call current = call;
    if (current != null && (state.get() & 7) != IDLE) {
      List<WorkItem> items = current.work();
      running
          .computeIfAbsent(items.get(0).batch().header().tenant(), tenant -> new ArrayList<>())
          .add((now - calledAt) / items.size());
    }
  }

  private Duration timeoutOf(Call call) {
    return workers.settings().timeout(call.work().get(0).batch());
  }

  private String timeoutMessage(Call call) {
    return "the call took longer than its timeout of " + timeoutOf(call);
  }
}
