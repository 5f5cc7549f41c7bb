package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.BatchChange;
import org.batchengine.BatchRequest;
import org.batchengine.CorrectedInputs;
import org.batchengine.EngineMetrics;
import org.batchengine.ImportedItem;
import org.batchengine.ImportedItems;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualClock;
import org.batchengine.Registration;
import org.batchengine.Verdict;
import org.batchengine.WebhookProcessor;
import org.batchengine.codec.Jackson3Codecs;
import org.batchengine.codec.JacksonCodecs;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.micrometer.BatchEngineMetrics;
import org.batchengine.model.EngineHealth.Activity;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.BatchReport;
import org.batchengine.report.BatchStatistics;
import org.batchengine.report.ComparedBatch;
import org.batchengine.report.Distribution;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;
import org.batchengine.report.HistogramBar;
import org.batchengine.report.ItemDifference;
import org.batchengine.report.SlowItem;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.report.StatisticsStep;
import org.batchengine.report.Timeline;
import org.batchengine.report.TimelineStep;
import org.batchengine.schedule.BatchTemplate;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** How all values that hosts get look as JSON. */
@DisplayName("REQ-U14 public values as JSON")
class PublicValuesTest {
  /** What hosts see; {@code .store} is for authors of stores. */
  private static final Set<String> PACKAGES =
      Set.of(
          "org.batchengine",
          "org.batchengine.model",
          "org.batchengine.feed",
          "org.batchengine.codec",
          "org.batchengine.memory",
          "org.batchengine.micrometer",
          "org.batchengine.report",
          "org.batchengine.schedule");

  /** What is no value: it runs, holds host code or payloads, or makes or converts something. */
  private static final Set<Class<?>> NO_VALUES =
      Set.of(
          BatchIdGenerator.class,
          StoredText.class,
          BatchChange.class,
          BatchRequest.class,
          EngineMetrics.class,
          JobOptions.class,
          JobType.class,
          ManualClock.class,
          Registration.class,
          JacksonCodecs.class,
          Jackson3Codecs.class,
          InMemoryBatchStore.class,
          BatchEngineMetrics.class,
          WebhookProcessor.class,
          Verdict.class,
          CorrectedInputs.class,
          ImportedItem.class,
          ImportedItems.class,
          ExportFormat.Csv.class,
          ExportFormat.JsonLines.class,
          ExportFormat.Xlsx.class,
          ExportQuery.class);

  /** Of a host. */
  interface Printer {
    String print(Object value) throws Exception;
  }

  /**
   * Of both generations of Jackson: bare, or with a module that has a form of its own for all that
   * it knows.
   */
  private static final List<Printer> PRINTERS =
      List.of(
          new ObjectMapper()::writeValueAsString,
          new ObjectMapper().registerModule(new Opinionated())::writeValueAsString,
          new tools.jackson.databind.ObjectMapper()::writeValueAsString,
          JsonMapper.builder().addModule(new Opinionated3()).build()::writeValueAsString);

  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final Instant T0 = Instant.parse("2026-11-21T10:00:00Z");
  private static final BatchJob JOB =
      BatchJob.builder(ID, "annotate").submittedBy("alice").name("November").build();
  private static final ItemError ERROR = ItemError.of(1, "E_TEST", "broken", T0);
  private static final BatchItem<String, String> ITEM =
      BatchItem.builder(ID, 3).key("k").error(ERROR).build();
  private static final ComparedBatch COMPARED =
      new ComparedBatch(
          ID,
          1,
          2,
          Optional.of(Duration.ofMillis(5)),
          Optional.of(Duration.ofMillis(4)),
          Optional.of(Duration.ofMillis(9)),
          Optional.of(0.5));
  private static final Schedule SCHEDULE =
      Schedule.cron("it", "0 2 * * *", ZoneOffset.UTC).tenant("acme").template("t").from(T0);
  private static final FeedEvent FED =
      new FeedEvent(7, EventKind.PAUSED, ID, "acme", "work", 1, "alice", null, "lunch", null, T0);
  private static final Activity ACTIVITY =
      new Activity(Optional.of(T0), Optional.of(T0), Optional.of("refused"), 2);

