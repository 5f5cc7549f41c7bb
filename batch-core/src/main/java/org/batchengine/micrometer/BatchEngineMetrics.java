package org.batchengine.micrometer;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.EngineMetrics;
import org.batchengine.EngineMetrics.Recorder;
import org.batchengine.limit.LimitScope;
import org.batchengine.model.ItemState;

/**
 * Binds an engine's metrics to a registry:
 *
 * <pre>{@code
 * BatchEngineMetrics.of(engine).bindTo(registry);
 * }</pre>
 *
 * <table>
 * <caption>Meters; tags in brackets</caption>
 * <tr><td>{@code batch.engine.items} (type, state)</td><td>counter: attempts whose result is
 *     stored, by the item's new state: succeeded, failed, skipped, cancelled or retrying</td></tr>
 * <tr><td>{@code batch.engine.item.duration} (type)</td><td>timer: how long these attempts took,
 *     except cancelled ones; in bulk the item's share of the call</td></tr>
 * <tr><td>{@code batch.engine.items.waiting} (type)</td><td>gauge: items that are claimed and
 *     waiting for a worker</td></tr>
 * <tr><td>{@code batch.engine.items.running} (type)</td><td>gauge: items that are with
 *     workers</td></tr>
 * <tr><td>{@code batch.engine.items.unsettled}</td><td>gauge: items that have run and are not
 *     settled yet</td></tr>
 * <tr><td>{@code batch.engine.items.parked}</td><td>gauge: items of the whole store that wait for a
 *     retry or are suspects, as of the last sweep, counted up to 10,000; every engine of the store
 *     reports the same number, so do not sum it</td></tr>
 * <tr><td>{@code batch.engine.settle.size}</td><td>summary: items settled together</td></tr>
 * <tr><td>{@code batch.engine.settle.duration}</td><td>timer: how long the store took to settle
 *     them</td></tr>
 * <tr><td>{@code batch.engine.claim.duration} (result)</td><td>timer: how long the store took to
 *     answer a claim; its count is the number of claims that were {@code found} or
 *     {@code empty}</td></tr>
 * <tr><td>{@code batch.engine.session.age}</td><td>gauge: time since the session was
 *     opened</td></tr>
 * <tr><td>{@code batch.engine.session.renewal.age}</td><td>gauge: time since it was last renewed;
 *     above the session's expiry, other nodes take over the work</td></tr>
 * <tr><td>{@code batch.engine.limit.held}</td><td>gauge by type: 1 if no call of it may begin,
 *     otherwise 0</td></tr>
 * <tr><td>{@code batch.engine.limit.waiting}</td><td>gauge by scope: calls in hand that wait since
 *     a limit lets nothing begin</td></tr>
 * <tr><td>{@code batch.engine.limit.asks}</td><td>counter: questions to the store what may begin
 *     under limits</td></tr>
 * <tr><td>{@code batch.engine.lost}</td><td>counter: events and measurements that were lost because
 *     a listener or a recorder was too slow</td></tr>
 * <tr><td>{@code batch.engine.up}</td><td>gauge: 1 if {@link BatchEngine#health} is up, otherwise
 *     0</td></tr>
 * </table>
 *
 * <p>Reading a gauge never queries the store. Counters and timers start at binding. If a process
 * has several engines, give each its own tags.
 */
@SuppressWarnings("exports") // optional: a caller of this has Micrometer
public final class BatchEngineMetrics implements MeterBinder {
  private static final String PREFIX = "batch.engine.";

  private final BatchEngine engine;
  private final Tags tags;

  private BatchEngineMetrics(BatchEngine engine, Tags tags) {
    this.engine = engine;
    this.tags = tags;
  }

  /** Returns a binder for the engine's metrics. */
  public static BatchEngineMetrics of(BatchEngine engine) {
    return new BatchEngineMetrics(requireNonNull(engine, "engine"), Tags.empty());
  }

  /** Returns a copy that adds these tags to every meter, on top of its own. */
  public BatchEngineMetrics tags(Iterable<Tag> more) {
    return new BatchEngineMetrics(engine, tags.and(more));
  }

