package org.batchengine.jdbc;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.awaitility.core.ConditionTimeoutException;
import org.batchengine.BatchEngine;
import org.batchengine.jdbc.SoakNode.Role;

/**
 * A soak of one kind of database: load and faults for a while, then rest, in which everything must
 * come to its end and is looked at, and so on. One engine, in this process, lives through all.
 */
abstract class Soak implements AutoCloseable {
  static final String STEADY = "steady";
  private static final Duration END = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(300);

  final Path folder;
  final Random random;
  final SoakReport report;
  final int expirySeconds;
  private int nodes;

  Soak(Path folder, Random random, SoakReport report, int expirySeconds) {
    this.folder = folder;
    this.random = random;
    this.report = report;
    this.expirySeconds = expirySeconds;
  }

  /** Nodes are started, and from now on there is load. */
  abstract void beginLoad() throws Exception;

  /** Some time of the load has gone by. */
  abstract void look() throws Exception;

  abstract void doHarm() throws Exception;

  /** Nothing goes wrong any more: waits for the end of all batches, looks at them, removes them. */
  abstract void rest() throws Exception;

  abstract SoakReport.Measures measures();

  /** As much as the database may have at the end, given what it had at the first rest. */
  abstract long mostBytes(long atFirst);

  /** Loads until the time is over, and rests. */
  final void round(Duration load) throws Exception {
    beginLoad();
    long end = System.nanoTime() + load.toNanos();
    long harm = nextHarm();
    while (System.nanoTime() < end) {
      pause(LOOK);
      look();
      if (System.nanoTime() > harm) {
        doHarm();
        harm = nextHarm();
      }
      report.lineIfDue();
    }
    rest();
    report.measured(measures());
    report.lineIfDue();
  }

  private long nextHarm() {
    return System.nanoTime() + Duration.ofMillis(500 + random.nextInt(2_500)).toNanos();
  }

  /** The soak's own time: it waits for nothing. */
  static void pause(Duration time) {
    await().pollDelay(time).atMost(time.plusMinutes(1)).until(() -> true);
  }

  final int startedNodes() {
    return nodes;
  }

  final NodeProcess startNode(String url, SoakSite site, Role role) throws IOException {
    ProcessBuilder program =
        NodeProcess.program(
            SoakNode.class,
            url,
            site.folder().toString(),
            "node-" + nodes++,
            String.valueOf(random.nextLong()),
            role.name(),
            String.valueOf(expirySeconds));
    program.command().add(1, "-Xmx256m");
    return NodeProcess.start(program);
  }

  /** A node has ended by itself. */
  final void noteDeath(NodeProcess dead) throws InterruptedException {
    switch (dead.exitValue(1).orElseThrow()) {
      case SoakWork.KILLED -> report.fault("death by an item");
      case SoakNode.NOT_STARTED -> report.fault("start without database");
      default -> report.violation("a node has ended by itself with " + dead.exitValue(1));
    }
  }

  final BatchEngine steadyEngine(String url, SoakSite site) {
    return SoakWork.register(
            BatchEngine.builder(JdbcBatchStore.open(url)), site.calls(STEADY), false)
        .node(STEADY)
        .sessionExpiry(Duration.ofSeconds(expirySeconds))
        .start();
  }

  /** Until all batches have ended, while dead nodes are looked after. */
  final void awaitEnd(BatchEngine engine, SoakSite site, NodeCare care) {
    try {
      await()
          .atMost(END)
          .pollInterval(LOOK)
          .until(
              () -> {
                care.look();
                return SoakNode.hasFinished(engine);
              });
    } catch (ConditionTimeoutException e) {
      report.violation("I8 not at their end after " + END + ": " + site.live());
      throw e;
    }
  }

  /** What is done while a rest waits. */
  interface NodeCare {
    void look() throws Exception;
  }

  /** A thread of load on the engine of this process. */
  static final class SteadyLoad {
    private final SoakLoad load;
    private final Thread thread;

    SteadyLoad(BatchEngine engine, SoakSite site, String name, long seed) {
      load = new SoakLoad(engine, site.notes(name), name, seed, false);
      thread = new Thread(load, "soak-load");
      thread.start();
    }

    void end() throws InterruptedException {
      load.stop();
      thread.join();
    }
  }
}
