package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.junit.jupiter.api.Test;

class ShownTest {

  private static double percent(BatchState state, long succeeded, long pending) {
    BatchCounts counts =
        BatchCounts.of(Map.of(ItemState.SUCCEEDED, succeeded, ItemState.PENDING, pending));
    return Shown.percent(
        BatchJob.builder(BatchId.of("00000000-0000-0000-0000-000000000001"), "annotate")
            .state(state)
            .counts(counts)
            .build());
  }

  @Test
  void progressIsRoundedDownAndComesToAHundredAtTheEndOnly() {
    assertThat(percent(BatchState.RUNNING, 2, 1)).isEqualTo(66.6);
    assertThat(percent(BatchState.RUNNING, 29, 71)).isEqualTo(29);
    assertThat(percent(BatchState.RUNNING, 99_999, 1)).isEqualTo(99.9);
    assertThat(percent(BatchState.RUNNING, 3, 0)).isEqualTo(99.9);
    assertThat(percent(BatchState.COMPLETED, 3, 0)).isEqualTo(100);
    assertThat(percent(BatchState.PENDING, 0, 0)).isZero();
    assertThat(percent(BatchState.COMPLETED, 0, 0)).isEqualTo(100);
  }

  @Test
  void objectsAndArraysAreJsonAndAnythingElseIsText() {
    assertThat(Shown.json("{\"a\":1}")).hasToString("{\"a\":1}");
    assertThat(Shown.json(" [1]")).hasToString("[1]");
    assertThat(Shown.json("{broken")).isEqualTo("{broken");
    assertThat(Shown.json("12")).isEqualTo("12");
    assertThat(Shown.json("{\"a\":12345678901234567890.12345678901234567890}"))
        .hasToString("{\"a\":12345678901234567890.12345678901234567890}");
  }
}
