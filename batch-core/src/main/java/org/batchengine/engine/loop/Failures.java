package org.batchengine.engine.loop;

import java.util.Optional;

/** Tells the failures of host code from those of the virtual machine. */
public final class Failures {
  private static final int MOST_CAUSES = 20;

  private Failures() {}

  /**
   * Whether the virtual machine itself has failed, so that nothing can be relied on. A stack
   * overflow does not count: the machine is fine after it.
   */
  public static boolean isFatal(Throwable thrown) {
    return thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError);
  }

  /**
   * The failure of the virtual machine that is, or is behind, what was thrown: a database driver
   * makes an error of its own of a heap that has run out. Empty if there is none.
   */
  public static Optional<Throwable> fatalIn(Throwable thrown) {
    Throwable next = thrown;
    for (int depth = 0; next != null && depth < MOST_CAUSES; depth++) {
      if (isFatal(next)) {
        return Optional.of(next);
      }
      next = next.getCause();
    }
    return Optional.empty();
  }
}
