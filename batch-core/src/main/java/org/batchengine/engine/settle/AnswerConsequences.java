package org.batchengine.engine.settle;

import java.util.List;
import java.util.function.LongConsumer;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.loop.Meter;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.model.ItemState;
import org.batchengine.model.StoreException;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What follows from answers from outside, as {@link Consequences} of a settlement: the look for the
 * end of the batch, retries, failures that listeners hear of and that the batch may not tolerate.
 * On the thread of whoever answered, who hears of no failure in here: the answers are committed.
 * Thread-safe.
 */
public final class AnswerConsequences {
  private static final Logger log = LoggerFactory.getLogger(AnswerConsequences.class);

  private final Leases leases;
  private final Judgements judgements;
  private final Announcements announcements;
  private final Monitor monitor;
  private final LongConsumer mayBeDone;

  /**
   * Nothing was answered yet.
   *
   * @param mayBeDone told of each batch of which items were settled
   */
  public AnswerConsequences(
      Leases leases,
      Judgements judgements,
      Announcements announcements,
      Monitor monitor,
      LongConsumer mayBeDone) {
    this.leases = leases;
    this.judgements = judgements;
    this.announcements = announcements;
    this.monitor = monitor;
    this.mayBeDone = mayBeDone;
  }

  /** Items of the batch were settled. */
  void of(LiveBatch batch, List<ItemVerdict> verdicts) {
    if (verdicts.isEmpty()) {
      return;
    }
    mayBeDone.accept(batch.number());
    boolean haveFailed = false;
    for (ItemVerdict verdict : verdicts) {
      Parking parking = verdict.parking();
      if (parking != null) {
        leases.dueIn(parking.delay());
      }
      Outcome outcome = verdict.outcome();
      if (outcome != null && outcome.state() == ItemState.FAILED) {
        haveFailed = true;
        announcements.failed(verdict, outcome);
      }
    }
    Meter meter = monitor.meter();
    if (meter.isRead()) {
      meter.attempted(Consequences.attempts(verdicts));
    }
    if ((haveFailed && batch.toleratedFailures().isPresent()) || batch.header().budget() != null) {
      judge(batch);
    }
  }

  /** If that is impossible now, the next failure of the batch leads here again, or its end. */
  private void judge(LiveBatch batch) {
    try {
      judgements.judge(batch);
    } catch (StoreException e) {
      log.warn(
          "cannot tell whether batch {} has too many failures, or its budget is used up",
          batch.name(),
          e);
    }
  }
}
