package org.batchengine.examples.service;

import java.time.Duration;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.web.Operation;
import org.batchengine.web.PullProcessor;

/** Lets other programs process the items: they ask for them, and bring the results. */
final class Pulls {
  private static final JobType<String, String> PULL =
      JobType.of("pull", String.class, String.class);

  /** How many items wait for a worker on a node. */
  private static final int WAITING = 16;

  /** More than an item waits, whatever a call may take elsewhere. */
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private Pulls() {}

  static Offer<String> offer(Defaults defaults) {
    PullProcessor processor = PullProcessor.create();
    return new Offer<>(
        Registration.of(PULL, processor)
            .with(defaults.options().timeout(TIMEOUT).concurrency(WAITING).claim(1, WAITING)),
        Operation.of(PULL)
            .label("Hand items out to workers")
            .description(
                "Workers ask for items at api/work/pull/claim, and bring results to api/work/pull/results.")
            .handedOutBy(processor));
  }
}
