package org.batchengine.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.batchengine.BatchEngine;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;

/**
 * The database of a host, with a table of its own, in which an engine keeps its batches as well.
 * The engine's connections may lose the answer to a commit.
 */
final class HostDatabase implements AutoCloseable {
  private static final int CONNECTIONS = 20;
  private static final Duration EXPIRY = Duration.ofSeconds(6);

  private final HikariDataSource pool;
  private final Jdbi jdbi;
  private final LostAnswers lostAnswers;
  private final Runnable afterwards;

  private HostDatabase(String url, Runnable afterwards) {
    this.afterwards = afterwards;
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMinimumIdle(1);
    config.setMaximumPoolSize(CONNECTIONS);
    pool = new HikariDataSource(config);
    jdbi = TestJdbi.of(pool);
    lostAnswers = new LostAnswers(pool);
    execute("create table if not exists booking (item int not null)");
    try (JdbcBatchStore store = JdbcBatchStore.of(pool)) {
      store.connect(new StoreSettings(EXPIRY, 4, 1 << 20)); // makes its tables
    }
  }

  static HostDatabase onH2() {
    String url = H2Files.emptyDatabase();
    return new HostDatabase(url, () -> H2Files.giveBack(url));
  }

  /** On a file in the folder, which is made if it is missing. */
  static HostDatabase onH2(Path folder) {
    return new HostDatabase(H2Files.url(folder, "host"), () -> {});
  }

  /** For processes that die in name only: what they commit need not reach a disk. */
  static HostDatabase onH2InMemory() {
    String name = "host-" + UUID.randomUUID();
    return new HostDatabase("jdbc:h2:mem:%s;USER=sa".formatted(name), () -> {});
  }

  static HostDatabase onPostgres() {
    String url = PostgresServer.emptyDatabase();
    return new HostDatabase(url, () -> PostgresServer.giveBack(url));
  }

  /** On the database of the URL, which stays as it is then. */
  static HostDatabase onPostgres(String url) {
    return new HostDatabase(url, () -> {});
  }

  /** An engine that runs; the caller closes it. */
  BatchEngine engine(UnaryOperator<BatchEngine.Builder> options) {
    return engine(lostAnswers.dataSource(), options);
  }

  /** As {@link #engine(UnaryOperator)}, on a way to the database of its own. */
  BatchEngine engine(CuttableLink link, UnaryOperator<BatchEngine.Builder> options) {
    return engine(link.dataSource(), options);
  }

  private static BatchEngine engine(
      DataSource dataSource, UnaryOperator<BatchEngine.Builder> options) {
    BatchEngine.Builder builder =
        BatchEngine.builder(JdbcBatchStore.of(dataSource))
            .sessionExpiry(EXPIRY)
            .pollInterval(Duration.ofMillis(100));
    return options.apply(builder).start();
  }

  /** A store of its own, whose time is the clock's. */
  JdbcBatchStore store(InstantSource clock) {
    return store(pool, clock);
  }

  /** A store of its own on another way to the database, whose time is the clock's. */
  JdbcBatchStore store(DataSource way, InstantSource clock) {
    return JdbcBatchStore.builder(way).clock(clock).build();
  }

  /** What an engine is given; the same as a process of its own would have. */
  HikariDataSource pool() {
    return pool;
  }

  /** Without password, where it needs one. */
  String url() {
    return pool.getJdbcUrl();
  }

  /** Closes its connections and leaves everything as it is; {@link #close} does nothing then. */
  void leave() {
    pool.close();
  }

  /** Removes all rows, also the host's. */
  void empty() {
    jdbi.useHandle(
        handle -> {
          PostgresServer.empty(handle);
          handle.execute("delete from booking");
        });
  }

  CuttableLink cuttableLink() {
    return new CuttableLink(pool);
  }

  LostAnswers lostAnswers() {
    return lostAnswers;
  }

  Connection connection() throws SQLException {
    return pool.getConnection();
  }

  Jdbi jdbi() {
    return jdbi;
  }

  static void book(Connection connection, int item) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into booking (item) values (?)")) {
      insert.setInt(1, item);
      insert.executeUpdate();
    }
  }

  /** In one batch of statements. */
  static void book(Connection connection, List<Integer> items) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into booking (item) values (?)")) {
      for (int item : items) {
        insert.setInt(1, item);
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** What is booked, in order, and as often as it is. */
  List<Integer> booked() {
    return jdbi.withHandle(
        handle ->
            handle.select("select item from booking order by item").mapTo(Integer.class).list());
  }

  long count(String table) {
    return jdbi.withHandle(
        handle -> handle.select("select count(*) from " + table).mapTo(Long.class).one());
  }

  void execute(String sql) {
    jdbi.useHandle(handle -> handle.execute(sql));
  }

  /** What breaks the rules of the store's tables. */
  List<String> violations() {
    return SqlInvariants.violations(jdbi);
  }

  @Override
  public void close() {
    if (pool.isClosed()) {
      return;
    }
    execute("drop table booking");
    pool.close();
    afterwards.run();
  }
}
