package org.batchengine.jdbc;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Timer;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rooms of the JDBC store, and which of them may know which. */
class JdbcArchitectureTest {
  private static final String HOSTS = "org.batchengine.jdbc";
  private static final String SPRING = "org.batchengine.spring";

  /** What each room knows, the lowest rooms first. */
  private static final Map<String, Set<String>> ROOMS =
      Map.ofEntries(
          Map.entry("sql", Set.of()),
          Map.entry("table", Set.of("sql")),
          Map.entry("database", Set.of("sql")),
          Map.entry("session", Set.of("sql", "table", "database")),
          Map.entry("submit", Set.of("sql", "table", "database", "limit")),
          Map.entry("claim", Set.of("sql", "table", "database")),
          Map.entry("read", Set.of("sql", "table", "database")),
          Map.entry("report", Set.of("sql", "table", "database")),
          Map.entry("feed", Set.of("sql", "database")),
          Map.entry("schedule", Set.of("sql", "table", "database")),
          Map.entry("limit", Set.of("sql", "table", "database")),
          Map.entry("transaction", Set.of("sql", "table", "database")),
          Map.entry("settle", Set.of("sql", "table", "database", "transaction")),
          Map.entry("steer", Set.of("sql", "table", "database")),
          Map.entry("sweep", Set.of("sql", "table", "database", "steer")));

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.batchengine");

  private static final JavaClasses JDBC = ALL.that(resideInAPackage(HOSTS + ".."));

  private static void holds(ArchRule rule) {
    rule.check(JDBC);
  }

  @Nested
  class Rooms {

    @Test
    void areThese() {
      assertThat(JDBC.stream().map(JavaClass::getPackageName).distinct())
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(Stream.of(HOSTS), ROOMS.keySet().stream().map(Rooms::packageOf))
                  .toList());
    }

    @TestFactory
    Stream<DynamicTest> knowThoseBelow() {
      return ROOMS.keySet().stream()
          .sorted()
          .map(
              room ->
                  DynamicTest.dynamicTest(
                      room,
                      () -> assertThat(known(room)).isEqualTo(new TreeSet<>(ROOMS.get(room)))));
    }

    /** The rooms that a room knows: those that it may, and no fewer, or the list is too long. */
    private static Set<String> known(String room) {
      return JDBC.that(resideInAPackage(packageOf(room))).stream()
          .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
          .map(Dependency::getTargetClass)
          .map(JavaClass::getBaseComponentType)
          .map(JavaClass::getPackageName)
          .filter(known -> known.startsWith(HOSTS) && !known.equals(packageOf(room)))
          .map(known -> known.equals(HOSTS) ? HOSTS : known.substring(HOSTS.length() + 1))
          .collect(toCollection(TreeSet::new));
    }

    private static String packageOf(String room) {
      return HOSTS + "." + room;
    }

    @Test
    void haveNoCircle() {
      holds(slices().matching(HOSTS + ".(**)").should().beFreeOfCycles());
    }

    @Test
    void haveNoNameThatSaysNothing() {
      holds(
          noClasses()
              .should()
              .resideInAnyPackage(
                  "..util..", "..common..", "..impl..", "..helper..", "..internal.."));
    }

