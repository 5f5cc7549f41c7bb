package org.batchengine.examples.benchmarks;

/** Seconds since a moment of {@link System#nanoTime}. */
record Stopwatch(long startedAt) {

  static Stopwatch start() {
    return new Stopwatch(System.nanoTime());
  }

  double seconds() {
    return secondsUntil(System.nanoTime());
  }

  double secondsUntil(long nanoTime) {
    return (nanoTime - startedAt) / 1e9;
  }
}
