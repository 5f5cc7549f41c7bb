package org.batchengine;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Timer;
import java.util.stream.Stream;
import org.batchengine.memory.InMemoryBatchStore;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;

/** The rules of the house that a compiler does not know. */
class ArchitectureTest {
  private static final String FRONT = "org.batchengine";
  private static final String STORE = "org.batchengine.store";
  private static final String RULES = "org.batchengine.store.rules";
  private static final String MEMORY = "org.batchengine.memory";
  private static final String CODEC = "org.batchengine.codec";
  private static final String MODEL = "org.batchengine.model";
  private static final String REPORT = "org.batchengine.report";
  private static final String FEED = "org.batchengine.feed";
  private static final String SCHEDULE = "org.batchengine.schedule";
  private static final String LIMIT = "org.batchengine.limit";
  private static final String MICROMETER = "org.batchengine.micrometer";
  private static final String ENGINE = "org.batchengine.engine.";

  /** Every package, and the packages that it may know. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          entry(MODEL, Set.of(LIMIT)),
          entry(CODEC, Set.of(MODEL)),
          entry(REPORT, Set.of(MODEL)),
          entry(FEED, Set.of(MODEL)),
          entry(SCHEDULE, Set.of(MODEL)),
          entry(LIMIT, Set.of()),
          entry(STORE, Set.of(MODEL, REPORT, FEED, SCHEDULE, LIMIT)),
          entry(RULES, Set.of(STORE, MODEL, FEED, LIMIT)),
          entry(MEMORY, Set.of(STORE, RULES, MODEL, REPORT, FEED, SCHEDULE, LIMIT)),
          entry(ENGINE + "loop", Set.of(MODEL)),
          entry(ENGINE + "session", Set.of(STORE, ENGINE + "loop")),
          entry(ENGINE + "limit", Set.of(LIMIT, STORE, ENGINE + "loop")),
          entry(
              ENGINE + "lease",
              Set.of(MODEL, CODEC, STORE, RULES, ENGINE + "loop", ENGINE + "session")),
          entry(ENGINE + "verdict", Set.of(MODEL, STORE, RULES, ENGINE + "loop", ENGINE + "lease")),
          entry(
              ENGINE + "settle",
              Set.of(
                  MODEL,
                  STORE,
                  ENGINE + "loop",
                  ENGINE + "session",
                  ENGINE + "lease",
                  ENGINE + "verdict")),
          entry(
              ENGINE + "run",
              Set.of(
                  LIMIT,
                  STORE,
                  ENGINE + "limit",
                  ENGINE + "loop",
                  ENGINE + "session",
                  ENGINE + "lease",
                  ENGINE + "verdict",
                  ENGINE + "settle")),
          entry(
              ENGINE + "claim",
              Set.of(
                  CODEC,
                  LIMIT,
                  STORE,
                  ENGINE + "limit",
                  ENGINE + "loop",
                  ENGINE + "session",
                  ENGINE + "lease",
                  ENGINE + "verdict",
                  ENGINE + "settle",
                  ENGINE + "run")),
          entry(
              ENGINE + "mend",
              Set.of(
                  MODEL,
                  FEED,
                  STORE,
                  RULES,
                  ENGINE + "limit",
                  ENGINE + "loop",
                  ENGINE + "session",
                  ENGINE + "lease",
                  ENGINE + "settle",
                  ENGINE + "run")),
          entry(
              ENGINE + "schedule",
              Set.of(MODEL, SCHEDULE, STORE, ENGINE + "loop", ENGINE + "session")),
          entry(ENGINE + "report", Set.of(MODEL, REPORT, STORE)),
          entry(ENGINE + "feed", Set.of(MODEL, FEED, STORE, ENGINE + "loop")),
          entry(
              FRONT,
              Set.of(
                  MODEL,
                  CODEC,
                  REPORT,
                  FEED,
                  SCHEDULE,
                  LIMIT,
                  STORE,
                  RULES,
                  ENGINE + "limit",
                  ENGINE + "loop",
                  ENGINE + "session",
                  ENGINE + "lease",
                  ENGINE + "verdict",
                  ENGINE + "settle",
                  ENGINE + "run",
                  ENGINE + "claim",
                  ENGINE + "mend",
                  ENGINE + "report",
                  ENGINE + "feed",
                  ENGINE + "schedule")),
          entry(MICROMETER, Set.of(FRONT, MODEL, LIMIT)));

  private static final JavaClasses CORE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(FRONT);

  private static List<String> packages() {
    return ARROWS.keySet().stream().sorted().toList();
  }

  private static boolean isSeen(JavaMember member) {
    return member.getModifiers().contains(JavaModifier.PUBLIC)
        || member.getModifiers().contains(JavaModifier.PROTECTED);
  }

  private static ArchCondition<JavaMethod> nameTypesOf(String packages) {
    return new ArchCondition<>("name types of " + packages) {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        Stream.concat(
                Stream.of(method.getReturnType()),
                Stream.concat(
                    method.getParameterTypes().stream(), method.getExceptionTypes().stream()))
            .flatMap(type -> type.getAllInvolvedRawTypes().stream())
            .filter(resideInAPackage(packages))
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.satisfied(
                            method, method.getFullName() + " names " + type.getName())));
      }
    };
  }

  private static void holds(ArchRule rule) {
    rule.check(CORE);
  }

  @Nested
  class Packages {

    @Test
    void areThese() {
      assertThat(CORE.stream().map(JavaClass::getPackageName).distinct())
          .containsExactlyInAnyOrderElementsOf(ARROWS.keySet());
    }

    @ParameterizedTest
    @MethodSource("org.batchengine.ArchitectureTest#packages")
    void knowOnlyThoseBelow(String itself) {
      holds(onlyKnows(itself, ARROWS.get(itself).toArray(String[]::new)));
    }

    @Test
    void haveNoCircle() {
      holds(slices().matching("(org.batchengine..)").should().beFreeOfCycles());
    }

    /** Signatures that hosts see name no type of a package that hosts cannot see. */
    @Test
    void thatAreExportedNameNoTypeOfTheEngine() {
      holds(
          noMethods()
              .that()
              .areDeclaredInClassesThat(
                  not(resideInAPackage("org.batchengine.engine.."))
                      .and(describe("hosts see", Types::isVisible)))
              .and(describe("are public or protected", ArchitectureTest::isSeen))
              .should(nameTypesOf("org.batchengine.engine..")));
    }

