package org.batchengine.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.batchengine.BatchEngine;
import org.batchengine.HoldScope;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualClock;
import org.batchengine.ManualEngine;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BatchEngineMetricsTest {
  private static final JobType<String, String> ECHO =
      JobType.of("echo", String.class, String.class);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-11-21T12:00:00Z"));
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ManualEngine engine =
      BatchEngine.builder(new InMemoryBatchStore(clock))
          .clock(clock)
          .register(
              ECHO,
              (text, context) -> {
                clock.advance(Duration.ofMillis(20));
                return switch (text) {
                  case "skip" -> context.skip("said so");
                  case "later" -> context.retryAfter(Duration.ofHours(1), HoldScope.ITEM);
                  case "fail" -> context.giveUp("BAD", "said so");
                  default -> text;
                };
              },
              JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofSeconds(1))))
          .manual();

  @AfterEach
  void close() {
    engine.close();
  }

  private double items(String state) {
    return registry
        .get("batch.engine.items")
        .tags("type", "echo", "state", state)
        .counter()
        .count();
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  private void alive(Duration time) {
    for (long seconds = 0; seconds < time.toSeconds(); seconds++) {
      clock.advance(Duration.ofSeconds(1));
      engine.runUntilIdle();
    }
  }

  @Test
  void countsItemsByTypeAndState() {
    BatchEngineMetrics.of(engine).bindTo(registry);

    engine.submit(ECHO, List.of("a", "b", "skip", "later", "fail"));
    engine.runUntilIdle();

    assertThat(items("succeeded")).isEqualTo(2);
    assertThat(items("skipped")).isEqualTo(1);
    assertThat(items("failed")).isEqualTo(1);
    assertThat(items("retrying")).isEqualTo(1);
    assertThat(items("cancelled")).isZero();
    var duration = registry.get("batch.engine.item.duration").tag("type", "echo").timer();
    assertThat(duration.count()).isEqualTo(5);
    assertThat(duration.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(100);
  }

  @Test
  void measuresSettlesAndClaims() {
    BatchEngineMetrics.of(engine).bindTo(registry);

    engine.submit(ECHO, List.of("a", "b", "c"));
    engine.runUntilIdle();

    var size = registry.get("batch.engine.settle.size").summary();
    assertThat(size.totalAmount()).isEqualTo(3);
    assertThat(registry.get("batch.engine.settle.duration").timer().count())
        .isEqualTo(size.count());
    var claims = registry.get("batch.engine.claim.duration");
    assertThat(claims.tag("result", "found").timer().count()).isEqualTo(1);
    assertThat(registry.get("batch.engine.claim.duration").tag("result", "empty").timer().count())
        .isPositive();
  }

  @Test
  void showsWhatStands() {
    BatchEngineMetrics.of(engine).bindTo(registry);
    assertThat(gauge("batch.engine.items.parked")).isNaN();
    assertThat(registry.get("batch.engine.session.age").timeGauge().value()).isNaN();

    engine.submit(ECHO, List.of("later", "later"));
    engine.runUntilIdle();
    alive(Duration.ofSeconds(10));

    assertThat(gauge("batch.engine.items.parked")).isEqualTo(2);
    assertThat(gauge("batch.engine.items.waiting")).isZero();
    assertThat(gauge("batch.engine.items.running")).isZero();
    assertThat(gauge("batch.engine.items.unsettled")).isZero();
    assertThat(registry.get("batch.engine.session.age").timeGauge().value(TimeUnit.SECONDS))
        .isBetween(10.0, 10.1);
    assertThat(registry.get("batch.engine.session.renewal.age").timeGauge().value(TimeUnit.SECONDS))
        .isBetween(0.0, 3.0);
    assertThat(registry.get("batch.engine.lost").functionCounter().count()).isZero();
    assertThat(gauge("batch.engine.up")).isEqualTo(1);

    clock.advance(Duration.ofMinutes(1));

    assertThat(gauge("batch.engine.up")).isZero();
  }

  @Test
  void showsLimits() {
    BatchEngineMetrics.of(engine).bindTo(registry);
    engine.runOnce();
    assertThat(gauge("batch.engine.limit.held")).isZero();
    assertThat(asks()).isZero();

    engine.limits().setTenant("acme", Limit.none().rate(1, Duration.ofHours(1)), "slowly");
    engine.forTenant("acme").submit(ECHO, List.of("a", "b", "c"));
    engine.runUntilIdle();
    assertThat(asks()).isPositive();
    assertThat(waiting("tenant")).isBetween(1.0, 3.0);
    assertThat(waiting("type")).isZero();

    engine.limits().resetTenant("acme", "quickly");
    engine.limits().set(ECHO, Limit.none().rate(1, Duration.ofHours(1)), "slowly");
    engine.submit(ECHO, List.of("a", "b", "c", "d"));
    engine.runUntilIdle();
    assertThat(waiting("type")).isBetween(1.0, 7.0);
    assertThat(waiting("tenant")).isZero();
    assertThat(registry.find("batch.engine.limit.waiting").gauges())
        .hasSize(LimitScope.values().length);

    engine.limits().hold(ECHO, Duration.ofHours(1), "down");
    assertThat(gauge("batch.engine.limit.held")).isEqualTo(1);
    assertThat(waiting("type")).isZero();
  }

  private double waiting(String scope) {
    return registry.get("batch.engine.limit.waiting").tag("scope", scope).gauge().value();
  }

  private double asks() {
    return registry.get("batch.engine.limit.asks").functionCounter().count();
  }

  @Test
  void putsTagsOnEveryMeter() {
    BatchEngineMetrics.of(engine).tags(Tags.of("engine", "one")).bindTo(registry);

    assertThat(registry.getMeters())
        .isNotEmpty()
        .extracting(Meter::getId)
        .allSatisfy(id -> assertThat(id.getTag("engine")).isEqualTo("one"))
        .allSatisfy(id -> assertThat(id.getName()).startsWith("batch.engine."));
  }

  @Test
  void aRegistryThatIsClosedHarmsNothing() {
    BatchEngineMetrics.of(engine).bindTo(registry);
    registry.close();

    var id = engine.submit(ECHO, List.of("a"));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }
}