  /** Registers the meters. Call it once per registry. */
  @Override
  public void bindTo(MeterRegistry registry) {
    EngineMetrics metrics = engine.metrics();
    Map<String, TypeMeters> byType = new HashMap<>();
    for (String type : metrics.types()) {
      Tags ofType = tags.and("type", type);
      byType.put(type, new TypeMeters(registry, ofType));
      gauge(
          registry,
          "items.waiting",
          "Items that are claimed and waiting for a worker",
          ofType,
          () -> metrics.waiting(type));
      gauge(
          registry,
          "items.running",
          "Items that are with workers",
          ofType,
          () -> metrics.running(type));
      gauge(
          registry,
          "limit.held",
          "Whether no call of the type may begin",
          ofType,
          () -> metrics.isHeld(type) ? 1 : 0);
    }
    gauge(
        registry,
        "items.unsettled",
        "Items that have run and are not settled yet",
        tags,
        metrics::unsettled);
    gauge(
        registry,
        "items.parked",
        "Items of the whole store that wait for a retry or are suspects, counted up to 10,000",
        tags,
        () -> metrics.parked().isPresent() ? metrics.parked().getAsInt() : Double.NaN);
    gauge(
        registry,
        "up",
        "Whether the engine is healthy",
        tags,
        () -> engine.health().isUp() ? 1 : 0);
    age(registry, "session.age", "Time since the session was opened", metrics::sessionAge);
    age(
        registry,
        "session.renewal.age",
        "Time since the session was last renewed",
        metrics::sinceRenewal);
    for (LimitScope scope : LimitScope.values()) {
      gauge(
          registry,
          "limit.waiting",
          "Calls in hand that wait since a limit lets nothing begin",
          tags.and("scope", scope.name().toLowerCase(Locale.ROOT)),
          () -> metrics.waitingFor(scope));
    }
    FunctionCounter.builder(PREFIX + "limit.asks", metrics, EngineMetrics::limitAsks)
        .description("Questions to the store what may begin under limits")
        .tags(tags)
        .register(registry);
    FunctionCounter.builder(PREFIX + "lost", metrics, EngineMetrics::lost)
        .description("Events and measurements that were lost because host code was too slow")
        .tags(tags)
        .register(registry);
    metrics.tell(new Meters(registry, tags, byType));
  }

  private static void gauge(
      MeterRegistry registry, String name, String what, Tags tags, Supplier<Number> value) {
    Gauge.builder(PREFIX + name, value).description(what).tags(tags).register(registry);
  }

  private void age(
      MeterRegistry registry, String name, String what, Supplier<Optional<Duration>> age) {
    Supplier<Number> nanos =
        () -> age.get().map(each -> (Number) each.toNanos()).orElse(Double.NaN);
    TimeGauge.builder(PREFIX + name, nanos, TimeUnit.NANOSECONDS)
        .description(what)
        .tags(tags)
        .register(registry);
  }

  /** The meters of a job type. */
  private static final class TypeMeters {
    private static final Set<ItemState> STATES =
        EnumSet.of(
            ItemState.SUCCEEDED,
            ItemState.FAILED,
            ItemState.SKIPPED,
            ItemState.CANCELLED,
            ItemState.RETRYING);

    private final Map<ItemState, Counter> attempts = new EnumMap<>(ItemState.class);
    private final Timer duration;

    TypeMeters(MeterRegistry registry, Tags tags) {
      for (ItemState state : STATES) {
        attempts.put(
            state,
            Counter.builder(PREFIX + "items")
                .description("Attempts whose result is stored, by the item's new state")
                .tags(tags.and("state", state.name().toLowerCase(Locale.ROOT)))
                .register(registry));
      }
      duration =
          Timer.builder(PREFIX + "item.duration")
              .description("How long attempts took")
              .tags(tags)
              .register(registry);
    }

    void attempted(ItemState state, long nanos) {
      Counter counter = attempts.get(state);
      if (counter != null) {
        counter.increment();
      }
      if (state != ItemState.CANCELLED) {
        duration.record(nanos, TimeUnit.NANOSECONDS);
      }
    }
  }

  private static final class Meters implements Recorder {
    private final Map<String, TypeMeters> byType;
    private final DistributionSummary settleSize;
    private final Timer settleDuration;
    private final Timer found;
    private final Timer empty;

    Meters(MeterRegistry registry, Tags tags, Map<String, TypeMeters> byType) {
      this.byType = byType;
      settleSize =
          DistributionSummary.builder(PREFIX + "settle.size")
              .description("Items settled together")
              .baseUnit("items")
              .tags(tags)
              .register(registry);
      settleDuration =
          Timer.builder(PREFIX + "settle.duration")
              .description("How long the store took to settle items")
              .tags(tags)
              .register(registry);
      found = claims(registry, tags, "found");
      empty = claims(registry, tags, "empty");
    }

    private static Timer claims(MeterRegistry registry, Tags tags, String result) {
      return Timer.builder(PREFIX + "claim.duration")
          .description("How long the store took to answer a claim")
          .tags(tags.and("result", result))
          .register(registry);
    }

    @Override
    public void attempted(String type, ItemState state, long nanos) {
      TypeMeters meters = byType.get(type);
      if (meters != null) {
        meters.attempted(state, nanos);
      }
    }

    @Override
    public void settled(int items, long nanos) {
      settleSize.record(items);
      settleDuration.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void claimed(int items, long nanos) {
      (items == 0 ? empty : found).record(nanos, TimeUnit.NANOSECONDS);
    }
  }
}
