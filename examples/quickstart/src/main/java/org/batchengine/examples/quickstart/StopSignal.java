package org.batchengine.examples.quickstart;

import org.batchengine.BatchEngine;

/**
 * Closes an engine when the process is told to end, as by Ctrl-C: the files in hand are finished,
 * the others wait for the next start. Closed itself, it does so no more.
 */
final class StopSignal implements AutoCloseable {
  private final Thread hook;

  private StopSignal(BatchEngine engine) {
    hook = new Thread(() -> drain(engine), "stop-signal");
  }

  static StopSignal closes(BatchEngine engine) {
    StopSignal signal = new StopSignal(engine);
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException stopping) {
      // The signal has come; the hook is at work and the process ends with it.
    }
  }

  private static void drain(BatchEngine engine) {
    System.err.println("Stopping: the files in hand are finished first.");
    engine.close();
    System.err.println("Stopped. The next start goes on from here.");
  }
}