    @Test
    void areHiddenFromHosts() throws IOException {
      Path classes = Path.of("target/classes/module-info.class");
      try (InputStream compiled = Files.newInputStream(classes)) {
        ModuleDescriptor module = ModuleDescriptor.read(compiled);
        assertThat(module.exports())
            .extracting(ModuleDescriptor.Exports::source, ModuleDescriptor.Exports::isQualified)
            .containsExactlyInAnyOrder(tuple(HOSTS, false), tuple(SPRING, false));
        assertThat(module.opens()) // folders of files, and where Spring makes its beans
            .filteredOn(opens -> !opens.isQualified())
            .extracting(ModuleDescriptor.Opens::source)
            .containsExactlyInAnyOrder(HOSTS + ".schema.h2", HOSTS + ".schema.postgresql", SPRING);
        assertThat(module.opens())
            .filteredOn(ModuleDescriptor.Opens::isQualified)
            .extracting(ModuleDescriptor.Opens::source, ModuleDescriptor.Opens::targets)
            .containsExactly(tuple(HOSTS + ".database", Set.of("com.h2database")));
      }
    }
  }

  @Nested
  class Types {

    @Test
    void thatHostsCallAreTheseAlone() {
      assertThat(hostsCall().map(type -> type.getName().substring(HOSTS.length() + 1)))
          .containsExactlyInAnyOrder("JdbcBatchStore", "JdbcBatchStore$Builder", "JdbcTransaction");
    }

    @Test
    void ofRoomsStandInNoSignatureThatHostsSee() {
      assertThat(
              hostsCall()
                  .flatMap(Types::signatures)
                  .map(JavaClass::getName)
                  .filter(
                      name -> name.startsWith(HOSTS + ".") && !name.matches(HOSTS + "\\.[A-Z].*")))
          .isEmpty();
    }

    private static Stream<JavaClass> hostsCall() {
      return JDBC.stream()
          .filter(type -> type.getPackageName().equals(HOSTS))
          .filter(Types::isVisible);
    }

    private static boolean isVisible(JavaClass type) {
      return type.getModifiers().contains(JavaModifier.PUBLIC)
          && type.getEnclosingClass().map(Types::isVisible).orElse(true);
    }

    /** What a type extends, and what its members that can be seen are made of. */
    private static Stream<JavaClass> signatures(JavaClass type) {
      Stream<JavaType> supertypes =
          Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
      Stream<JavaType> members =
          type.getMembers().stream()
              .filter(member -> isSeen(member.getModifiers()))
              .flatMap(
                  member ->
                      member instanceof JavaCodeUnit unit
                          ? Stream.of(
                                  Stream.of(unit.getReturnType()),
                                  unit.getParameterTypes().stream(),
                                  unit.getThrowsClause().getTypes().stream())
                              .flatMap(all -> all)
                          : Stream.of(((JavaField) member).getType()));
      return Stream.concat(supertypes, members)
          .flatMap(each -> each.getAllInvolvedRawTypes().stream());
    }

    private static boolean isSeen(Set<JavaModifier> modifiers) {
      return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    @Test
    void haveNamesThatStandOnceInTheWholeProject() {
      Map<String, List<String>> byName =
          ALL.stream()
              .filter(JavaClass::isTopLevelClass)
              .filter(type -> !type.getSimpleName().equals("package-info"))
              .collect(groupingBy(JavaClass::getSimpleName, mapping(JavaClass::getName, toList())));
      assertThat(byName.values()).filteredOn(same -> same.size() > 1).isEmpty();
    }

    @Test
    void haveNoNameThatSaysNothing() {
      holds(noClasses().should().haveNameMatching(".*(Impl|Manager|Helper|Utils?|Info)(\\$.*)?"));
    }
  }

  @Nested
  class Uses {

    @Test
    void ofThePoolAreWhereItIsOpened() {
      holds(
          noClasses()
              .that()
              .haveNameNotMatching(".*\\.(ConnectionPool|Eviction)")
              .should()
              .dependOnClassesThat(resideInAPackage("com.zaxxer..")));
    }

    /** Anywhere else one could be made that is too long for H2. */
    @Test
    void ofArraysOfCollectionsAreMadeInOnePlace() {
      holds(
          noClasses()
              .that()
              .haveNameNotMatching(".*\\.Slices")
              .should()
              .callMethodWhere(
                  describe("makes an array", call -> call.getName().equals("toArray"))));
    }

    @DisplayName("FAULT-H6 threads that inherit are none")
    @Test
    void ofThreadsThatInheritAreNone() {
      holds(
          noClasses()
              .that()
              .haveNameNotMatching(".*\\.StoreThread")
              .should()
              .callConstructorWhere(
                  describe(
                      "it makes a thread or a timer",
                      call ->
                          call.getTargetOwner().isEquivalentTo(Thread.class)
                              || call.getTargetOwner().isEquivalentTo(Timer.class))));
    }

    /** Hosts without Spring have none of its classes. */
    @Test
    void ofSpringAreInARoomThatNobodyKnows() {
      noClasses()
          .that(resideOutsideOfPackage(SPRING))
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("org.springframework..", "io.micrometer.observation..", SPRING))
          .check(ALL);
    }

    @Test
    void ofTheLibraryInThatRoomAreThoseOfAnyHost() {
      noClasses()
          .that(resideInAPackage(SPRING))
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("org.batchengine.engine..", HOSTS + ".*..", "..store.rules.."))
          .check(ALL);
    }

    /** The driver need not be there for H2. */
    @Test
    void ofTheDriverOfPostgresAreWhereItCopies() {
      holds(
          noClasses()
              .that()
              .haveNameNotMatching(".*\\.CopiedItems(\\$.*)?")
              .should()
              .dependOnClassesThat(resideInAPackage("org.postgresql..")));
    }
  }
}
