package org.batchengine.engine.limit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.batchengine.store.Attempts;

/** What became of the last attempts. Guarded by {@link Allowances}. */
final class LastAttempts {
  /** In place of a fingerprint, of an attempt that has not failed. */
  static final String GOOD = "";

  private final Deque<String> ends = new ArrayDeque<>();
  private final Map<String, Integer> failures = new HashMap<>();

  /**
   * One more has ended. Of those before it, the last are kept, so that there are at most so many.
   */
  void add(String fingerprint, int most) {
    while (ends.size() >= most) {
      String first = ends.removeFirst();
      failures.computeIfPresent(first, (of, count) -> count == 1 ? null : count - 1);
    }
    ends.add(fingerprint);
    if (!fingerprint.equals(GOOD)) {
      failures.merge(fingerprint, 1, Integer::sum);
    }
  }

  void clear() {
    ends.clear();
    failures.clear();
  }

  /** With the failures that are most frequent. */
  Attempts told(int trial) {
    return failures.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(most -> new Attempts(trial, ends.size(), most.getValue(), most.getKey()))
        .orElseGet(() -> new Attempts(trial, ends.size(), 0, null));
  }
}
