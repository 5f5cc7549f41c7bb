package org.batchengine.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import org.batchengine.ManualClock;

/** A process that lives a {@link CrashScenario}, and halts at a step of it. */
final class HaltProgram {
  static final int HALTED = 9;

  /** As the server knows its connections. */
  static final String NAME = "mortal";

  private HaltProgram() {}

  /** URL, scenario, time, step. */
  public static void main(String[] args) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(args[0]);
    config.setMinimumIdle(1);
    if (args[0].startsWith("jdbc:postgresql:")) {
      config.addDataSourceProperty("ApplicationName", NAME);
    }
    MortalProcess mortal =
        new MortalProcess(new HikariDataSource(config), () -> Runtime.getRuntime().halt(HALTED));
    ManualClock clock = ManualClock.at(Instant.parse(args[2]));
    JdbcBatchStore store = JdbcBatchStore.builder(mortal.way()).clock(clock).build();
    CrashScenario scenario = CrashScenario.valueOf(args[1]);
    CrashScenario.LivingProcess process =
        new CrashScenario.LivingProcess(mortal.way(), store, clock, new ConcurrentHashMap<>());
    scenario.beBorn(process);
    mortal.dieAt(Integer.parseInt(args[3]), false);
    scenario.live(process);
    System.exit(0);
  }
}
