package org.batchengine;

/** A thread of the engine itself, on which no interrupt may ever reach the database. */
final class EngineThread extends Thread {

  EngineThread(Runnable body, String name) {
    super(body, name);
  }

  /**
   * To be called after code of the host, which may have left the interrupt flag set: on a thread of
   * the engine it would close an H2 database under everyone.
   */
  static void dropInterrupt() {
    if (Thread.currentThread() instanceof EngineThread) {
      Thread.interrupted();
    }
  }
}
