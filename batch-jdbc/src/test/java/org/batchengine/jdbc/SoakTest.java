package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.batchengine.jdbc.SoakReport.Measures;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The profile {@code soak}: load and faults by chance for a given time. */
@Tag("long")
@Tag("soak")
class SoakTest {
  private static final double MINUTES = Double.parseDouble(System.getProperty("soak.minutes", "2"));
  private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
  private static final Duration ROUND = Duration.ofSeconds(20);
  private static final long MORE_HEAP = 16 << 20;
  private static final int MORE_THREADS = 16;
  private static final int MOST_CONNECTIONS = 20;

  private static final Pattern OURS = Pattern.compile("batch|soak|tcp-proxy|MVStore|H2|Hikari");

  @TempDir Path folder;

  static Stream<String> databases() {
    return Stream.of(System.getProperty("soak.databases", "h2,postgresql").split(","));
  }

  @ParameterizedTest
  @MethodSource("databases")
  @DisplayName("everything comes to its end, is right, and is back where it began")
  void soaks(String database) throws Exception {
    SoakReport report = new SoakReport(database);
    report.say(
        "-Dsoak.databases=%s -Dsoak.minutes=%s -Dsoak.seed=%d".formatted(database, MINUTES, SEED));
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    Random random = new Random(SEED);
    long mostBytes = 0;
    try (Soak soak = soak(database, random, report)) {
      long end = System.nanoTime() + (long) (MINUTES * Duration.ofMinutes(1).toNanos());
      while (System.nanoTime() < end) {
        Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        soak.round(left.compareTo(ROUND) < 0 ? left : ROUND);
      }
      mostBytes = soak.mostBytes(report.first().databaseBytes());
    } finally {
      report.summary();
    }
    assertThat(report.violations()).as("seed %d", SEED).isEmpty();
    assertIsBack(report.first(), report.last(), mostBytes);
    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(left(before)).isEmpty());
  }

  private Soak soak(String database, Random random, SoakReport report) throws Exception {
    return switch (database) {
      case "h2" -> new SoakOnH2(folder, random, report);
      case "postgresql" -> new SoakOnPostgres(folder, random, report);
      default -> throw new IllegalArgumentException("soak.databases: " + database);
    };
  }

  private static void assertIsBack(Measures first, Measures last, long mostBytes) {
    assertThat(last.rows()).as("rows").isZero();
    assertThat(last.heapBytes()).as("heap").isLessThan(first.heapBytes() + MORE_HEAP);
    assertThat(last.threads()).as("threads").isLessThan(first.threads() + MORE_THREADS);
    assertThat(last.connections()).as("connections").isLessThanOrEqualTo(MOST_CONNECTIONS);
    assertThat(last.databaseBytes()).as("bytes of the database").isLessThan(mostBytes);
  }

  /** New threads of engines, pools and the soak; H2 and the JDK keep theirs for a while. */
  private static List<String> left(Set<Thread> before) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !before.contains(thread))
        .map(Thread::getName)
        .filter(name -> OURS.matcher(name).lookingAt())
        .toList();
  }
}
