package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BatchStateTest {

  @Nested
  @DisplayName("REQ-U1 which state may follow which")
  class Transitions {

    @ParameterizedTest
    @CsvSource({
      "SUBMITTING, PENDING COMPLETED",
      "PENDING,    RUNNING PAUSED STOPPING COMPLETED FAILED",
      "RUNNING,    PAUSED STOPPING COMPLETED FAILED",
      "PAUSED,     PENDING RUNNING STOPPING COMPLETED FAILED",
      "STOPPING,   COMPLETED FAILED CANCELLED",
      "COMPLETED,  RUNNING",
      "FAILED,     RUNNING",
      "CANCELLED,  RUNNING"
    })
    void areTheseAndNoOthers(BatchState from, String allowed) {
      assertThat(successors(from)).isEqualTo(states(allowed));
    }

    @ParameterizedTest
    @EnumSource
    void neverLeadToTheStateItself(BatchState state) {
      assertThat(state.canBecome(state)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void neverLeadBackToSubmitting(BatchState state) {
      assertThat(state.canBecome(BatchState.SUBMITTING)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void areSeenFromTheOtherEndAlike(BatchState state) {
      Set<BatchState> before = EnumSet.noneOf(BatchState.class);
      Stream.of(BatchState.values()).filter(s -> s.canBecome(state)).forEach(before::add);
      assertThat(state.predecessors()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource
    void leadToAnEndFromEverywhere(BatchState state) {
      Set<BatchState> reached = EnumSet.of(state);
      while (reached.addAll(reached.stream().flatMap(s -> successors(s).stream()).toList())) {}
      assertThat(reached).contains(BatchState.COMPLETED, BatchState.FAILED, BatchState.CANCELLED);
    }

    private static Set<BatchState> successors(BatchState from) {
      Set<BatchState> successors = EnumSet.noneOf(BatchState.class);
      Stream.of(BatchState.values()).filter(from::canBecome).forEach(successors::add);
      return successors;
    }

    private static Set<BatchState> states(String names) {
      Set<BatchState> states = EnumSet.noneOf(BatchState.class);
      Arrays.stream(names.split(" ", -1)).map(BatchState::valueOf).forEach(states::add);
      return states;
    }
  }

  @Test
  @DisplayName("REQ-U1 a batch ends as completed, failed or cancelled")
  void endsInThreeStates() {
    assertThat(BatchState.values())
        .filteredOn(BatchState::isTerminal)
        .containsExactly(BatchState.COMPLETED, BatchState.FAILED, BatchState.CANCELLED);
  }

  @Nested
  @DisplayName("REQ-D1 other names of the states of a batch")
  class Parse {

    @ParameterizedTest
    @CsvSource({
      "creating, SUBMITTING",
      "uploading, SUBMITTING",
      "queued, PENDING",
      "created, PENDING",
      "new, PENDING",
      "waiting, PENDING",
      "scheduled, PENDING",
      "processing, RUNNING",
      "in_progress, RUNNING",
      "started, RUNNING",
      "active, RUNNING",
      "suspended, PAUSED",
      "on_hold, PAUSED",
      "cancelling, STOPPING",
      "canceling, STOPPING",
      "complete, COMPLETED",
      "done, COMPLETED",
      "finished, COMPLETED",
      "success, COMPLETED",
      "succeeded, COMPLETED",
      "successful, COMPLETED",
      "error, FAILED",
      "failure, FAILED",
      "canceled, CANCELLED",
      "aborted, CANCELLED",
      "stopped, CANCELLED"
    })
    void knowsTheDocumentedAliases(String alias, BatchState state) {
      assertThat(BatchState.parse(alias)).isEqualTo(state);
    }

    @ParameterizedTest
    @EnumSource
    void knowsEachNameInAnyCase(BatchState state) {
      assertThat(BatchState.parse(state.name().toLowerCase(Locale.ROOT))).isEqualTo(state);
    }

    @ParameterizedTest
    @CsvSource({"In-Progress", "IN PROGRESS", "'  in_progress '"})
    void readsHyphensAndBlanksAsUnderscores(String text) {
      assertThat(BatchState.parse(text)).isEqualTo(BatchState.RUNNING);
    }

    @Test
    void refusesOthersAndListsWhatIsKnown() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BatchState.parse("exploded"))
          .withMessageContaining("unknown batch state \"exploded\"")
          .withMessageContaining("running")
          .withMessageContaining("in_progress");
    }

    @Test
    void readsNamesAlikeInEveryLocale() {
      Locale before = Locale.getDefault();
      Locale.setDefault(Locale.forLanguageTag("tr")); // "I" becomes a dotless i there
      try {
        assertThat(BatchState.parse("PENDING")).isEqualTo(BatchState.PENDING);
      } finally {
        Locale.setDefault(before);
      }
    }
  }
}
