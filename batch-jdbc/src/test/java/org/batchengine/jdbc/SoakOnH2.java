package org.batchengine.jdbc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
import org.batchengine.BatchEngine;
import org.batchengine.jdbc.SoakNode.Role;
import org.batchengine.model.BatchId;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Two files, since a file has one process: the steady engine has one to itself, and on the other
 * one process after the other is killed.
 */
final class SoakOnH2 extends Soak {
  private static final int MOST_DEATHS = 100;
  private static final int FINISHED = 0;
  private static final long MOST_COMPACTED_BYTES = 4 << 20;

  private final SoakSite steady;
  private final SoakSite mortal;
  private final BatchEngine engine;
  private @Nullable SteadyLoad load;
  private @Nullable NodeProcess node;
  private int nodesBefore;
  private int loads;

  SoakOnH2(Path folder, Random random, SoakReport report) throws IOException {
    super(folder, random, report, 4);
    steady = site(STEADY);
    mortal = site("mortal");
    engine = steadyEngine(url(steady), steady);
    SoakWork.prepare(steady.database());
    try (BatchEngine first = BatchEngine.builder(JdbcBatchStore.open(url(mortal))).build()) {
      first.find(BatchId.of(new UUID(0, 1)));
      SoakWork.prepare(mortal.database());
    }
  }

  private SoakSite site(String name) throws IOException {
    Path place = folder.resolve(name);
    Jdbi database =
        Jdbi.create(
            H2Files.asOpened("jdbc:h2:" + place.resolve("db"))
                + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE",
            "sa",
            "");
    return new SoakSite(database, place, report);
  }

  private static String url(SoakSite site) {
    return "jdbc:h2:" + site.folder().resolve("db");
  }

  private NodeProcess startNode(Role role) throws IOException {
    NodeProcess started = startNode(url(mortal), mortal, role);
    node = started;
    return started;
  }

  @Override
  void beginLoad() throws IOException {
    nodesBefore = startedNodes();
    load = new SteadyLoad(engine, steady, STEADY + loads++, random.nextLong());
    startNode(Role.LOADS);
  }

  @Override
  void look() throws Exception {
    steady.lookAtSessions();
    NodeProcess present = node;
    if (present != null && !present.isAlive()) {
      noteDeath(present);
      startNode(Role.LOADS);
    }
  }

  @Override
  void doHarm() throws Exception {
    NodeProcess present = node;
    if (present == null) {
      return;
    }
    end(present);
    startNode(Role.LOADS);
  }

  private void end(NodeProcess present) throws Exception {
    if (random.nextInt(4) == 0) {
      report.fault("SIGTERM");
      if (!present.terminate(40)) {
        report.violation("a node did not end within 40 s of a SIGTERM");
      }
    } else {
      report.fault("kill -9");
    }
    present.kill();
  }

  @Override
  void rest() throws Exception {
    if (load != null) {
      load.end();
    }
    if (node != null) {
      end(node);
    }
    finishMortal();
    awaitEnd(engine, steady, () -> {});
    steady.check(0, 0);
    steady.removeAll(engine, random.nextBoolean());
  }

  private void finishMortal() throws Exception {
    for (int deaths = 0; !hasFinished(startNode(Role.FINISHES)); deaths++) {
      if (deaths == MOST_DEATHS) {
        throw new AssertionError("batches are left after " + deaths + " deaths");
      }
    }
    try (BatchEngine cleaner = BatchEngine.builder(JdbcBatchStore.open(url(mortal))).start()) {
      mortal.lookAtSessions();
      mortal.check(0, startedNodes() - nodesBefore);
      mortal.removeAll(cleaner, random.nextBoolean());
    }
  }

  private boolean hasFinished(NodeProcess last) throws InterruptedException {
    OptionalInt exit = last.exitValue(150);
    if (exit.isEmpty()) {
      report.violation("I8 a node has not come to its end");
      last.kill();
    }
    boolean finished = exit.equals(OptionalInt.of(FINISHED));
    if (!finished) {
      noteDeath(last);
    }
    return finished;
  }

  @Override
  SoakReport.Measures measures() {
    return SoakReport.measured(
        steady
            .database()
            .withHandle(
                handle ->
                    handle
                        .select("select count(*) - 1 from information_schema.sessions")
                        .mapTo(Long.class)
                        .one()),
        steady.rows(),
        fileBytes());
  }

  private long fileBytes() {
    try {
      return Files.size(steady.folder().resolve("db.mv.db"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** H2 gives back nothing of an open file, and reuses parts of it late: see {@link #close}. */
  @Override
  long mostBytes(long atFirst) {
    return Long.MAX_VALUE;
  }

  /** What is left in the file when all that is unused is gone. */
  @Override
  public void close() throws SQLException {
    if (node != null) {
      node.close();
    }
    engine.close();
    try (Connection connection = DriverManager.getConnection(url(steady), "sa", "");
        Statement statement = connection.createStatement()) {
      statement.execute("shutdown compact");
    }
    long bytes = fileBytes();
    report.say("the file, compacted: %.1f MiB".formatted((double) bytes / (1 << 20)));
    if (bytes > MOST_COMPACTED_BYTES) {
      report.violation("the file of empty tables has %d bytes when compacted".formatted(bytes));
    }
  }
}
