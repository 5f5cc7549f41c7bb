package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.reflect.Modifier;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("REQ-U13 events of a batch")
class BatchEventTest {
  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final Instant T0 = Instant.parse("2026-11-21T10:00:00Z");

  private static BatchJob job(BatchState state) {
    return BatchJob.builder(ID, "annotate").state(state).build();
  }

  static List<BatchEvent> events() {
    return List.of(
        new BatchEvent.Submitted(job(BatchState.PENDING), T0),
        new BatchEvent.Started(job(BatchState.RUNNING), T0),
        new BatchEvent.Progressed(job(BatchState.RUNNING), T0),
        new BatchEvent.Paused(job(BatchState.PAUSED), T0),
        new BatchEvent.Resumed(job(BatchState.RUNNING), T0),
        new BatchEvent.Reopened(job(BatchState.RUNNING), T0, 3),
        new BatchEvent.ItemFailed(BatchItem.builder(ID, 1).build(), T0),
        new BatchEvent.Completed(job(BatchState.COMPLETED), T0),
        new BatchEvent.Failed(job(BatchState.FAILED), T0),
        new BatchEvent.Cancelled(job(BatchState.CANCELLED), T0));
  }

  @ParameterizedTest
  @MethodSource("events")
  void namesItsBatch(BatchEvent event) {
    assertThat(event.batchId()).isEqualTo(ID);
  }

  @ParameterizedTest
  @MethodSource("events")
  void saysWhenItHappened(BatchEvent event) {
    assertThat(event.at()).isEqualTo(T0);
  }

  @ParameterizedTest
  @MethodSource("events")
  void carriesTheBatchUnlessItIsOfAnItem(BatchEvent event) {
    boolean ofAnItem = event instanceof BatchEvent.ItemFailed;

    assertThat(event.getClass().getRecordComponents())
        .filteredOn(part -> part.getType() == BatchJob.class)
        .hasSize(ofAnItem ? 0 : 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void isReopenedForOneItemAtLeast(long items) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchEvent.Reopened(job(BatchState.RUNNING), T0, items))
        .withMessage("items " + items + " is out of range: at least 1");
  }

  @Test
  void endsInThreeWays() {
    assertThat(events())
        .filteredOn(BatchEvent.Ended.class::isInstance)
        .hasExactlyElementsOfTypes(
            BatchEvent.Completed.class, BatchEvent.Failed.class, BatchEvent.Cancelled.class);
  }

  @Test
  void endsAsTheStateSays() {
    assertThat(
            Stream.of(BatchState.COMPLETED, BatchState.FAILED, BatchState.CANCELLED)
                .map(state -> BatchEvent.Ended.of(job(state), T0)))
        .hasExactlyElementsOfTypes(
            BatchEvent.Completed.class, BatchEvent.Failed.class, BatchEvent.Cancelled.class);
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"COMPLETED", "FAILED", "CANCELLED"})
  void doesNotEndBefore(BatchState state) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchEvent.Ended.of(job(state), T0))
        .withMessageContaining(state.name());
  }

  @Test
  void leavesEverySwitchOfAHostOpenForNewKinds() {
    assertThat(BatchEvent.class.getPermittedSubclasses())
        .singleElement()
        .satisfies(type -> assertThat(Modifier.isPublic(type.getModifiers())).isFalse());
  }
}
