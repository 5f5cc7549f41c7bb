package org.batchengine.jdbc;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.batchengine.BatchEngine;
import org.batchengine.BatchReports;
import org.batchengine.ManualEngine;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.ItemState;
import org.batchengine.report.BatchReport;
import org.batchengine.report.BatchStatistics;
import org.batchengine.report.Distribution;
import org.batchengine.report.HistogramBar;
import org.batchengine.report.SlowItem;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.report.StatisticsStep;
import org.batchengine.report.TimelineStep;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Measured;
import org.batchengine.store.NewItem;
import org.batchengine.store.Settlement.Outcome;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What reports and statistics say of items and batches of which all is known. */
abstract class ReportContract extends SteeredContract {
  private static final int ITEMS = 1_000;

  private ManualEngine engine;

  ReportContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @BeforeEach
  void openEngine() {
    engine = BatchEngine.builder(under.another()).clock(clock).manual();
  }

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  private BatchReports reports() {
    return engine.reports();
  }

  private BatchReport report(long batch) {
    return reports().of(header(batch).id());
  }

  /** As {@link #outcome} says, a tenth of the items a second. */
  private long submitKnown() {
    List<NewItem> items =
        IntStream.range(0, ITEMS)
            .mapToObj(i -> new NewItem(i % 2 == 0 ? null : "key " + i, "input"))
            .toList();
    return submit(NewBatches.any().measures("usd,tokens").build(), items);
  }

  private void settle(long batch, TestSession session, int from, int to, List<ClaimedChunk> done) {
    SettlementDraft draft = SettlementDraft.of();
    for (int i = from; i < to; i++) {
      draft.outcome(outcome(batch, i));
      if (stateOf(i) == ItemState.FAILED) {
        draft.failure(batch, i, error(1 + i % 3, i % 100 == 7 ? "seven" : "fifty-seven " + i));
      }
    }
    done.forEach(draft::removed);
    session.settle(draft);
  }

  private static ItemState stateOf(int index) {
    return switch (index % 50) {
      case 7 -> ItemState.FAILED;
      case 9 -> ItemState.SKIPPED;
      default -> ItemState.SUCCEEDED;
    };
  }

  /**
   * Durations are 1 to 1,000 ms; one in ten has each quality, up to 1, but the first ten have none;
   * failed ones have one too.
   */
  private static Outcome outcome(long batch, int i) {
    Measured measured =
        Measured.of(
            BigDecimal.valueOf(i + 1L, 2), i < 3 ? null : BigDecimal.valueOf(i % 4), null, null);
    return new Outcome(
            batch, i, stateOf(i), 1 + i % 3, "out", (i + 1) * 1_000L, quality(i), null, false)
        .measured(new Measured.Attempt(Measured.NONE, measured));
  }

  private static @Nullable Double quality(int index) {
    return index < 10 ? null : index % 11 / 10.0;
  }

  private long endKnown() {
    long batch = submitKnown();
    TestSession session = session();
    List<ClaimedChunk> chunks = session.claim(ITEMS).chunks();
    store.claiming().markRunning(List.of(batch));
    for (int from = 0; from < ITEMS; from += ITEMS / 10) {
      boolean isLast = from == ITEMS - ITEMS / 10;
      settle(batch, session, from, from + ITEMS / 10, isLast ? chunks : List.of());
      pass(Duration.ofSeconds(1));
    }
    end(batch);
    return batch;
  }

  @Nested
  class OfABatch {

    @Test
    @DisplayName("REQ-M9 REQ-D7 a report says what became of the items, and how long they took")
    void saysWhatBecameOfItsItems() {
      Instant began = now();
      long batch = endKnown();
      BatchReport report = report(batch);

      assertThat(report.batch().toBuilder().asOf(now()).build()).isEqualTo(job(batch));
      assertThat(report.batch().state()).isEqualTo(BatchState.COMPLETED);
      assertThat(report.batch().counts().successRate()).isEqualTo(0.96);
      hasDurations(report.durationSeconds().orElseThrow());
      assertThat(report.attempts()).containsExactly(entry(1, 334L), entry(2, 333L), entry(3, 333L));
      hasErrors(report.errors());
      hasQualities(report.quality());
      hasMeasures(report);
      hasSlowest(report.slowest());
      hasTimeline(report, began);
    }

