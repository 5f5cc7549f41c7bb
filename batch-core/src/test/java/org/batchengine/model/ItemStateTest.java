package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ItemStateTest {

  @Test
  void isSettledInFourStates() {
    assertThat(ItemState.values())
        .filteredOn(ItemState::isTerminal)
        .containsExactly(
            ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SKIPPED, ItemState.CANCELLED);
  }

  @ParameterizedTest
  @CsvSource({
    "queued, PENDING",
    "created, PENDING",
    "new, PENDING",
    "waiting, PENDING",
    "processing, RUNNING",
    "in_progress, RUNNING",
    "started, RUNNING",
    "active, RUNNING",
    "retry, RETRYING",
    "retry_pending, RETRYING",
    "external, DEFERRED",
    "awaiting, DEFERRED",
    "success, SUCCEEDED",
    "successful, SUCCEEDED",
    "completed, SUCCEEDED",
    "complete, SUCCEEDED",
    "done, SUCCEEDED",
    "processed, SUCCEEDED",
    "finished, SUCCEEDED",
    "error, FAILED",
    "failure, FAILED",
    "permanently_failed, FAILED",
    "skip, SKIPPED",
    "filtered, SKIPPED",
    "ignored, SKIPPED",
    "canceled, CANCELLED",
    "aborted, CANCELLED",
    "stopped, CANCELLED"
  })
  @DisplayName("REQ-D1 other names of the states of an item")
  void knowsTheDocumentedAliases(String alias, ItemState state) {
    assertThat(ItemState.parse(alias)).isEqualTo(state);
  }

  @ParameterizedTest
  @EnumSource
  void knowsEachNameInAnyCase(ItemState state) {
    assertThat(ItemState.parse(state.name().toLowerCase(Locale.ROOT))).isEqualTo(state);
  }

  @Test
  void refusesOthersAndListsWhatIsKnown() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ItemState.parse("lost"))
        .withMessageContaining("unknown item state \"lost\"")
        .withMessageContaining("succeeded, success");
  }
}
