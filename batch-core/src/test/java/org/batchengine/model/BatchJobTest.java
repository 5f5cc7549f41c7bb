package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class BatchJobTest {
  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final Instant T0 = Instant.parse("2026-11-21T10:00:00Z");

  private static BatchJob.Builder job() {
    return BatchJob.builder(ID, "annotate");
  }

  private static BatchJob full() {
    return job()
        .tenant("acme")
        .submittedBy("alice")
        .name("November")
        .description("all of it")
        .idempotencyKey("november")
        .priority(8)
        .metadata("{\"a\":1}")
        .timeout(Duration.ofMillis(1_500))
        .chunkSize(20)
        .run(2)
        .state(BatchState.RUNNING)
        .stateReason("resumed")
        .error("an earlier one")
        .counts(new BatchCounts(36, 1, 2, 3, 4, 5, 6, 7, 8))
        .itemTime(Duration.ofMinutes(9))
        .retries(3)
        .itemsPerSecond(4)
        .asOf(T0.plusSeconds(40))
        .createdAt(T0)
        .updatedAt(T0.plusSeconds(30))
        .startAt(T0.plusSeconds(5))
        .startedAt(T0.plusSeconds(10))
        .reopenedAt(T0.plusSeconds(20))
        .retriesDueAt(T0.plusSeconds(41))
        .endedAt(null)
        .deadlineAt(T0.plusSeconds(3_600))
        .build();
  }

  private static BatchCounts counts(long total, long succeeded) {
    return BatchCounts.of(
        Map.of(ItemState.SUCCEEDED, succeeded, ItemState.PENDING, total - succeeded));
  }

  @Nested
  @DisplayName("REQ-B1 progress")
  class Progress {

    @Test
    void isTheProcessedShare() {
      BatchJob job = job().state(BatchState.RUNNING).counts(counts(4, 1)).build();
      assertThat(job.progress()).isEqualTo(0.25);
    }

    @ParameterizedTest
    @EnumSource(
        mode = Mode.EXCLUDE,
        names = {"COMPLETED", "FAILED", "CANCELLED"})
    void staysBelowOneUntilTheEnd(BatchState state) {
      BatchJob job = job().state(state).counts(counts(4, 4)).build();
      assertThat(job.progress()).isGreaterThan(0.99).isLessThan(1);
    }

    @Test
    void isOneAtTheEnd() {
      BatchJob job = job().state(BatchState.COMPLETED).counts(counts(4, 4)).build();
      assertThat(job.progress()).isEqualTo(1);
    }

    @Test
    void staysWhereABatchWasCancelled() {
      BatchCounts half = BatchCounts.of(Map.of(ItemState.SUCCEEDED, 2L, ItemState.CANCELLED, 2L));
      BatchJob job = job().state(BatchState.CANCELLED).counts(half).build();
      assertThat(job.progress()).isEqualTo(0.5);
    }

    @Test
    void isOneForAnEmptyBatchThatHasEnded() {
      assertThat(job().state(BatchState.COMPLETED).build().progress()).isEqualTo(1);
    }

    @Test
    void isZeroForAnEmptyBatchBefore() {
      assertThat(job().state(BatchState.SUBMITTING).build().progress()).isZero();
    }
  }

  @Nested
  @DisplayName("REQ-D7 time to the end")
  class Eta {

    @Test
    void isWhatIsLeftAtTheRecentRate() {
      BatchJob job =
          job().state(BatchState.RUNNING).counts(counts(100, 60)).itemsPerSecond(8).build();
      assertThat(job.eta()).contains(Duration.ofSeconds(5));
    }

    @Test
    void isUnknownWhenNothingMoves() {
      BatchJob job = job().state(BatchState.RUNNING).counts(counts(100, 60)).build();
      assertThat(job.eta()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "RUNNING")
    void isUnknownUnlessItRuns(BatchState state) {
      BatchJob job = job().state(state).counts(counts(100, 60)).itemsPerSecond(8).build();
      assertThat(job.eta()).isEmpty();
    }

    @Test
    void isAtLeastUntilTheLastRetryIsDue() {
      BatchCounts counts = BatchCounts.of(Map.of(ItemState.PENDING, 1L, ItemState.RETRYING, 5L));
      BatchJob.Builder job =
          job().state(BatchState.RUNNING).counts(counts).itemsPerSecond(10).createdAt(T0);

      assertThat(job.retriesDueAt(T0.plusSeconds(1_800)).build().eta())
          .contains(Duration.ofMinutes(30));
      assertThat(job.retriesDueAt(T0.minusSeconds(9)).build().eta())
          .contains(Duration.ofMillis(600));
    }

    @Test
    void isUntilTheLastRetryIsDueWhenNothingElseIsLeft() {
      BatchCounts counts = BatchCounts.of(Map.of(ItemState.SUCCEEDED, 1L, ItemState.RETRYING, 5L));
      BatchJob.Builder job = job().state(BatchState.RUNNING).counts(counts).createdAt(T0);

      assertThat(job.retriesDueAt(T0.plusSeconds(1_800)).build().eta())
          .contains(Duration.ofMinutes(30));
      assertThat(job.retriesDueAt(T0.minusSeconds(9)).build().eta()).isEmpty();
    }

    @Test
    void isUnknownWhenNothingMovesAlthoughARetryIsDueLater() {
      BatchCounts counts = BatchCounts.of(Map.of(ItemState.PENDING, 1L, ItemState.RETRYING, 5L));

      assertThat(
              job()
                  .state(BatchState.RUNNING)
                  .counts(counts)
                  .createdAt(T0)
                  .retriesDueAt(T0.plusSeconds(60))
                  .build()
                  .eta())
          .isEmpty();
    }

    @Test
    void isUnknownWhenItIsBeyondAllSense() {
      BatchJob job =
          job()
              .state(BatchState.RUNNING)
              .counts(counts(100, 0))
              .itemsPerSecond(Double.MIN_VALUE)
              .build();
      assertThat(job.eta()).isEmpty();
    }
  }

  @Nested
  @DisplayName("REQ-D7 time from start to end")
  class WallTime {

    @Test
    void isZeroBeforeTheStart() {
      assertThat(job().createdAt(T0).build().wallTime()).isZero();
    }

    @Test
    void runsUntilTheReadingWhileTheBatchDoes() {
      BatchJob job = job().createdAt(T0).startedAt(T0).asOf(T0.plusSeconds(7)).build();
      assertThat(job.wallTime()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void standsStillAfterTheEnd() {
      BatchJob job = job().startedAt(T0).endedAt(T0.plusSeconds(3)).asOf(T0.plusSeconds(7)).build();
      assertThat(job.wallTime()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void isThatOfTheCurrentRun() {
      BatchJob job =
          job()
              .startedAt(T0)
              .reopenedAt(T0.plusSeconds(3_600))
              .endedAt(T0.plusSeconds(3_602))
              .run(2)
              .build();
      assertThat(job.wallTime()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void isNeverNegative() {
      BatchJob job = job().startedAt(T0).asOf(T0.minusSeconds(1)).build();
      assertThat(job.wallTime()).isZero();
    }
  }

  @Nested
  @DisplayName("REQ-M8 what items took")
  class ItemTime {
    private final BatchJob job =
        job()
            .counts(BatchCounts.of(Map.of(ItemState.SUCCEEDED, 3L, ItemState.CANCELLED, 5L)))
            .itemTime(Duration.ofSeconds(6))
            .startedAt(T0)
            .asOf(T0.plusSeconds(2))
            .measures(Map.of("quality", new Measure(new BigDecimal("1.5"), 2)))
            .build();

    @Test
    void isToldOfAnItemAndAsRates() {
      assertThat(job.meanItemTime()).contains(Duration.ofSeconds(2));
      assertThat(job.itemsPerMinute()).contains(90.0);
      assertThat(job.itemsPerMinuteOfOneLane()).contains(30.0);
      assertThat(job.meanQuality()).contains(0.75);
    }

    @Test
    void isUnknownBeforeTheFirstItem() {
      BatchJob before = job().startedAt(T0).asOf(T0.plusSeconds(2)).build();

      assertThat(before.itemTime()).isZero();
      assertThat(before.meanItemTime()).isEmpty();
      assertThat(before.itemsPerMinute()).isEmpty();
      assertThat(before.itemsPerMinuteOfOneLane()).isEmpty();
      assertThat(before.meanQuality()).isEmpty();
    }

    @Test
    void hasNoRateByTheClockOfALaterRun() {
      assertThat(job.toBuilder().run(2).build().itemsPerMinute()).isEmpty();
    }
  }

  @Nested
  class Defaults {
    private final BatchJob job = job().createdAt(T0).build();

    @Test
    @DisplayName("REQ-U3 a batch is of the default tenant if none is given")
    void putItIntoTheDefaultTenant() {
      assertThat(job.tenant()).isEqualTo("default");
    }

    @Test
    void giveItMiddlePriority() {
      assertThat(job.priority()).isEqualTo(5);
    }

    @Test
    void giveItNoMetadata() {
      assertThat(job.metadata()).isEqualTo("{}");
    }

    @Test
    void makeItWaitInItsFirstRun() {
      assertThat(job.state()).isEqualTo(BatchState.PENDING);
      assertThat(job.run()).isEqualTo(1);
    }

    @Test
    void takeItsCreationForAllThatHappened() {
      assertThat(job.updatedAt()).isEqualTo(T0);
      assertThat(job.asOf()).isEqualTo(T0);
    }

    @Test
    void leaveTheRestAbsent() {
      assertThat(job.submittedBy()).isEmpty();
      assertThat(job.name()).isEmpty();
      assertThat(job.description()).isEmpty();
      assertThat(job.idempotencyKey()).isEmpty();
      assertThat(job.stateReason()).isEmpty();
      assertThat(job.error()).isEmpty();
      assertThat(job.startAt()).isEmpty();
      assertThat(job.startedAt()).isEmpty();
      assertThat(job.endedAt()).isEmpty();
      assertThat(job.deadlineAt()).isEmpty();
    }
  }

  @Nested
  class Success {

    @Test
    void isACompletedBatchWithoutFailures() {
      assertThat(job().state(BatchState.COMPLETED).counts(counts(2, 2)).build().isSuccess())
          .isTrue();
    }

    @Test
    void isNotACompletedBatchWithFailures() {
      BatchCounts failed = BatchCounts.of(Map.of(ItemState.FAILED, 1L));
      BatchJob job = job().state(BatchState.COMPLETED).counts(failed).build();
      assertThat(job.isSuccess()).isFalse();
      assertThat(job.hasFailures()).isTrue();
    }

    @Test
    void isNotACancelledBatch() {
      assertThat(job().state(BatchState.CANCELLED).build().isSuccess()).isFalse();
    }
  }

  @Nested
  @DisplayName("REQ-U14 as a map")
  class AsMap {

    @Test
    void hasAllDocumentedKeysInOrder() {
      assertThat(full().toBuilder().endedAt(T0.plusSeconds(40)).build().toMap().keySet())
          .containsExactly(
              ("batch_id type tenant submitted_by name description idempotency_key priority"
                      + " metadata timeout_seconds chunk_size run state state_reason error total pending running retrying"
                      + " deferred succeeded failed skipped cancelled processed unfinished progress"
                      + " success_rate failure_rate items_per_second eta_seconds as_of created_at"
                      + " updated_at start_at started_at reopened_at retries_due_at ended_at"
                      + " deadline_at wall_time_seconds item_time_seconds mean_item_time_seconds"
                      + " retries items_per_minute_of_one_lane")
                  .split(" ", -1));
    }

    @Test
    void holdsOnlyTextAndNumbers() {
      assertThat(full().toMap().values()).hasOnlyElementsOfTypes(String.class, Number.class);
    }

    @Test
    void saysWhatTheBatchIs() {
      assertThat(full().toMap())
          .containsEntry("batch_id", ID.toString())
          .containsEntry("state", "RUNNING")
          .containsEntry("metadata", "{\"a\":1}")
          .containsEntry("timeout_seconds", 1.5)
          .containsEntry("chunk_size", 20)
          .containsEntry("total", 36L)
          .containsEntry("processed", 18L)
          .containsEntry("progress", 0.5)
          .containsEntry("eta_seconds", 2.5)
          .containsEntry("created_at", "2026-11-21T10:00:00Z")
          .containsEntry("wall_time_seconds", 20.0);
    }

    @Test
    void leavesOutWhatIsAbsent() {
      assertThat(job().build().toMap())
          .doesNotContainKeys(
              "name", "error", "eta_seconds", "ended_at", "timeout_seconds", "chunk_size");
    }

    @Test
    void cannotBeChanged() {
      assertThat(full().toMap()).isUnmodifiable();
    }

    @Test
    void isItsJson() throws Exception {
      JsonNode json = new ObjectMapper().valueToTree(full());
      assertThat(json.size()).isEqualTo(full().toMap().size());
      assertThat(json.get("tenant").asText()).isEqualTo("acme");
      assertThat(json.get("failed").isNumber()).isTrue();
    }
  }

  @Test
  @DisplayName("REQ-X7 every share is a ratio from 0 to 1, and none is in percent")
  void tellsSharesAsRatios() {
    BatchCounts counts =
        BatchCounts.of(
            Map.of(ItemState.SUCCEEDED, 3L, ItemState.FAILED, 1L, ItemState.PENDING, 4L));
    Map<String, Object> map = job().state(BatchState.RUNNING).counts(counts).build().toMap();

    assertThat(map)
        .containsEntry("progress", 0.5)
        .containsEntry("success_rate", 0.75)
        .containsEntry("failure_rate", 0.25);
    assertThat(map.keySet()).noneMatch(key -> key.contains("percent"));
  }

  @Nested
  class Equality {

    @Test
    void holdsForACopy() {
      assertThat(full().toBuilder().build()).isEqualTo(full()).hasSameHashCodeAs(full());
    }

    @Test
    void endsWithAnyDifference() {
      assertThat(full().toBuilder().name("December").build()).isNotEqualTo(full());
    }
  }

  @Test
  @Tag("FAULT-S7")
  void printsNeitherMetadataNorErrors() {
    assertThat(full().toBuilder().metadata("{\"secret\":1}").error("secret").build().toString())
        .contains(ID.toString(), "RUNNING", "18/36")
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 10})
  void refusesAPriorityOutsideOfItsRange(int priority) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job().priority(priority))
        .withMessage("priority " + priority + " is out of range: 0 to 9");
  }

  @Test
  void refusesARunBelowOne() {
    assertThatIllegalArgumentException().isThrownBy(() -> job().run(0)).withMessageContaining("0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesARateThatIsNone(double rate) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job().itemsPerSecond(rate))
        .withMessageContaining(String.valueOf(rate));
  }
}
