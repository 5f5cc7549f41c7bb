package org.batchengine.jdbc.sql;

/**
 * A thread of the store. It inherits nothing of the thread that makes it, which may be in a request
 * of a user, and keeps no virtual machine alive.
 */
public final class StoreThread extends Thread {

  /** A thread that is not started yet. */
  @SuppressWarnings("ThreadPriorityCheck") // it would be that of whoever makes the thread
  public StoreThread(Runnable body, String name, ClassLoader loader) {
    super(null, body, name, 0, false);
    setContextClassLoader(loader);
    setPriority(NORM_PRIORITY);
    setDaemon(true);
  }
}
