package org.batchengine.jdbc;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.batchengine.BatchEngine;
import org.batchengine.jdbc.SoakNode.Role;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * One server, on which the steady engine works through a way that fails, and two processes that are
 * killed and stand still.
 */
final class SoakOnPostgres extends Soak {
  private static final int NODES = 2;
  private static final long MORE_BYTES = 64 << 20;

  /** So that no trouble of the way lasts for longer than it takes. */
  private static final String TIMEOUTS = "&socketTimeout=5&connectTimeout=2&loginTimeout=2";

  private final SoakSite site;
  private final TcpProxy way;
  private final String url;
  private final BatchEngine engine;
  private final List<NodeProcess> nodes = new ArrayList<>();
  private @Nullable SteadyLoad load;
  private EmbeddedPostgres server;
  private int nodesBefore;
  private int disturbances;
  private int loads;

  SoakOnPostgres(Path folder, Random random, SoakReport report) throws Exception {
    super(folder, random, report, 3);
    server = startServer(0);
    url = server.getJdbcUrl("postgres", "postgres") + TIMEOUTS;
    way = new TcpProxy(url);
    site = new SoakSite(Jdbi.create(url), folder.resolve("nodes"), report);
    engine = steadyEngine(way.url(url), site);
    SoakWork.prepare(site.database());
  }

  /** What can go wrong. */
  private enum Harm {
    KILL,
    KILL_AGAIN,
    TERMINATE,
    STAND_STILL,
    RESET,
    HALF_CLOSE,
    BLACK_HOLE,
    SLOW_BYTES,
    AWAY,
    LOSE_SETTLEMENTS,
    LOSE_COMMITS,
    END_BACKENDS,
    LOCK_ROWS,
    READ_ONLY,
    RESTART
  }