    private void hasDurations(Distribution found) {
      assertThat(found.items()).isEqualTo(ITEMS);
      assertThat(found.min()).isEqualTo(0.001);
      assertThat(found.max()).isEqualTo(1.0);
      assertThat(found.mean()).isCloseTo(0.5005, Offset.offset(1e-9));
      isNear(found.p50(), 0.5);
      isNear(found.p95(), 0.95);
      isNear(found.p99(), 0.99);
      assertThat(found.histogram())
          .extracting(HistogramBar::items)
          .containsExactly(1L, 3L, 5L, 10L, 30L, 50L, 100L, 300L, 500L, 1L);
      assertThat(found.histogram()).element(8).isEqualTo(new HistogramBar(0.5, 1, 500, 0.5));
    }

    private static void isNear(double found, double exact) {
      assertThat(found).isCloseTo(exact, Percentage.withPercentage(1));
    }

    /** 20 items failed: 10 in one way, 10 in another. */
    private static void hasErrors(List<ErrorGroup> found) {
      assertThat(found).extracting(ErrorGroup::count).containsExactly(10L, 10L);
      assertThat(found).extracting(ErrorGroup::share).containsOnly(0.5);
      assertThat(found).extracting(ErrorGroup::type).containsOnly("E_TEST");
    }

    /** Of each quality, without the failed items. */
    private static void hasQualities(List<HistogramBar> found) {
      long[] expected = new long[10];
      for (int i = 0; i < ITEMS; i++) {
        if (stateOf(i) != ItemState.FAILED && quality(i) != null) {
          expected[Math.min(i % 11, 9)]++;
        }
      }
      assertThat(found)
          .extracting(HistogramBar::items)
          .containsExactly(Arrays.stream(expected).boxed().toArray(Long[]::new));
      assertThat(found).first().extracting("from", "to").containsExactly(0.0, 0.1);
      assertThat(found).last().extracting("from", "to").containsExactly(0.9, 1.0);
      assertThat(found.get(3).share()).isEqualTo((double) expected[3] / ITEMS);
    }

    private static void hasMeasures(BatchReport report) {
      Map<String, Distribution> found = report.measures();
      assertThat(found.keySet()).containsExactly("usd", "tokens");
      assertThat(report.batch().measures().get("usd").sum()).isEqualByComparingTo("5005");
      isNear(found.get("usd").p50(), 5);
      isNear(found.get("usd").p95(), 9.5);
      assertThat(found.get("usd").mean()).isCloseTo(5.005, Offset.offset(1e-9));
      Distribution tokens = found.get("tokens");
      assertThat(tokens.items()).isEqualTo(ITEMS - 3);
      assertThat(tokens.min()).isZero();
      assertThat(tokens.max()).isEqualTo(3);
      assertThat(tokens.histogram())
          .filteredOn(bar -> bar.items() > 0)
          .extracting(HistogramBar::from, HistogramBar::items)
          .containsExactly(tuple(0.0, 249L), tuple(1.0, 249L), tuple(2.0, 249L), tuple(2.5, 250L));
      assertThat(report.toMap())
          .containsEntry("measure_usd_sum", new BigDecimal("5005"))
          .containsEntry("measure_usd_p95", found.get("usd").p95())
          .containsKeys("duration_p99_seconds", "quality_histogram", "timeline", "errors");
    }

    private static void hasSlowest(List<SlowItem> found) {
      assertThat(found)
          .containsExactlyElementsOf(
              IntStream.iterate(ITEMS - 1, i -> i - 1)
                  .limit(20)
                  .mapToObj(
                      i ->
                          new SlowItem(
                              i,
                              i % 2 == 0 ? Optional.empty() : Optional.of("key " + i),
                              Duration.ofMillis(i + 1L)))
                  .toList());
    }

    private static void hasTimeline(BatchReport report, Instant began) {
      assertThat(report.timeline().orElseThrow().step()).isEqualTo(Duration.ofMillis(100));
      List<TimelineStep> steps = report.timeline().orElseThrow().steps();
      assertThat(steps).hasSize(91);
      assertThat(steps)
          .filteredOn(step -> step.settled() > 0)
          .containsExactlyElementsOf(
              IntStream.range(0, 10)
                  .mapToObj(i -> new TimelineStep(began.plusSeconds(i), 96, 2, 2, 0))
                  .toList());
    }

