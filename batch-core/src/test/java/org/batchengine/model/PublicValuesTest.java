package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.model.EngineHealth.Activity;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How the values that hosts read look as JSON: printed by a mapper without any module. */
@DisplayName("REQ-U14 public values as JSON")
class PublicValuesTest {
  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final Instant T0 = Instant.parse("2026-11-21T10:00:00Z");
  private static final BatchJob JOB =
      BatchJob.builder(ID, "annotate").submittedBy("alice").name("November").build();
  private static final ItemError ERROR = ItemError.of(1, "E_TEST", "broken", T0);
  private static final BatchItem<String, String> ITEM =
      BatchItem.builder(ID, 3).key("k").error(ERROR).build();
  private static final Activity ACTIVITY =
      new Activity(Optional.of(T0), Optional.of(T0), Optional.of("refused"), 2);

  static Stream<Object> values() {
    return Stream.of(
        JOB,
        ITEM,
        ERROR,
        JOB.counts(),
        ACTIVITY,
        new ErrorGroup("f", "E_TEST", "broken", 3, 0.5, T0),
        new StateChange(ID, true, BatchState.RUNNING, BatchState.STOPPING, 0),
        new Submission(ID, true),
        new Violation("lines[2].amount", "is negative", "too_small"),
        EngineHealth.builder(T0).claims(ACTIVITY).build(),
        HistoryQuery.all().submittedBy("alice").createdAfter(T0),
        ItemQuery.all().errorType("E_TEST"),
        BatchPage.of(List.of(JOB), "next", HistoryQuery.all().nameContains("a").toMap()),
        new BatchEvent.Submitted(JOB, T0),
        new BatchEvent.Started(JOB, T0),
        new BatchEvent.Progressed(JOB, T0),
        new BatchEvent.Paused(JOB, T0),
        new BatchEvent.Resumed(JOB, T0),
        new BatchEvent.Reopened(JOB, T0, 3),
        new BatchEvent.ItemFailed(ITEM, T0),
        new BatchEvent.Completed(JOB, T0),
        new BatchEvent.Failed(JOB, T0),
        new BatchEvent.Cancelled(JOB, T0));
  }

  @ParameterizedTest
  @MethodSource("values")
  void haveKeysInSnakeCase(Object value) throws Exception {
    JsonNode json = new ObjectMapper().readTree(new ObjectMapper().writeValueAsString(value));

    assertThat(keys(json)).isNotEmpty().allMatch(key -> key.matches("[a-z]+(_[a-z]+)*"));
  }

  private static Set<String> keys(JsonNode json) {
    Set<String> keys = new TreeSet<>();
    json.fieldNames().forEachRemaining(keys::add);
    json.forEach(child -> keys.addAll(keys(child)));
    return keys;
  }

  @Test
  void areAllLookedAt() {
    Set<String> looked =
        values().map(value -> value.getClass().getName()).collect(Collectors.toSet());
    looked.add(BatchId.class.getName()); // a text

    assertThat(
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("org.batchengine.model")
                    .stream()
                    .filter(PublicValuesTest::isRead)
                    .map(JavaClass::getName))
        .isNotEmpty()
        .isSubsetOf(looked);
  }

  /** Records, and whatever says how it is printed. */
  private static boolean isRead(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && !type.isInterface()
        && (type.isRecord() || type.tryGetMethod("toMap").isPresent());
  }

  @Test
  void ofAnEventAreThoseOfItsBatchAndWhatHappened() {
    assertThat(new BatchEvent.Reopened(JOB, T0, 3).toMap())
        .containsAllEntriesOf(JOB.toMap())
        .containsAllEntriesOf(
            Map.of("event", "REOPENED", "at", "2026-11-21T10:00:00Z", "items", 3L));
  }
}