  private EmbeddedPostgres startServer(int port) throws IOException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(folder.resolve("data"))
            .setCleanDataDirectory(false)
            .setServerConfig("fsync", "on")
            .setServerConfig("autovacuum_naptime", "5")
            .setServerConfig("max_wal_size", "256MB");
    return (port == 0 ? builder : builder.setPort(port)).start();
  }

  private void restartServer() throws Exception {
    String pid = Files.readAllLines(folder.resolve("data").resolve("postmaster.pid")).get(0);
    new ProcessBuilder("kill", "-QUIT", pid.strip()).start().waitFor();
    int port = server.getPort();
    server.close();
    server = startServer(port);
  }

  @Override
  void beginLoad() throws IOException {
    nodesBefore = startedNodes();
    disturbances = 0;
    load = new SteadyLoad(engine, site, STEADY + loads++, random.nextLong());
    while (nodes.size() < NODES) {
      nodes.add(startNode(url, site, Role.LOADS));
    }
  }

  @Override
  void look() throws Exception {
    try {
      site.lookAtSessions();
    } catch (JdbiException e) {
      // The server is away.
    }
    replaceDead(Role.LOADS);
  }

  private void replaceDead(Role role) throws Exception {
    for (int i = 0; i < nodes.size(); i++) {
      if (!nodes.get(i).isAlive()) {
        noteDeath(nodes.get(i));
        nodes.set(i, newNode(role));
      }
    }
  }

  private NodeProcess newNode(Role role) throws IOException {
    return startNode(url, site, role);
  }

  @Override
  void doHarm() throws Exception {
    Harm harm = Harm.values()[random.nextInt(Harm.values().length)];
    report.fault(harm.name());
    int victim = random.nextInt(nodes.size());
    NodeProcess node = nodes.get(victim);
    switch (harm) {
      case KILL, KILL_AGAIN -> {
        node.kill();
        nodes.set(victim, newNode(Role.LOADS));
      }
      case TERMINATE -> {
        if (!node.terminate(40)) {
          report.violation("a node did not end within 40 s of a SIGTERM");
          node.kill();
        }
        nodes.set(victim, newNode(Role.LOADS));
      }
      case STAND_STILL -> {
        if (node.isAlive()) {
          node.stop();
          lookFor(Duration.ofSeconds(expirySeconds + 2));
          if (node.isAlive()) { // an item may have ended it in that moment
            node.goOn();
          }
        }
      }
      default -> {
        disturbances++;
        disturb(harm);
      }
    }
  }

  private void disturb(Harm harm) throws Exception {
    switch (harm) {
      case RESET -> way.reset();
      case HALF_CLOSE -> way.halfClose();
      case BLACK_HOLE -> setWay(TcpProxy.Way.BLACK_HOLE);
      case SLOW_BYTES -> setWay(TcpProxy.Way.SLOW);
      case AWAY -> {
        way.set(TcpProxy.Way.AWAY);
        way.reset();
        lookFor(someSeconds());
        way.set(TcpProxy.Way.OPEN);
      }
      case LOSE_SETTLEMENTS -> loseAnswers("batch_outcome", "batch_outcome");
      case LOSE_COMMITS -> loseAnswers("batch_", "COMMIT");
      case END_BACKENDS -> endBackends();
      case LOCK_ROWS -> lockRows();
      case READ_ONLY -> {
        setReadOnly(true);
        endBackends();
        lookFor(someSeconds());
        setReadOnly(false);
      }
      case RESTART -> restartServer();
      default -> throw new IllegalStateException(harm.name());
    }
  }

  private Duration someSeconds() {
    return Duration.ofMillis(500 + random.nextInt(4_500));
  }

  private void setWay(TcpProxy.Way bad) throws Exception {
    way.set(bad);
    lookFor(someSeconds());
    way.set(TcpProxy.Way.OPEN);
    way.reset();
  }

  /** The next few; one is a disturbance of its own. */
  private void loseAnswers(String statement, String then) {
    way.loseAnswers(statement, then, 3);
    disturbances += 2;
  }

  /** Time goes by, in which sessions are looked at. */
  private void lookFor(Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      pause(Duration.ofMillis(250));
      look();
    }
  }

  private void endBackends() {
    site.database()
        .useHandle(
            handle ->
                handle
                    .select(
                        """
                        select count(pg_terminate_backend(pid)) from pg_stat_activity
                        where pid <> pg_backend_pid() and application_name = 'batchengine'
                        """)
                    .mapTo(Long.class)
                    .one());
  }

  private void lockRows() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("select 1 from batch_chunk for update skip locked");
      statement.execute("select 1 from batch_job for update skip locked");
      statement.execute("select pg_sleep(1)");
      connection.rollback();
    }
  }

  private void setReadOnly(boolean on) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("set default_transaction_read_only = off");
      statement.execute("alter database postgres set default_transaction_read_only = " + on);
    }
  }

  @Override
  void rest() throws Exception {
    way.loseAnswers("", "", 0);
    if (load != null) {
      load.end();
    }
    endNodes();
    for (int i = 0; i < NODES; i++) {
      nodes.add(newNode(Role.WORKS));
    }
    awaitEnd(
        engine,
        site,
        () -> {
          site.lookAtSessions();
          replaceDead(Role.WORKS);
        });
    endNodes();
    site.check(disturbances, startedNodes() - nodesBefore);
    site.removeAll(engine, random.nextBoolean());
    // Of sessions that died: their rows go when they have expired.
    await().atMost(Duration.ofMinutes(1)).until(() -> count("batch_session") == 1);
  }

  private void endNodes() throws Exception {
    for (NodeProcess node : nodes) {
      if (random.nextBoolean() && !node.terminate(40)) {
        report.violation("a node did not end within 40 s of a SIGTERM");
      }
      node.kill();
    }
    nodes.clear();
  }

  private long count(String rows) {
    return site.database()
        .withHandle(
            handle -> handle.select("select count(*) from " + rows).mapTo(Long.class).one());
  }

  @Override
  SoakReport.Measures measures() {
    site.database().useHandle(handle -> handle.execute("vacuum"));
    return SoakReport.measured(
        count("pg_stat_activity where application_name = 'batchengine'"),
        site.rows(),
        site.database()
            .withHandle(
                handle ->
                    handle
                        .select(
                            """
                            select sum(pg_total_relation_size(relid)) from pg_stat_user_tables
                            where relname like 'batch%'
                            """)
                        .mapTo(Long.class)
                        .one()));
  }

  @Override
  long mostBytes(long atFirst) {
    return 2 * atFirst + MORE_BYTES;
  }

  @Override
  public void close() throws IOException {
    nodes.forEach(NodeProcess::close);
    engine.close();
    way.close();
    server.close();
  }
}
