package org.batchengine.examples.benchmarks;

/** Seconds since a moment of {@link System#nanoTime}. */
record Stopwatch(long startedAt) {

  static Stopwatch start() {
    return new Stopwatch(System.nanoTime());
  }

  double seconds() {
    return (System.nanoTime() - startedAt) / 1e9;
  }
}
