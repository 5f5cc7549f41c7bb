package org.batchengine.examples.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How long calls took. */
final class Latencies {
  private final List<Double> millis = new ArrayList<>();

  void time(Runnable call) {
    Stopwatch watch = Stopwatch.start();
    call.run();
    add(watch.seconds());
  }

  void add(double seconds) {
    millis.add(seconds * 1e3);
  }

  int count() {
    return millis.size();
  }

  void addTo(Figures figures, String name) {
    Collections.sort(millis);
    figures
        .put(name + " p50 ms", percentile(0.50))
        .put(name + " p90 ms", percentile(0.90))
        .put(name + " p99 ms", percentile(0.99))
        .put(name + " calls", count());
  }

  private double percentile(double share) {
    return millis.isEmpty() ? 0 : millis.get((int) (share * (millis.size() - 1)));
  }
}
