package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.batchengine.ManualClock;
import org.batchengine.ManualEngine;
import org.batchengine.jdbc.CrashScenario.Stage;
import org.batchengine.store.StoreSettings;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * As {@link DeathsTest}, with a virtual machine for each death, which is halted at the step. Takes
 * a second or two for each, and so runs in the profile {@code faults} alone, and passes over some.
 */
@Tag("faults")
@Tag("long")
@Timeout(1_200)
class HaltsTest {
  /** Each life begins at another of the first so many steps. */
  private static final int STRIDE = Integer.getInteger("faults.stride", 4);

  private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

  /** Later than the process that died has ever seen. */
  private static final Duration LATER = Duration.ofSeconds(5);

  @TempDir Path folder;

  /** A database that no process has open. */
  private interface Closed {
    HostDatabase open();
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-K2 FAULT-H1 a machine halts at any step, on a file of H2")
  void onH2(CrashScenario scenario) throws Exception {
    int step = first(scenario);
    while (halts(scenario, step, onH2(folder.resolve("step-" + step)))) {
      step += STRIDE;
    }
    assertThat(step).isGreaterThan(5);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-K2 a machine halts at any step, on PostgreSQL")
  void onPostgres(CrashScenario scenario) throws Exception {
    String url = PostgresServer.emptyDatabase();
    int step = first(scenario);
    while (halts(scenario, step, () -> HostDatabase.onPostgres(url))) {
      step += STRIDE;
    }
    assertThat(step).isGreaterThan(5);
    PostgresServer.giveBack(url);
  }

  private static Closed onH2(Path folder) {
    return () -> HostDatabase.onH2(folder);
  }

  private static int first(CrashScenario scenario) {
    return 1 + scenario.name().length() % STRIDE;
  }

  private static boolean halts(CrashScenario scenario, int step, Closed database) throws Exception {
    ManualClock clock = ManualClock.at(START);
    String url;
    int runs;
    try (HostDatabase host = database.open()) {
      host.empty();
      Stage stage = new Stage(host, clock, opened(host, clock));
      try (ManualEngine before = stage.process(host.store(clock)).engine()) {
        scenario.given(stage, before);
      }
      runs = stage.runs;
      url = host.url();
      host.leave();
    }
    Process child =
        NodeProcess.program(
                HaltProgram.class, url, scenario.name(), clock.instant().toString(), "" + step)
            .start();
    int exit = child.waitFor();
    assertThat(exit).isIn(0, HaltProgram.HALTED);
    clock.advance(LATER);
    try (HostDatabase host = database.open()) {
      await().until(() -> url.startsWith("jdbc:h2:") || hasSeenTheDeath(host));
      Stage stage = new Stage(host, clock, opened(host, clock));
      stage.runs = runs;
      stage.doNotCount();
      try (ManualEngine next = stage.process(host.store(clock)).engine()) {
        scenario.goOn(stage, next);
        assertThat(stage.ends()).as("ends of the batch").isEqualTo(runs);
      }
      assertThat(host.violations()).isEmpty();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("%s halts at step %d".formatted(scenario, step), e);
    }
    return exit == HaltProgram.HALTED;
  }

  private static boolean hasSeenTheDeath(HostDatabase host) {
    return host.count(
            "pg_stat_activity where datname = current_database() and application_name = '"
                + HaltProgram.NAME
                + "'")
        == 0;
  }

  private static JdbcBatchStore opened(HostDatabase host, ManualClock clock) {
    JdbcBatchStore store = host.store(clock);
    store.connect(new StoreSettings(CrashScenario.EXPIRY, 6, 1 << 20));
    return store;
  }
}
