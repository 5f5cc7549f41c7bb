package org.batchengine.engine.lease;

import java.util.List;
import java.util.Objects;
import org.batchengine.engine.loop.LogContext;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Measured;
import org.batchengine.store.StoredInput;
import org.jspecify.annotations.Nullable;

/** An item and the attempt to be made on it. */
public final class WorkItem {
  /** An item may be what ends its connection each time. */
  private static final int MOST_UNDONE = 10;

  private final Lease lease;
  private final StoredInput stored;
  private final int attempts;
  private final int budgetFrom;
  private final Measured measured;

  /** What it has in common with all items that it is called with; null: any may be. */
  private @Nullable Object together;

  private int undone;
  private double charged;
  private @Nullable RuntimeException refusedCommit;
  private long refusedNanos;

  /**
   * The next attempt of an item.
   *
   * @param attempts attempts made so far
   * @param budgetFrom attempts that use up no retry: those before the item was last reopened, and
   *     those that were put off since
   * @param measured what it was measured at so far
   */
  public WorkItem(
      Lease lease, StoredInput stored, int attempts, int budgetFrom, Measured measured) {
    this.lease = lease;
    this.stored = stored;
    this.attempts = attempts;
    this.budgetFrom = budgetFrom;
    this.measured = measured;
  }

  /**
   * The attempt that a parked item has made last, and that is still to be judged.
   *
   * @param lease of a parked item that has made an attempt
   */
  public static WorkItem ofLastAttempt(Lease lease, StoredInput stored) {
    ClaimedItem item = Objects.requireNonNull(lease.parked());
    return new WorkItem(lease, stored, item.attempts() - 1, item.budgetFrom(), item.measured());
  }

  /** {@return the lease that holds the item} */
  public Lease lease() {
    return lease;
  }

  /** {@return its batch} */
  public LiveBatch batch() {
    return lease.batch();
  }

  /** {@return its index in the batch} */
  public int index() {
    return stored.index();
  }

  /** {@return its key, if it has one} */
  public @Nullable String key() {
    return stored.key();
  }

  /** {@return its input as stored} */
  public @Nullable String input() {
    return stored.input();
  }

  /** {@return about how much memory it takes} */
  public long bytes() {
    String input = stored.input();
    return 100L + (input == null ? 0 : input.length());
  }

  /** {@return the number of the attempt, from 1} */
  public int attempt() {
    return attempts + 1;
  }

  /** {@return how many attempts use up none of the retries that its policy allows} */
  public int budgetFrom() {
    return budgetFrom;
  }

  /** {@return how many of the retries that its policy allows are used up} */
  public int retries() {
    return attempts - budgetFrom;
  }

  /** {@return what it was measured at in earlier attempts} */
  public Measured measured() {
    return measured;
  }

  /** {@return the values of an attempt in which it was measured at nothing} */
  public Measured.Attempt notMeasured() {
    return measured.isNone()
        ? Measured.Attempt.NONE
        : new Measured.Attempt(measured, Measured.NONE);
  }

  /** A worker took it, and is expected to work on it for so long. */
  public void charge(double nanos) {
    charged = nanos;
  }

  /** {@return how long a worker was expected to work on it} */
  public double charged() {
    return charged;
  }

  /** Its call could not be committed: from now on it is called alone. */
  public void callAlone() {
    together = this;
  }

  /** A call of them could not be kept: from now on they are called without others. */
  public static void callTogether(List<WorkItem> items) {
    Object token = items.size() == 1 ? items.get(0) : new Object();
    items.forEach(item -> item.together = token);
  }

  /** Whether both may be in one call. */
  public boolean mayJoin(WorkItem other) {
    return together == other.together;
  }

  /**
   * What its call wrote was undone, and not by its own fault as far as can be told: it is called
   * again, alone, as the same attempt.
   *
   * @return false if that has happened too often to be believed
   */
  public boolean undone() {
    together = this;
    return undone++ < MOST_UNDONE;
  }

  /** {@return how often what its call wrote was undone without its fault} */
  public int timesUndone() {
    return undone;
  }

  /**
   * What its call wrote, alone, could not be committed. The next call only judges that.
   *
   * @param nanos how long the attempt took
   */
  public void commitRefused(RuntimeException why, long nanos) {
    together = this;
    refusedCommit = why;
    refusedNanos = nanos;
  }

  /** {@return why its call could not be committed, if that is still to be judged} */
  public @Nullable RuntimeException refusedCommit() {
    return refusedCommit;
  }

  /** {@return how long the attempt took that could not be committed} */
  public long refusedNanos() {
    return refusedNanos;
  }

  /** Whether it must be called alone. */
  public boolean isAlone() {
    return together == this;
  }

  /** {@return the key that host code can use to recognise a repeated attempt} */
  public String idempotencyKey() {
    return batch().header().id() + "/" + index();
  }

  /** Names the item in the log while host code works on it. */
  public LogContext logContext() {
    return LogContext.of(batch().name(), batch().header().tenant(), index());
  }
}
