package org.batchengine;

/** What code of the host may throw. */
final class Failures {

  private Failures() {}

  /**
   * Whether the virtual machine itself has failed, so that nothing can be relied on any more; a
   * stack that overflowed is none the worse for it.
   */
  static boolean isFatal(Throwable thrown) {
    return thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError);
  }
}
