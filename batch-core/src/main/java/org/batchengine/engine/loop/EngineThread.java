package org.batchengine.engine.loop;

/**
 * A thread of the engine itself. No interrupt on it may ever reach the database. It inherits
 * nothing of the thread that makes it: that may be in a request of a user, whose name, rights or
 * class loader must not stay for the life of the engine.
 */
public final class EngineThread extends Thread {

  /**
   * A thread that is not started yet.
   *
   * @param loader its context class loader
   */
  @SuppressWarnings("ThreadPriorityCheck") // it would be that of whoever makes the thread
  public EngineThread(Runnable body, String name, ClassLoader loader) {
    super(null, body, name, 0, false);
    setContextClassLoader(loader);
    setPriority(NORM_PRIORITY);
    setDaemon(false);
  }

  /**
   * Call this after host code, which may leave the interrupt flag set. On a thread of the engine
   * the flag would close an H2 database under everyone.
   */
  public static void dropInterrupt() {
    if (Thread.currentThread() instanceof EngineThread) {
      Thread.interrupted();
    }
  }
}