    @Test
    @DisplayName(
        "REQ-M9 a report is live while the batch runs, and is kept of its end, until delete")
    void isLiveAndThenOfTheEnd() {
      long batch = submitKnown();
      TestSession session = session();
      List<ClaimedChunk> chunks = session.claim(ITEMS).chunks();
      store.claiming().markRunning(List.of(batch));
      settle(batch, session, 0, 100, List.of());

      BatchReport live = report(batch);
      assertThat(live.durationSeconds().orElseThrow().items()).isEqualTo(100);
      assertThat(live.batch().counts().unfinished()).isEqualTo(900);
      settle(batch, session, 100, ITEMS, chunks);
      assertThat(report(batch)).isSameAs(live);
      pass(Duration.ofSeconds(5));
      assertThat(report(batch).durationSeconds().orElseThrow().items()).isEqualTo(ITEMS);
      assertThat(store.reports().report(header(batch).id(), 1)).isEmpty();
      end(batch);
      long rows = under.rows(batch);

      BatchReport ended = report(batch);
      assertThat(ended.batch().state()).isEqualTo(BatchState.COMPLETED);
      assertThat(store.reports().report(header(batch).id(), 1)).isPresent();
      assertThat(report(batch)).usingRecursiveComparison().ignoringFields("batch").isEqualTo(ended);
      BatchHeader header = header(batch);
      store.steering().hide(header.id(), null, NewBatches.by("admin"));
      assertThat(store.reports().report(header.id(), 1)).isEmpty();
      while (store.sweeping().removeHidden(10_000)) {}
      assertThat(rows).isPositive();
      assertThat(under.rows(batch)).isZero();
    }

    @Test
    void isOfEachRunByItself() {
      long batch = ended(3, 1);
      report(batch);
      retryFailed(batch);
      TestSession session = session();
      session.finish(session.claim(3));
      end(batch);

      assertThat(report(batch).batch().run()).isEqualTo(2);
      assertThat(report(batch).attempts()).containsExactly(entry(1, 2L), entry(2, 1L));
      assertThat(report(batch).errors()).isEmpty();
      assertThat(store.reports().report(header(batch).id(), 1)).isPresent();
      assertThat(store.reports().report(header(batch).id(), 2)).isPresent();
    }

    @Test
    @DisplayName("REQ-M9 a report is kept of the run that it is of, once that has ended, and once")
    void isKeptOfItsRunAlone() {
      long batch = ended(3, 1);
      BatchHeader header = header(batch);

      assertThat(store.reports().keepReport(header, 2, "of no run")).isFalse();
      retryFailed(batch);
      assertThat(store.reports().keepReport(header, 1, "late")).isFalse();
      assertThat(store.reports().keepReport(header, 2, "early")).isFalse();
      TestSession session = session();
      session.finish(session.claim(3));
      end(batch);
      assertThat(store.reports().keepReport(header, 1, "late")).isFalse();
      assertThat(store.reports().keepReport(header, 2, "first")).isTrue();
      assertThat(store.reports().keepReport(header, 2, "second")).isFalse();
      assertThat(store.reports().report(header.id(), 2)).contains("first");
      assertThat(store.reports().report(header.id(), 1)).isEmpty();
      store.steering().hide(header.id(), null, NewBatches.by("admin"));
      assertThat(store.reports().keepReport(header, 2, "too late")).isFalse();
    }

    @Test
    @DisplayName("REQ-M9 a report that another version wrote is made again")
    void isMadeAgainIfItCannotBeRead() {
      long batch = ended(3, 1);
      store.reports().keepReport(header(batch), 1, "2\nnobody knows");

      assertThat(report(batch).attempts()).containsExactly(entry(1, 3L));
    }

    @Test
    void needsNoPayloads() {
      long batch = endKnown();
      pass(Duration.ofSeconds(1));
      store.sweeping().purgePayloads(Duration.ZERO, null, NewBatches.by("node"), ITEMS);
      BatchReport report = report(batch);

      hasDurations(report.durationSeconds().orElseThrow());
      hasSlowest(report.slowest());
      assertThat(report.batch().counts().succeeded()).isEqualTo(960);
    }

    @Test
    void hasItemsThatNobodySawEnd() {
      long batch = suspects(2);
      store.steering().cancel(steering(batch), CancelMode.GRACEFUL);
      store.sweeping().cancelUnowned(batch, 10);
      end(batch);
      BatchReport report = report(batch);

      assertThat(report.durationSeconds()).isEmpty();
      assertThat(report.slowest()).isEmpty();
      assertThat(report.attempts()).containsExactly(entry(0, 2L));
      assertThat(report.timeline().orElseThrow().steps())
          .extracting(TimelineStep::cancelled)
          .containsExactly(2L);
    }
  }

