package org.batchengine.examples.quickstart;

import org.batchengine.BatchEngine;

/**
 * Closes an engine when the process is told to stop, for example by Ctrl-C: files in progress are
 * finished, the others wait for the next start. Has no effect once closed.
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
      // The signal has arrived: the hook is running, and the process ends with it.
    }
  }

  private static void drain(BatchEngine engine) {
    System.err.println("Stopping: finishing the files in progress.");
    engine.close();
    System.err.println("Stopped. The next start continues from here.");
  }
}
