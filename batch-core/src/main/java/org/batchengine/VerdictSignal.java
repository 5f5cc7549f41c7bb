package org.batchengine;

/** Leaves a processor whose word is noted already; who catches it changes nothing. */
final class VerdictSignal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  VerdictSignal(String message) {
    super(message, null, false, false);
  }
}
