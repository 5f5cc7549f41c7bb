package org.batchengine.engine.report;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.batchengine.model.ItemState;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.ComparedBatch;
import org.batchengine.report.Distribution;
import org.batchengine.report.ItemDifference;
import org.batchengine.report.ItemDifference.Kind;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ItemPair;
import org.batchengine.store.ItemPair.Half;
import org.jspecify.annotations.Nullable;

/** Compares two batches, a page of items at a time. */
public final class Comparing {
  /** So few that H2 keeps them in memory, which it does with 40 rows for each MB of heap. */
  private static final int PAGE_ITEMS = 2_000;

  private final BatchStore store;
  private final BatchHeader a;
  private final BatchHeader b;
  private final SameRun runOfA;
  private final SameRun runOfB;

  /** Of two batches that the tenant sees. */
  public Comparing(BatchStore store, BatchHeader a, BatchHeader b, @Nullable String tenant) {
    this.store = store;
    this.a = a;
    this.b = b;
    runOfA = new SameRun(store.reading(), a.id(), tenant);
    runOfB = new SameRun(store.reading(), b.id(), tenant);
  }

  /** Counts what differs. */
  public BatchComparison counted() {
    Side sideA = new Side();
    Side sideB = new Side();
    Map<Kind, Long> kinds = new EnumMap<>(Kind.class);
    long unchanged = 0;
    long purged = 0;
    Pages pages = new Pages();
    while (pages.hasNext()) {
      for (ItemPair pair : pages.next()) {
        sideA.add(pair.a());
        sideB.add(pair.b());
        Optional<Kind> kind = kind(pair);
        if (kind.isPresent()) {
          kinds.merge(kind.get(), 1L, Long::sum);
        } else if (haveSucceeded(pair.a(), pair.b()) && pair.isPurged()) {
          purged++;
        } else {
          unchanged++;
        }
      }
    }
    return new BatchComparison(
        sideA.of(a, runOfA),
        sideB.of(b, runOfB),
        kinds.getOrDefault(Kind.NEWLY_FAILING, 0L),
        kinds.getOrDefault(Kind.NEWLY_FIXED, 0L),
        kinds.getOrDefault(Kind.CHANGED_OUTPUT, 0L),
        kinds.getOrDefault(Kind.CHANGED_STATE, 0L),
        unchanged,
        purged,
        kinds.getOrDefault(Kind.ONLY_IN_A, 0L),
        kinds.getOrDefault(Kind.ONLY_IN_B, 0L));
  }

  /** The items that differ, read lazily. */
  public Stream<ItemDifference> differences() {
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(new Pages(), Spliterator.ORDERED), false)
        .flatMap(page -> page.stream().flatMap(pair -> difference(pair).stream()));
  }

  private static Optional<ItemDifference> difference(ItemPair pair) {
    Optional<Half> inA = Optional.ofNullable(pair.a());
    Optional<Half> inB = Optional.ofNullable(pair.b());
    return kind(pair)
        .map(
            kind ->
                new ItemDifference(
                    kind,
                    Optional.ofNullable(pair.key()),
                    inA.map(Half::index),
                    inB.map(Half::index),
                    inA.map(Half::state),
                    inB.map(Half::state)));
  }

  /** How an item differs; empty if it does not, or if nobody can tell. */
  private static Optional<Kind> kind(ItemPair pair) {
    Half inA = pair.a();
    Half inB = pair.b();
    if (inA == null) {
      return Optional.of(Kind.ONLY_IN_B);
    } else if (inB == null) {
      return Optional.of(Kind.ONLY_IN_A);
    } else if (inA.state() == inB.state()) {
      return pair.outputsDiffer() && !pair.isPurged()
          ? Optional.of(Kind.CHANGED_OUTPUT)
          : Optional.empty();
    } else if (inB.state() == ItemState.FAILED && inA.state() != null) {
      return Optional.of(Kind.NEWLY_FAILING);
    } else if (inA.state() == ItemState.FAILED && inB.state() == ItemState.SUCCEEDED) {
      return Optional.of(Kind.NEWLY_FIXED);
    }
    return Optional.of(Kind.CHANGED_STATE);
  }

  private static boolean haveSucceeded(@Nullable Half inA, @Nullable Half inB) {
    return inA != null
        && inB != null
        && inA.state() == ItemState.SUCCEEDED
        && inB.state() == ItemState.SUCCEEDED;
  }

  /** Both batches, a range of indexes after the other. */
  private final class Pages implements Iterator<List<ItemPair>> {
    private final long end = Math.max(a.total(), b.total());
    private long from;

    @Override
    public boolean hasNext() {
      return from < end;
    }

    @Override
    public List<ItemPair> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      long to = Math.min(end, from + PAGE_ITEMS);
      List<ItemPair> page = store.reports().pairs(a, b, (int) from, (int) to);
      runOfA.check();
      runOfB.check();
      from = to;
      return page;
    }
  }

  /** What is summed up of one of the batches. */
  private static final class Side {
    private final Spread seconds = new Spread();
    private long items;
    private long rated;
    private double quality;

    void add(@Nullable Half item) {
      if (item == null) {
        return;
      }
      items++;
      if (item.duration() != null) {
        seconds.add(item.duration().toNanos() / 1e9);
      }
      if (item.quality() != null) {
        rated++;
        quality += item.quality();
      }
    }

    ComparedBatch of(BatchHeader batch, SameRun run) {
      Optional<Distribution> durations = seconds.distribution();
      return new ComparedBatch(
          batch.id(),
          run.run(),
          items,
          durations.map(spread -> duration(spread.mean())),
          durations.map(spread -> duration(spread.p50())),
          durations.map(spread -> duration(spread.p95())),
          rated == 0 ? Optional.empty() : Optional.of(quality / rated));
    }

    private static Duration duration(double seconds) {
      return Duration.of(Math.round(seconds * 1e6), ChronoUnit.MICROS);
    }
  }
}
