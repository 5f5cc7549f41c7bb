package org.batchengine.web;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the progress and the failed items of the batches that somebody hears of. For one thread.
 */
final class Watch {
  private static final Logger log = LoggerFactory.getLogger(Watch.class);

  private static final HistoryQuery LIVE =
      HistoryQuery.all()
          .state(
              BatchState.SUBMITTING,
              BatchState.PENDING,
              BatchState.RUNNING,
              BatchState.PAUSED,
              BatchState.STOPPING)
          .limit(100);

  private final BatchEngine engine;
  private final Audience audience;
  private final Map<BatchId, Told> told = new HashMap<>();

  /** Batches that have ended or gone, until something happens to them. */
  private final Set<BatchId> still = new HashSet<>();

  private final Map<BatchId, Failures> failures = new HashMap<>();

  /**
   * What was told of a batch.
   *
   * @param counts of its items
   * @param state its state
   */
  private record Told(BatchCounts counts, BatchState state) {
    static Told of(BatchJob job) {
      return new Told(job.counts(), job.state());
    }
  }

  Watch(BatchEngine engine, Audience audience) {
    this.engine = engine;
    this.audience = audience;
  }

  /** The newest live batches, the newest first. */
  static List<BatchJob> live(Batches batches) {
    return batches.history(LIVE).items();
  }

  /** Nothing is known any more. */
  void forget() {
    told.clear();
    still.clear();
    failures.clear();
  }

  /** A client was told how a batch is. */
  void begin(BatchJob job, boolean withItems) {
    told.putIfAbsent(job.id(), Told.of(job));
    if (withItems && !job.isTerminal()) {
      failures.computeIfAbsent(job.id(), id -> new Failures(job.asOf(), job.counts().failed()));
    }
  }

  /** Clients are about to be told of an event: if it is the end, of the failed items before. */
  void happened(FeedEvent event, @Nullable BatchJob job) {
    BatchId id = event.batchId();
    still.remove(id);
    if (job == null || !audience.hearsItems(event.tenant(), id)) {
      return;
    }
    Failures batch = failures.computeIfAbsent(id, any -> new Failures(event.happenedAt(), 0));
    if (event.kind().isEnd()) {
      try {
        tellFailures(job, batch);
      } catch (RuntimeException e) {
        log.debug("the failed items of a batch are read later", e);
      }
    }
  }

  /** Tells what has changed since the last look. */
  void look() {
    Map<BatchId, BatchJob> jobs = new LinkedHashMap<>();
    Set<Optional<String>> tenants = new HashSet<>();
    Set<BatchId> single = new HashSet<>();
    for (Client client : audience.all()) {
      Interest interest = client.interest();
      if (interest != null && interest.batches() != null) {
        single.addAll(interest.batches());
      } else if (interest != null && tenants.add(client.visitor().tenant())) {
        live(client.visitor().view(engine)).forEach(job -> jobs.put(job.id(), job));
      }
    }
    failures.forEach(
        (id, batch) -> {
          if (batch.isUnfinished()) {
            single.add(id);
            still.remove(id);
          }
        });
    for (BatchId id : single) {
      if (!jobs.containsKey(id) && !still.contains(id)) {
        engine.find(id).ifPresentOrElse(job -> jobs.put(id, job), () -> still.add(id));
      }
    }
    jobs.values().forEach(this::look);
    told.keySet().retainAll(jobs.keySet());
    still.retainAll(single);
    failures
        .keySet()
        .removeIf(
            id -> {
              BatchJob job = jobs.get(id);
              return job == null || !audience.hearsItems(job.tenant(), id);
            });
  }

  private void look(BatchJob job) {
    BatchId id = job.id();
    if (audience.hearsItems(job.tenant(), id)) {
      Failures batch = failures.get(id);
      if (batch == null && !job.isTerminal()) { // one of more than a page
        batch = new Failures(job.asOf(), job.counts().failed());
        failures.put(id, batch);
      }
      if (batch != null) {
        tellFailures(job, batch);
      }
    }
    if (job.isTerminal()) { // its end is in the feed
      still.add(id);
    } else if (!Told.of(job).equals(told.put(id, Told.of(job)))) {
      audience.tell(client -> client.hears(job.tenant(), id), Message.progress(job));
    }
  }

  private void tellFailures(BatchJob job, Failures batch) {
    batch.look(
        job,
        engine,
        item ->
            audience.tell(
                client -> client.hearsItems(job.tenant(), job.id()), Message.failed(item)));
  }
}
