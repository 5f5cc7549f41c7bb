package org.batchengine.jdbc;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.batchengine.BatchEngine;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.StoreException;

/** A process of a soak: an engine, and a host that loads it or only waits for it to be done. */
final class SoakNode {
  /** How a process ends that finds no database. */
  static final int NOT_STARTED = 43;

  private SoakNode() {}

  /** What its host does. */
  enum Role {
    /** Submits and steers, until the process is ended. */
    LOADS,
    /** Works until the process is ended. */
    WORKS,
    /** Works until nothing is left. */
    FINISHES
  }

  /** URL, folder, name, seed, role, seconds of a session. */
  public static void main(String[] args) throws InterruptedException {
    Path folder = Path.of(args[1]);
    String name = args[2];
    BatchEngine engine = start(args[0], folder.resolve(name + ".calls"), name, args[5]);
    switch (Role.valueOf(args[4])) {
      case LOADS ->
          new SoakLoad(engine, folder.resolve(name + ".notes"), name, Long.parseLong(args[3]), true)
              .run();
      case WORKS -> new CountDownLatch(1).await();
      case FINISHES -> {
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> hasFinished(engine));
        System.exit(0);
      }
    }
  }

  private static BatchEngine start(String url, Path calls, String name, String expirySeconds) {
    try {
      BatchEngine engine =
          SoakWork.register(BatchEngine.builder(JdbcBatchStore.open(url)), calls, true)
              .node(name)
              .sessionExpiry(Duration.ofSeconds(Long.parseLong(expirySeconds)))
              .build();
      Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
      engine.start();
      return engine;
    } catch (StoreException e) {
      System.exit(NOT_STARTED);
      throw e;
    }
  }

  /**
   * Whether nothing is left; what is paused goes on. A connection that the last harm has broken, or
   * made read-only, shows it to the first call that takes it.
   */
  static boolean hasFinished(BatchEngine engine) {
    try {
      return resumeRest(engine);
    } catch (StoreException e) {
      if (!e.isTransient()) {
        throw e;
      }
      return false;
    }
  }

  private static boolean resumeRest(BatchEngine engine) {
    HistoryQuery live = HistoryQuery.all().state(SoakLoad.LIVE).limit(100);
    boolean finished = true;
    for (BatchJob job : engine.history(live).items()) {
      finished = false;
      if (job.state() == BatchState.PAUSED) {
        engine.resume(job.id(), "the load is over");
      }
    }
    return finished;
  }
}
