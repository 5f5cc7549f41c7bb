package org.batchengine.jdbc;

import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * The way to the database of a process that dies at one of its steps: a statement, a commit or a
 * rollback. From then on nothing that it calls arrives, and what it had open is rolled back, as a
 * server does. To die before a query is to die after it, also if it locks: queries, and the ends of
 * transactions that have nothing else, count as steps in the profile {@code faults} alone.
 */
final class MortalProcess {
  static final boolean EVERY_STEP = Boolean.getBoolean("faults.every");

  private static final Pattern READ =
      Pattern.compile("\\s*(select|set local)\\b", Pattern.CASE_INSENSITIVE);

  private static final int NEVER = Integer.MAX_VALUE;

  private final Runnable death;
  private final DataSource way;
  private int lastStep = NEVER;
  private boolean lastArrives;
  private int steps;
  private boolean hasChanges;
  private String last = "";

  /** The end of a process that shares its virtual machine with the test. */
  static final class Death extends Error {
    private static final long serialVersionUID = 1L;

    Death() {
      super("the process is dead", null, false, false);
    }
  }

  MortalProcess(DataSource pool) {
    this(pool, () -> {});
  }

  /** With what is done at its end, which need not return. */
  MortalProcess(DataSource pool, Runnable death) {
    this.death = death;
    way = new ProbedDataSource(pool, this::step).dataSource();
  }

  DataSource way() {
    return way;
  }

  /**
   * From now on its steps are counted.
   *
   * @param step its last, from 1
   * @param arrives whether that is done, and its answer lost
   */
  synchronized void dieAt(int step, boolean arrives) {
    steps = 0;
    lastStep = step;
    lastArrives = arrives;
  }

  /** Another process begins in its place. */
  synchronized void beBorn() {
    dieAt(NEVER, false);
  }

  synchronized boolean isDead() {
    return steps >= lastStep;
  }

  /** What it died at. */
  synchronized String last() {
    return last;
  }

  private synchronized Object step(String sql, Callable<Object> real) throws Exception {
    if (isDead()) {
      if (sql.equals("rollback")) {
        return real.call(); // the server's
      }
      throw new Death();
    }
    if (EVERY_STEP || changes(sql)) {
      steps++;
    }
    if (!isDead()) {
      return real.call();
    }
    last = sql;
    if (lastArrives) {
      real.call();
    }
    death.run();
    throw new Death();
  }

  /** A statement that is none of a query, or the end of a transaction with such a one. */
  private boolean changes(String sql) {
    if (sql.equals("commit") || sql.equals("rollback")) {
      boolean has = hasChanges;
      hasChanges = false;
      return has;
    }
    boolean changes = !READ.matcher(sql).lookingAt();
    hasChanges |= changes;
    return changes;
  }
}
