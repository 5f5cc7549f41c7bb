package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.batchengine.ManualClock;
import org.batchengine.ManualEngine;
import org.batchengine.jdbc.CrashScenario.LivingProcess;
import org.batchengine.jdbc.CrashScenario.Stage;
import org.batchengine.store.BatchStore;
import org.batchengine.store.InterceptedStore;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.StoreSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A process lives again and again, and dies a step later each time, until it dies no more. Then a
 * process that knows nothing of it goes on. To die after a step is to die before the next one:
 * nothing lasting lies between. So each is done once here, and twice in the profile {@code faults}.
 */
abstract class DeathsContract {
  private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

  /** Each life begins at the same time: the statements, which name it, are parsed once. */
  private ManualClock clock = ManualClock.at(START);

  private HostDatabase host;
  private JdbcBatchStore living;
  private JdbcBatchStore dying;

  /** What the server closes when a process dies. */
  private final List<SessionRenewal> renewals = new ArrayList<>();

  private MortalProcess mortal;

  abstract HostDatabase open();

  @BeforeEach
  void openHost() {
    StoreSettings settings = new StoreSettings(CrashScenario.EXPIRY, 6, 1 << 20);
    host = open();
    Thread.setDefaultUncaughtExceptionHandler(DeathsContract::bury);
    living = host.store(() -> clock.instant());
    living.connect(settings);
    mortal = new MortalProcess(host.pool());
    dying = host.store(mortal.way(), () -> clock.instant());
    dying.connect(settings);
  }

  @AfterEach
  void closeHost() {
    Thread.setDefaultUncaughtExceptionHandler(null);
    living.close();
    dying.close();
    host.close();
  }

  /** Engines are closed by a thread of their own, which may die too. */
  private static void bury(Thread unused, Throwable thrown) {
    if (!(thrown instanceof MortalProcess.Death)) {
      thrown.printStackTrace();
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-K2 FAULT-K3 FAULT-K4 FAULT-U3 one goes on from wherever another has died")
  void anyStepMayBeTheLast(CrashScenario scenario) {
    int step = 1;
    while (dies(scenario, step, false)
        && (!MortalProcess.EVERY_STEP || dies(scenario, step, true))) {
      step++;
    }
    assertThat(step).as("steps of a process that %s", scenario).isGreaterThan(5);
  }

  private boolean dies(CrashScenario scenario, int step, boolean arrives) {
    host.empty();
    clock = ManualClock.at(START);
    Stage stage = new Stage(host, clock, shared(living));
    try (ManualEngine before = stage.process().engine()) {
      scenario.given(stage, before);
    }
    try {
      live(scenario, stage, step, arrives);
      boolean dies = mortal.isDead();
      mortal.beBorn();
      stage.noteInHand();
      try (ManualEngine next = stage.process().engine()) {
        scenario.goOn(stage, next);
        assertThat(stage.ends()).as("ends of the batch").isEqualTo(stage.runs);
      }
      assertThat(host.violations()).isEmpty();
      renewals.forEach(SessionRenewal::close);
      renewals.clear();
      assertThat(host.pool().getHikariPoolMXBean().getActiveConnections()).isZero();
      return dies;
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "%s dies at step %d, which arrives: %s: %s"
              .formatted(scenario, step, arrives, mortal.last()),
          e);
    }
  }

  private void live(CrashScenario scenario, Stage stage, int step, boolean arrives) {
    LivingProcess process = new LivingProcess(mortal.way(), shared(dying), clock, stage.calls);
    scenario.beBorn(process);
    mortal.dieAt(step, arrives);
    try {
      scenario.live(process);
    } catch (MortalProcess.Death death) {
      assertThat(mortal.isDead()).isTrue();
    }
  }

  /** For engines that follow each other: to open a store takes longer than a life. */
  private BatchStore shared(BatchStore open) {
    Set<String> left = Set.of("connect", "close");
    return InterceptedStore.of(
        open, (verb, arguments, real) -> left.contains(verb) ? null : real.call(), renewals::add);
  }
}
