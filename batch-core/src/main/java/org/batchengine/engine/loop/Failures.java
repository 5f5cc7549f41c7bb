package org.batchengine.engine.loop;

/** Tells the failures of host code from those of the virtual machine. */
public final class Failures {

  private Failures() {}

  /**
   * Whether the virtual machine itself has failed, so that nothing can be relied on. A stack
   * overflow does not count: the machine is fine after it.
   */
  public static boolean isFatal(Throwable thrown) {
    return thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError);
  }
}
