package org.batchengine.jdbc.table;

import java.util.Collection;
import java.util.List;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.store.rules.EventKind;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Changes of batches that several verbs make, each in the transaction of its caller. */
public final class JobChanges {
  private JobChanges() {}

  /**
   * Takes batches to RUNNING whose work has begun.
   *
   * @return those of which this was not known
   */
  public static List<Long> markRunning(Handle handle, Collection<Long> batches) {
    List<Long> marked =
        SqlObjects.on(handle, JobDao.class).markRunning(batches.toArray(Long[]::new));
    if (!marked.isEmpty()) {
      SqlObjects.on(handle, EventDao.class)
          .insertAll(marked.toArray(Long[]::new), EventKind.STARTED, null, null);
    }
    return marked;
  }

  /** Hides batches whose end, or whose submit, the transaction has seen under their lock. */
  public static void hide(Handle handle, Collection<Long> batches, @Nullable String actor) {
    if (batches.isEmpty()) {
      return;
    }
    JobDao jobs = SqlObjects.on(handle, JobDao.class);
    Long[] numbers = batches.toArray(Long[]::new);
    jobs.hide(numbers);
    jobs.freeKeys(numbers);
    SqlObjects.on(handle, EventDao.class).insertAll(numbers, EventKind.DELETED, actor, null);
  }

  /** Hides a batch that the session has begun and not finished; its key is free again. */
  public static void abandon(Handle handle, long batch, long session) {
    JobDao jobs = SqlObjects.on(handle, JobDao.class);
    if (jobs.hideUnfinished(batch, session)) {
      jobs.freeKeys(batch);
    }
  }

  /** Hides what the session has begun and not finished. */
  public static void abandonAll(Handle handle, long session) {
    SqlObjects.on(handle, JobDao.class)
        .submittedBy(session)
        .forEach(batch -> abandon(handle, batch, session));
  }
}
