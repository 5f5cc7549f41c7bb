package org.batchengine.engine.loop;

/** A thread of the engine itself. No interrupt on it may ever reach the database. */
public final class EngineThread extends Thread {

  /** A thread that is not started yet. */
  public EngineThread(Runnable body, String name) {
    super(body, name);
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