  private static final HistogramBar BAR = new HistogramBar(0.5, 0.8, 3, 0.25);
  private static final Distribution SPREAD =
      new Distribution(3, 0.5, 0.6, 0.55, 0.7, 0.7, 0.7, List.of(BAR));
  private static final SlowItem SLOW = new SlowItem(7, Optional.of("k"), Duration.ofMillis(700));
  private static final Timeline TIMELINE =
      new Timeline(Duration.ofMillis(200), List.of(new TimelineStep(T0, 2, 1, 0, 0)));
  private static final StatisticsStep STEP =
      new StatisticsStep(T0, Map.of(BatchState.COMPLETED, 2L));

  static Stream<Object> values() {
    return Stream.of(
        JOB,
        ITEM,
        new InputVersion(2, "an input", Optional.of("alice"), T0),
        ERROR,
        JOB.counts(),
        ACTIVITY,
        new ErrorGroup("f", "E_TEST", "broken", 3, 0.5, T0),
        new StateChange(ID, true, BatchState.RUNNING, BatchState.STOPPING, 0),
        new Submission(ID, true),
        new Measure(new BigDecimal("0.3"), 2),
        new Reason("RETRY_AT", "2 items wait", 2, Optional.of(T0), Optional.of("n"), false),
        new BatchEnd(ID, 2, BatchState.FAILED),
        new PoolUse(10, 2, 3, 0),
        new EngineNode(7, "node-1", "4711", T0, 2, 80, List.of("annotate")),
        new Violation("lines[2].amount", "is negative", "too_small"),
        new InvalidItemsException.Item(
            7, "INV-7", List.of(new Violation("amount", "is negative", "SIGN"))),
        ID,
        RetryPolicy.none(),
        new Budget("usd", 50),
        FailedItems.keyed("k"),
        FailedItems.at(1, 2),
        EngineHealth.builder(T0).claims(ACTIVITY).build(),
        HistoryQuery.all().submittedBy("alice").createdAfter(T0),
        ItemQuery.all().errorType("E_TEST"),
        BatchPage.of(List.of(JOB), "next", HistoryQuery.all().nameContains("a").toMap()),
        BAR,
        SPREAD,
        SLOW,
        TIMELINE,
        TIMELINE.steps().get(0),
        new BatchReport(
            JOB,
            List.of(new ErrorGroup("f", "E_TEST", "broken", 3, 0.5, T0)),
            List.of(BAR),
            Optional.of(SPREAD),
            Map.of("usd", SPREAD),
            Map.of(1, 3L),
            List.of(SLOW),
            Optional.of(TIMELINE)),
        STEP,
        StatisticsQuery.all().type("annotate").perDay(ZoneOffset.UTC),
        new BatchStatistics(
            Map.of(BatchState.COMPLETED, 2L),
            Map.of("annotate", 2L),
            List.of(STEP),
            StatisticsQuery.all().perHour(ZoneOffset.UTC).toMap()),
        COMPARED,
        new BatchComparison(COMPARED, COMPARED, 1, 2, 3, 4, 5, 6, 7, 8),
        new ItemDifference(
            ItemDifference.Kind.ONLY_IN_A,
            Optional.of("k"),
            Optional.of(3),
            Optional.empty(),
            Optional.of(ItemState.FAILED),
            Optional.empty()),
        SCHEDULE,
        new ScheduleStatus(SCHEDULE, true, Optional.of(T0)),
        new Fire(
            "it", "acme", T0, FireState.DUE, 1, Optional.of(T0), Optional.of(ID), Optional.of("r")),
        FireQuery.all().state(FireState.FAILED).after("7"),
        new BatchTemplate(
            "it",
            "acme",
            "work",
            Optional.of("November"),
            Optional.of("d"),
            Optional.of("alice"),
            5,
            "{}",
            2,
            T0),
        FED,
        new FeedPage(List.of(FED), 6, 7, false),
        AuditQuery.all().actor("alice").kind(EventKind.PAUSED).oldestFirst(),
        new BatchEvent.Submitted(JOB, T0),
        new BatchEvent.Started(JOB, T0),
        new BatchEvent.Progressed(JOB, T0),
        new BatchEvent.Paused(JOB, T0),
        new BatchEvent.Resumed(JOB, T0),
        new BatchEvent.Reopened(JOB, T0, 3),
        new BatchEvent.ItemFailed(ITEM, T0),
        new BatchEvent.Deleted(JOB.id(), T0),
        new BatchEvent.Completed(JOB, T0),
        new BatchEvent.Failed(JOB, T0),
        new BatchEvent.Cancelled(JOB, T0));
  }

