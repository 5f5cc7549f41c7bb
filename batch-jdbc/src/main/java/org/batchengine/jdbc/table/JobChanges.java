package org.batchengine.jdbc.table;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.Actor;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Changes of batches that several verbs make, each in the transaction of its caller. */
public final class JobChanges {
  private JobChanges() {}

  /**
   * Takes batches to RUNNING whose work has begun.
   *
   * @param locked told of those that others have locked, which are left as they are
   * @return those of which this was not known
   */
  public static List<Long> markRunning(
      Handle handle, Collection<Long> batches, LongConsumer locked) {
    return Slices.find(batches, Long[]::new, some -> markRunning(handle, some, locked));
  }

  private static List<Long> markRunning(Handle handle, Long[] batches, LongConsumer locked) {
    JobDao jobs = SqlObjects.on(handle, JobDao.class);
    List<Long> free = jobs.lockUnmarked(batches);
    if (free.size() < batches.length) {
      List<Long> others = jobs.unmarked(batches);
      others.removeAll(free);
      others.forEach(locked::accept);
    }
    if (free.isEmpty()) {
      return List.of();
    }
    List<Long> marked = jobs.markRunning(Slices.one(free, Long[]::new));
    if (!marked.isEmpty()) {
      SqlObjects.on(handle, EventDao.class)
          .insertAll(Slices.one(marked, Long[]::new), EventKind.STARTED, null, null, null);
    }
    return marked;
  }

  /**
   * Those of the locked batches whose keys can be made free: they have none, or nobody else has
   * locked it.
   */
  public static List<Long> withFreeKeys(Handle handle, List<Long> batches) {
    JobDao jobs = SqlObjects.on(handle, JobDao.class);
    Set<Long> locked = new HashSet<>(Slices.find(batches, Long[]::new, jobs::keyed));
    if (!locked.isEmpty()) {
      Slices.find(batches, Long[]::new, jobs::lockKeys).forEach(locked::remove);
    }
    return batches.stream().filter(batch -> !locked.contains(batch)).toList();
  }

  /** Hides batches whose end, or whose submit, the transaction has seen under their lock. */
  public static void hide(Handle handle, Collection<Long> batches, @Nullable Actor by) {
    JobDao jobs = SqlObjects.on(handle, JobDao.class);
    String user = by == null ? null : by.user();
    String node = by == null ? null : by.node();
    for (Long[] some : Slices.of(batches, Long[]::new)) {
      SqlObjects.on(handle, EventDao.class).insertAll(some, EventKind.DELETED, user, node, null);
      jobs.hide(some);
      jobs.freeKeys(some);
    }
  }

  /**
   * Hides a batch that the session has begun and not finished; its key is free again.
   *
   * @throws RowsLockedException if others have locked it or its key
   */
  public static void abandon(Handle handle, long batch, long session) {
    Optional<Long> locked = SqlObjects.on(handle, JobDao.class).lockSubmitted(batch, session);
    if (locked.isPresent() && abandon(handle, List.of(batch)) == 0) {
      throw new RowsLockedException("others have locked the key of batch " + batch, null);
    }
  }

  /** Hides what the session has begun and not finished, but for what others have locked. */
  public static void abandonAll(Handle handle, long session) {
    abandon(handle, SqlObjects.on(handle, JobDao.class).lockSubmittedBy(session));
  }

  private static int abandon(Handle handle, List<Long> locked) {
    List<Long> free = withFreeKeys(handle, locked);
    JobDao jobs = SqlObjects.on(handle, JobDao.class);
    for (Long[] some : Slices.of(free, Long[]::new)) {
      jobs.hide(some);
      jobs.freeKeys(some);
    }
    return free.size();
  }
}
