package org.batchengine.examples.service;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import org.batchengine.JobOptions;

/**
 * How batches run that do not say it themselves, and how long they are kept: from the environment.
 *
 * @param size the most items of a call; empty if nothing is said
 */
record Defaults(OptionalLong size, long retries, long timeoutMillis, long retentionDays) {

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException names the variable that has a bad value
   */
  static Defaults of(Map<String, String> environment) {
    return new Defaults(
        number(environment, "BATCH_DEFAULT_SIZE", 1, 10_000),
        number(environment, "BATCH_MAX_RETRIES", 0, 10_000).orElse(3),
        number(environment, "BATCH_TIMEOUT_MS", 1, Duration.ofDays(365).toMillis()).orElse(30_000),
        number(environment, "BATCH_RETENTION_DAYS", 1, 3_650).orElse(30));
  }

  private static OptionalLong number(
      Map<String, String> environment, String name, long least, long most) {
    String value = environment.get(name);
    if (value == null) {
      return OptionalLong.empty();
    }
    if (value.matches("\\d{1,15}")) {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return OptionalLong.of(number);
      }
    }
    throw new IllegalArgumentException(
        "%s=%s in the environment: use a whole number from %d to %d, or unset it"
            .formatted(name, value, least, most));
  }

  /** {@return the options of operations whose calls have one item, or a few} */
  JobOptions options() {
    return options(50);
  }

  /**
   * {@return the options of an operation}
   *
   * @param itself how many items it takes in a call if nothing is said
   */
  JobOptions options(int itself) {
    return JobOptions.defaults()
        .chunkSize((int) size.orElse(itself))
        .maxRetries((int) retries)
        .timeout(Duration.ofMillis(timeoutMillis));
  }

  Duration retention() {
    return Duration.ofDays(retentionDays);
  }
}