  @ParameterizedTest
  @MethodSource("values")
  void areTextsOrMapsForEachLibrary(Object value) throws Exception {
    Set<String> texts = new HashSet<>();
    for (Printer printer : PRINTERS) {
      texts.add(printer.print(value));
    }
    assertThat(texts).hasSize(1);

    JsonNode json = new ObjectMapper().readTree(texts.iterator().next());
    assertThat(json.isTextual() || json.isObject()).isTrue();
    assertThat(keys(json)).allMatch(key -> key.matches("[a-z][a-z0-9]*(_[a-z0-9]+)*"));
    if (json.isObject()) {
      Object map = value.getClass().getMethod("toMap").invoke(value);
      assertThat(texts).containsExactly(new ObjectMapper().writeValueAsString(map));
      assertThat(json.properties()).isNotEmpty();
    }
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
        Stream.concat(values().map(Object::getClass), NO_VALUES.stream())
            .map(Class::getName)
            .collect(Collectors.toSet());

    assertThat(
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("org.batchengine")
                    .stream()
                    .filter(PublicValuesTest::mayBeValue)
                    .map(JavaClass::getName))
        .isNotEmpty()
        .isSubsetOf(looked);
  }

  /** Jackson 2 takes their names, and Jackson 3 what they say of themselves. */
  @Test
  void ofEnumsAreTheirNames() throws Exception {
    List<Class<?>> enums =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.batchengine")
                .stream()
                .filter(type -> PACKAGES.contains(type.getPackageName()))
                .filter(type -> type.isEnum() && isPublic(type))
                .<Class<?>>map(JavaClass::reflect)
                .toList();

    assertThat(enums).contains(BatchState.class, EventKind.class);
    for (Class<?> type : enums) {
      for (Object constant : type.getEnumConstants()) {
        for (Printer printer : PRINTERS) {
          assertThat(printer.print(constant)).isEqualTo('"' + ((Enum<?>) constant).name() + '"');
        }
      }
    }
  }

  /** What stands in a host's own values is read with either generation too. */
  @Test
  void thatCanBeReadAreReadAlike() throws Exception {
    for (Object value : List.of(ID, RetryPolicy.none())) {
      String text = new ObjectMapper().writeValueAsString(value);
      assertThat(new ObjectMapper().readValue(text, value.getClass())).isEqualTo(value);
      assertThat((Object) JsonMapper.shared().readValue(text, value.getClass())).isEqualTo(value);
    }
  }

  private static boolean mayBeValue(JavaClass type) {
    return PACKAGES.contains(type.getPackageName())
        && isPublic(type)
        && !type.getModifiers().contains(JavaModifier.ABSTRACT)
        && !type.isEnum()
        && !type.isAssignableTo(Throwable.class)
        && !type.getSimpleName().equals("Builder");
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(PublicValuesTest::isPublic).orElse(true);
  }

  @Test
  void ofAnEventAreThoseOfItsBatchAndWhatHappened() {
    assertThat(new BatchEvent.Reopened(JOB, T0, 3).toMap())
        .containsAllEntriesOf(JOB.toMap())
        .containsAllEntriesOf(
            Map.of("event", "REOPENED", "at", "2026-11-21T10:00:00Z", "items", 3L));
  }

  /** Stands in for the modules for times and optional values. */
  private static final class Opinionated extends SimpleModule {
    private static final long serialVersionUID = 1L;

    Opinionated() {
      for (Class<?> type :
          List.of(Instant.class, Duration.class, Optional.class, UUID.class, Enum.class)) {
        addSerializer(type, new ToStringSerializer(type));
      }
    }
  }

  /** The same for Jackson 3, which has forms of its own for these. */
  private static final class Opinionated3 extends tools.jackson.databind.module.SimpleModule {
    private static final long serialVersionUID = 1L;

    Opinionated3() {
      for (Class<?> type :
          List.of(Instant.class, Duration.class, Optional.class, UUID.class, Enum.class)) {
        addSerializer(type, new tools.jackson.databind.ser.std.ToStringSerializer(type));
      }
    }
  }
}