  @Nested
  class OfBatches {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final ZoneId KATHMANDU = ZoneId.of("Asia/Kathmandu");

    private long submitted() {
      return submit(NewBatches.any().type("import").build(), NewBatches.items(1));
    }

    private BatchStatistics statistics(StatisticsQuery query) {
      return reports().statistics(query);
    }

    @Test
    @DisplayName("REQ-M11 batches are counted by state and by type, with the completion rate")
    void areCounted() {
      ended(NewBatches.any().tenant("acme").submittedBy("bob").build(), 1);
      long hidden = ended(1);
      store.steering().hide(header(hidden).id(), null, NewBatches.by("admin"));
      submitted();
      List<BatchState> states = new ArrayList<>(List.of(BatchState.values()));
      Collections.reverse(states); // what is left unowned comes last
      states.forEach(state -> inState(state));

      BatchStatistics all = statistics(StatisticsQuery.all());
      assertThat(all.total()).isEqualTo(10);
      assertThat(all.byState())
          .containsEntry(BatchState.COMPLETED, 2L)
          .containsEntry(BatchState.PENDING, 2L)
          .containsEntry(BatchState.SUBMITTING, 1L)
          .containsEntry(BatchState.FAILED, 1L);
      assertThat(all.byType()).containsExactly(entry("annotate", 9L), entry("import", 1L));
      assertThat(all.completionRate()).isEqualTo(0.2);
      assertThat(all.series()).isEmpty();
      assertThat(statistics(StatisticsQuery.all().type("import")).total()).isOne();
      assertThat(statistics(StatisticsQuery.all().submittedBy("bob")).total()).isOne();
      assertThat(statistics(StatisticsQuery.all().tenant("acme")).completionRate()).isOne();
      assertThat(engine.forTenant("acme").reports().statistics(StatisticsQuery.all()).total())
          .isOne();
      assertThat(statistics(StatisticsQuery.all().tenant("nobody")).completionRate()).isZero();
    }

    @Test
    @DisplayName("REQ-M11 a series has a step for each hour or day of a time zone")
    void areInAnHourOrDayOfAZone() {
      clock.advance(Duration.between(now(), Instant.parse("2026-12-31T22:44:00Z")));
      submitted();
      pass(Duration.ofMinutes(16));
      submitted(); // in Berlin it is midnight
      ended(1);
      pass(Duration.ofMinutes(30));
      submitted();

      assertThat(statistics(StatisticsQuery.all().perDay(BERLIN)).series())
          .extracting(StatisticsStep::from, StatisticsStep::total)
          .containsExactly(
              tuple(Instant.parse("2026-12-30T23:00:00Z"), 1L),
              tuple(Instant.parse("2026-12-31T23:00:00Z"), 3L));
      assertThat(statistics(StatisticsQuery.all().perHour(KATHMANDU)).series())
          .extracting(StatisticsStep::from, StatisticsStep::total)
          .containsExactly(
              tuple(Instant.parse("2026-12-31T22:15:00Z"), 3L),
              tuple(Instant.parse("2026-12-31T23:15:00Z"), 1L));
      StatisticsQuery late =
          StatisticsQuery.all()
              .createdAfter(Instant.parse("2026-12-31T23:00:00Z"))
              .createdBefore(now())
              .perDay(BERLIN);
      assertThat(statistics(late).total()).isEqualTo(2);
      assertThat(statistics(late).series())
          .containsExactly(
              new StatisticsStep(
                  Instant.parse("2026-12-31T23:00:00Z"),
                  Map.of(BatchState.COMPLETED, 1L, BatchState.PENDING, 1L)));
      assertThat(statistics(late).filter())
          .containsEntry("per", "day")
          .containsEntry("zone", "Europe/Berlin");
    }

    @Test
    void areInTwoHoursOfTheSameNameWhenTheClocksGoBack() {
      clock.advance(Duration.between(now(), Instant.parse("2027-10-31T00:30:00Z")));
      submitted();
      pass(Duration.ofHours(1));
      submitted();

      assertThat(statistics(StatisticsQuery.all().perHour(BERLIN)).series())
          .extracting(StatisticsStep::from)
          .containsExactly(
              Instant.parse("2027-10-31T00:00:00Z"), Instant.parse("2027-10-31T01:00:00Z"));
      assertThat(statistics(StatisticsQuery.all().perDay(BERLIN)).series()).hasSize(1);
    }
  }
}
