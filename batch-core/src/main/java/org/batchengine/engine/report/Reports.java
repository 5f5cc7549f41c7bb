package org.batchengine.engine.report;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.ErrorGroup;
import org.batchengine.report.BatchReport;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/**
 * Makes reports of batches, one at a time, and keeps them.
 *
 * <ol>
 *   <li>That of an ended run is stored at its first read. If the batch was taken up again while its
 *       items were read, they may be of two runs: then it counts as one of a live batch.
 *   <li>That of a live batch is kept in memory for 5 s, or for 20 times what it took to make, so
 *       that an engine is at work on it for at most a twentieth of the time.
 * </ol>
 *
 * <p>The items are read in pages, each a statement by itself: no transaction stays open, and memory
 * is bounded by a page.
 */
public final class Reports {
  /** So few that H2 keeps them in memory, which it does with 40 rows for each MB of heap. */
  private static final int PAGE = 2_000;

  private static final int MOST_ERRORS = 20;
  private static final int MOST_LIVE = 100;
  private static final long LEAST_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int TIMES_AS_LONG = 20;

  private final BatchStore store;
  private final LongSupplier nanos;
  private final ReentrantLock making = new ReentrantLock();
  private final Map<BatchId, Live> live = new ConcurrentHashMap<>();

  /** A report of a batch that had not ended. */
  private record Live(BatchReport report, long until) {}

  /**
   * Makes reports of batches of a store.
   *
   * @param nanos a time that only moves forward
   */
  public Reports(BatchStore store, LongSupplier nanos) {
    this.store = store;
    this.nanos = nanos;
  }

  /**
   * The report of the current run of the batch.
   *
   * @param tenant the only tenant whose batches are seen; null: all tenants
   */
  public BatchReport of(BatchId id, @Nullable String tenant) {
    Optional<BatchReport> known = known(job(id, tenant));
    if (known.isPresent()) {
      return known.get();
    }
    making.lock();
    try {
      BatchJob job = job(id, tenant); // it was perhaps made meanwhile
      return known(job).orElseGet(() -> make(job));
    } finally {
      making.unlock();
    }
  }

  private BatchJob job(BatchId id, @Nullable String tenant) {
    return store.reading().find(id, tenant).orElseThrow(() -> new BatchNotFoundException(id));
  }

  private Optional<BatchReport> known(BatchJob job) {
    if (job.state().isTerminal()) {
      return store
          .reports()
          .report(job.id(), job.run())
          .flatMap(text -> ReportText.parse(text, job));
    }
    return Optional.ofNullable(live.get(job.id()))
        .filter(kept -> kept.until - nanos.getAsLong() > 0)
        .map(Live::report)
        .filter(report -> report.batch().run() == job.run());
  }

  private BatchReport make(BatchJob job) {
    long began = nanos.getAsLong();
    BatchHeader header =
        store
            .reading()
            .header(job.id(), null)
            .orElseThrow(() -> new BatchNotFoundException(job.id()));
    BatchReport report = read(job, header);
    if (job.state().isTerminal()) {
      store.reports().keepReport(header, job.run(), ReportText.of(report));
      BatchJob after = job(job.id(), null);
      return after.run() == job.run() ? report : make(after);
    }
    keep(report, nanos.getAsLong() - began);
    return report;
  }

  private BatchReport read(BatchJob job, BatchHeader header) {
    Figures figures = new Figures(header.measureNames());
    for (long from = 0; from < header.total(); from += PAGE) {
      int to = (int) Math.min(from + PAGE, header.total());
      store.reports().figures(header, (int) from, to).forEach(figures::add);
    }
    List<ErrorGroup> errors =
        job.counts().failed() == 0 && job.state().isTerminal()
            ? List.of()
            : store.reading().errorGroups(header, MOST_ERRORS);
    Map<Integer, String> keys = store.reports().keys(header, figures.slowest());
    return figures.report(job, errors, keys);
  }

  private void keep(BatchReport report, long took) {
    long now = nanos.getAsLong();
    live.values().removeIf(kept -> kept.until - now <= 0);
    if (live.size() >= MOST_LIVE) {
      live.clear();
    }
    long until = now + Math.max(LEAST_NANOS, took * TIMES_AS_LONG);
    live.put(report.batch().id(), new Live(report, until));
  }
}
