package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("REQ-U4 counts of items by state")
class BatchCountsTest {
  private static final BatchCounts MIXED = new BatchCounts(36, 1, 2, 3, 4, 5, 6, 7, 8);

  @Test
  void countsSucceededFailedAndSkippedAsProcessed() {
    assertThat(MIXED.processed()).isEqualTo(5 + 6 + 7);
  }

  @Test
  void countsAllThatIsNotSettledAsUnfinished() {
    assertThat(MIXED.unfinished()).isEqualTo(1 + 2 + 3 + 4);
  }

  @Test
  @DisplayName("REQ-D7 rates of success and failure are of what is processed")
  void takesRatesOfWhatIsProcessed() {
    assertThat(MIXED.successRate()).isCloseTo(5 / 18.0, within(1e-12));
    assertThat(MIXED.failureRate()).isCloseTo(6 / 18.0, within(1e-12));
  }

  @Test
  void hasRatesOfZeroWhenNothingIsProcessed() {
    BatchCounts untouched = BatchCounts.of(Map.of(ItemState.PENDING, 10L));
    assertThat(untouched.successRate()).isZero();
    assertThat(untouched.failureRate()).isZero();
  }

  @Test
  @DisplayName("REQ-X1 an empty batch has rates of zero")
  void hasRatesOfZeroForAnEmptyBatch() {
    assertThat(BatchCounts.of(Map.of()).successRate()).isZero();
  }

  @Test
  void staysExactBeyondIntegers() {
    long many = 50_000_000_000L;
    BatchCounts counts = BatchCounts.of(Map.of(ItemState.SUCCEEDED, many, ItemState.PENDING, many));
    assertThat(counts.total()).isEqualTo(2 * many);
    assertThat(counts.successRate()).isEqualTo(1);
  }

  @Test
  void isMadeOfCountsByState() {
    assertThat(
            BatchCounts.of(
                Map.of(
                    ItemState.PENDING, 1L,
                    ItemState.RUNNING, 2L,
                    ItemState.RETRYING, 3L,
                    ItemState.DEFERRED, 4L,
                    ItemState.SUCCEEDED, 5L,
                    ItemState.FAILED, 6L,
                    ItemState.SKIPPED, 7L,
                    ItemState.CANCELLED, 8L)))
        .isEqualTo(MIXED);
  }

  @Test
  void refusesATotalThatIsTooGreat() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchCounts(2, 1, 0, 0, 0, 0, 0, 0, 0))
        .withMessageContaining("total=2")
        .withMessageContaining("[1, 0, 0, 0, 0, 0, 0, 0]");
  }

  @Test
  void refusesATotalThatIsTooSmall() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchCounts(1, 1, 0, 0, 0, 1, 0, 0, 0));
  }

  @Test
  void refusesANegativeCountThatAddsUp() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchCounts(0, -1, 1, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void refusesASumThatOverflows() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BatchCounts(-2, Long.MAX_VALUE, Long.MAX_VALUE, 0, 0, 0, 0, 0, 0));
  }
}