    @Test
    void haveNoNameThatSaysNothing() {
      holds(
          noClasses()
              .should()
              .resideInAnyPackage(
                  "..util..", "..common..", "..impl..", "..helper..", "..internal.."));
    }

    private static ArchRule onlyKnows(String itself, String... others) {
      return noClasses()
          .that(resideInAPackage(itself))
          .should()
          .dependOnClassesThat(
              resideInAPackage("org.batchengine..")
                  .and(not(resideInAPackage(itself)))
                  .and(not(resideInAnyPackage(others))));
    }
  }

  @Nested
  class Types {

    @Test
    void thatHostsCallAreTheseAlone() {
      assertThat(
              CORE.stream()
                  .filter(type -> type.getPackageName().equals(FRONT))
                  .filter(Types::isVisible)
                  .map(type -> type.getName().substring(FRONT.length() + 1)))
          .containsExactlyInAnyOrder(
              "BatchAudit",
              "BatchChange",
              "BatchEngine",
              "BatchEngine$Builder",
              "BatchFeed",
              "BatchLimits",
              "BatchFeed$Subscription",
              "BatchListener",
              "BatchProcessor",
              "BatchReports",
              "BatchSchedules",
              "BatchTemplates",
              "BatchRequest",
              "Batches",
              "CallInterceptor",
              "CallInterceptor$Invocation",
              "BulkTransactionalProcessor",
              "Chunk",
              "ChunkItem",
              "CorrectedInputs",
              "EngineMetrics",
              "EngineMetrics$Recorder",
              "FeedReader",
              "FoundItemProcessor",
              "HoldScope",
              "ImportedItem",
              "ImportedItems",
              "ItemAction",
              "ItemContext",
              "ItemFunction",
              "ItemProcessor",
              "JobOptions",
              "JobType",
              "ManualClock",
              "ManualEngine",
              "Registration",
              "ScheduledRequest",
              "TransactionalProcessor",
              "Verdict",
              "WebhookProcessor");
    }

    /** What is nested in an interface is public by itself, which says nothing. */
    static boolean isVisible(JavaClass type) {
      return type.getModifiers().contains(JavaModifier.PUBLIC)
          && type.getEnclosingClass().map(Types::isVisible).orElse(true);
    }

    @Test
    void haveNoNameThatSaysNothing() {
      holds(noClasses().should().haveNameMatching(".*(Impl|Manager|Helper|Utils?|Info)(\\$.*)?"));
    }

    @Test
    void ofTheStoreInMemoryAreHiddenButForItself() {
      holds(
          classes()
              .that(resideInAPackage(MEMORY))
              .and(
                  not(
                      describe(
                          "are the store", type -> type.isEquivalentTo(InMemoryBatchStore.class))))
              .should()
              .notBePublic());
    }
  }

  @Nested
  class Uses {

    @Test
    void areNotOfSql() {
      holds(
          noClasses()
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage("java.sql..", "javax.sql.."));
    }

    @Test
    void ofJacksonAreWithTheCodecs() {
      holds(
          noClasses()
              .that(not(resideInAPackage(CODEC)))
              .should()
              .dependOnClassesThat(
                  resideInAnyPackage("com.fasterxml.jackson..", "tools.jackson..")
                      .and(not(resideInAPackage("com.fasterxml.jackson.annotation")))));
      holds(
          noClasses()
              .that(not(resideInAnyPackage(CODEC, MODEL, REPORT, FEED, SCHEDULE, LIMIT)))
              .should()
              .dependOnClassesThat(resideInAPackage("com.fasterxml.jackson..")));
    }

    @Test
    void ofMicrometerAreInItsPackage() {
      holds(
          noClasses()
              .that(not(resideInAPackage(MICROMETER)))
              .should()
              .dependOnClassesThat(resideInAPackage("io.micrometer..")));
    }

    @Test
    void ofFastexcelAreInItsWriter() {
      holds(
          noClasses()
              .that()
              .haveSimpleNameNotEndingWith("ExcelWriter")
              .should()
              .dependOnClassesThat(resideInAPackage("org.dhatim..")));
    }

    @Test
    void areNotOfSerialization() {
      holds(
          noClasses()
              .should()
              .dependOnClassesThat()
              .belongToAnyOf(ObjectInputStream.class, ObjectOutputStream.class));
    }

    @Test
    void areNotOfStandardStreams() {
      holds(NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS);
    }

    @Test
    void areNotOfAnotherLog() {
      holds(NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING);
      holds(
          fields()
              .that()
              .haveRawType(Logger.class)
              .should()
              .bePrivate()
              .andShould()
              .beStatic()
              .andShould()
              .beFinal());
    }

    @Test
    void areNotOfSleep() {
      holds(noClasses().should().callMethod(Thread.class, "sleep", long.class));
      holds(noClasses().should().callMethod(Thread.class, "sleep", long.class, int.class));
    }

    @DisplayName("FAULT-H6 threads that inherit are none")
    @Test
    void ofThreadsThatInheritAreNone() {
      holds(
          noClasses()
              .that()
              .haveNameNotMatching(".*\\.(EngineThread|WorkerThreads)")
              .should()
              .callConstructorWhere(
                  describe(
                      "it makes a thread or a timer",
                      call ->
                          call.getTargetOwner().isEquivalentTo(Thread.class)
                              || call.getTargetOwner().isEquivalentTo(Timer.class))));
    }

    @Test
    void areNotOfSystemProperties() {
      holds(
          noClasses()
              .should()
              .callMethod(System.class, "getProperty", String.class)
              .orShould()
              .callMethod(System.class, "getProperty", String.class, String.class)
              .orShould()
              .callMethod(Integer.class, "getInteger", String.class)
              .orShould()
              .callMethod(Boolean.class, "getBoolean", String.class));
    }

    /**
     * So that a test can bring its own: the threads' time is System.nanoTime, passed in as well.
     */
    @Test
    void areNotOfTheClockOnTheWall() {
      holds(
          noClasses()
              .should()
              .callMethod(System.class, "currentTimeMillis")
              .orShould()
              .callMethod(Instant.class, "now"));
    }

    @Test
    void ofSystemExitAreNone() {
      holds(
          noClasses()
              .should()
              .callMethod(System.class, "exit", int.class)
              .orShould()
              .callMethod(Runtime.class, "halt", int.class));
    }
  }

  @Test
  void ofRecordsNoneHoldsAnArray() {
    holds(
        fields()
            .that()
            .areDeclaredInClassesThat(describe("are records", JavaClass::isRecord))
            .should()
            .notHaveRawType(describe("an array", JavaClass::isArray)));
  }
}
