package org.batchengine.jdbc.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.StoreThread;
import org.batchengine.model.StoreException;
import org.batchengine.store.StoreSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pool of connections with safe settings. What a URL sets itself is left as it is. */
public final class ConnectionPool implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ConnectionPool.class);

  private static final Duration CONNECT = Duration.ofSeconds(10);

  /** Longer waits of a host's pool are cut short. */
  private static final Duration LONGEST_OF_HOST = Duration.ofMinutes(1);

  private static final Duration LOCK = Duration.ofSeconds(10);

  /** Ends on the server before the client gives up the connection. */
  private static final Duration STATEMENT = Duration.ofSeconds(50);

  private static final Duration SOCKET = Duration.ofSeconds(60);

  /**
   * Else a crash of the server takes back what it has answered, and an engine that outlives it
   * settles chunks that it does not own. A stricter setting stays.
   */
  private static final String DURABLE =
      "select set_config('synchronous_commit', 'on', %s)"
          + " where current_setting('synchronous_commit') = 'off'";

  /** A data source of Spring that gives everybody the connection of his thread's transaction. */
  private static final String TRANSACTION_AWARE =
      "org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy";

  private final Lender lender;
  private final @Nullable HikariDataSource own;
  private final @Nullable NamedDriver driver;
  private final List<Runnable> keepers = new CopyOnWriteArrayList<>();
  private volatile int connections;

  private ConnectionPool(
      Lender lender, @Nullable HikariDataSource own, @Nullable NamedDriver driver) {
    this.lender = lender;
    this.own = own;
    this.driver = driver;
  }

  /** Where to connect, and as whom. */
  public record Login(String url, @Nullable String user, @Nullable String password) {
    @Override
    public String toString() {
      return "Login";
    }
  }

  /** The host's pool: not to be closed. */
  public static ConnectionPool ofHost(DataSource dataSource) {
    return ofHost(dataSource, CONNECT);
  }

  /** As {@link #ofHost(DataSource)}, for tests that cannot wait that long. */
  static ConnectionPool ofHost(DataSource dataSource, Duration longestWait) {
    DataSource pool = unwrapped(dataSource);
    boolean isPlain =
        pool instanceof HikariDataSource known
            && known.getConnectionTimeout() <= LONGEST_OF_HOST.toMillis();
    return new ConnectionPool(
        isPlain ? Lender.ofPlainPool(pool) : Lender.ofAny(pool, longestWait), null, null);
  }

  /** What is behind Spring's proxy, whose transactions the engine must not join. */
  private static DataSource unwrapped(DataSource dataSource) {
    DataSource pool = dataSource;
    while (isTransactionAware(pool.getClass())) {
      try {
        Object target = pool.getClass().getMethod("getTargetDataSource").invoke(pool);
        pool = (DataSource) Objects.requireNonNull(target, "the proxy has no target data source");
      } catch (ReflectiveOperationException e) {
        throw new IllegalArgumentException(
            "the data source is a %s whose target cannot be had: give the engine the target itself"
                .formatted(pool.getClass().getName()),
            e);
      }
    }
    return pool;
  }

  private static boolean isTransactionAware(Class<?> type) {
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      if (each.getName().equals(TRANSACTION_AWARE)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Refuses a URL that cannot be opened safely.
   *
   * @throws IllegalArgumentException says why
   */
  public static void check(String url) {
    if (H2Url.isH2(url)) {
      H2Url.safe(url);
    } else if (!url.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "the URL must start with jdbc:postgresql: or jdbc:h2:; other databases are not supported");
    }
  }

  /** Opens a pool; at least one connection is open then. */
  public static ConnectionPool open(Login login, int size, StoreSettings settings) {
    NamedDriver driver = NamedDriver.of(login.url());
    try {
      HikariDataSource pool =
          onCleanThread(settings.loader(), () -> pool(login, size, settings, driver));
      return new ConnectionPool(Lender.ofPlainPool(pool), pool, driver);
    } catch (RuntimeException | Error e) {
      driver.close();
      throw e;
    }
  }

  /** The database and its driver start threads, which inherit from the one that opens. */
  private static <T> T onCleanThread(ClassLoader loader, Supplier<T> step) {
    try {
      return CompletableFuture.supplyAsync(
              step, task -> new StoreThread(task, "batch-open", loader).start())
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException failure ? failure : e;
    }
  }

  private static HikariDataSource pool(
      Login login, int size, StoreSettings settings, NamedDriver driver) {
    HikariConfig config = new HikariConfig();
    config.setThreadFactory(task -> new StoreThread(task, "batch-pool", settings.loader()));
    config.setDriverClassName(driver.type());
    config.setPoolName("batchengine");
    config.setMaximumPoolSize(size);
    config.setConnectionTimeout(CONNECT.toMillis());
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setUsername(login.user());
    config.setPassword(login.password());
    config.setExceptionOverride(new Eviction());
    if (H2Url.isH2(login.url())) {
      setUpH2(config, login.url());
    } else {
      setUpPostgres(config, login.url(), settings, driver);
    }
    try {
      return new HikariDataSource(config);
    } catch (RuntimeException e) {
      SQLException cause = SqlFaults.in(e);
      throw cause == null ? e : SqlFaults.cannotOpen(cause);
    }
  }

  private static void setUpH2(HikariConfig config, String url) {
    if (H2Url.isInMemory(url)) {
      log.warn("the H2 database is in memory: its batches are lost when the engine closes");
    }
    config.setJdbcUrl(H2Url.safe(url));
    if (config.getUsername() == null && !H2Url.namesUser(url)) {
      config.setUsername("sa");
    }
    // A database in memory goes with its last connection.
    config.setMaxLifetime(0);
    config.setKeepaliveTime(0);
  }

  private static void setUpPostgres(
      HikariConfig config, String url, StoreSettings settings, NamedDriver driver) {
    config.setJdbcUrl(url);
    addProperties(config);
    if (isBehindPooler(config, driver)) {
      config.setTransactionIsolation(null); // each transaction has its own settings
    } else {
      config.setConnectionInitSql(sessionSettings(url, settings));
    }
  }

  private static boolean isBehindPooler(HikariConfig config, NamedDriver driver) {
    Properties properties = new Properties();
    properties.putAll(config.getDataSourceProperties());
    if (config.getUsername() != null) {
      properties.setProperty("user", config.getUsername());
    }
    if (config.getPassword() != null) {
      properties.setProperty("password", config.getPassword());
    }
    try (Connection first = driver.connect(config.getJdbcUrl(), properties)) {
      return Pooler.isBefore(first);
    } catch (SQLException e) {
      throw SqlFaults.cannotOpen(e);
    }
  }

  private static void addProperties(HikariConfig config) {
    config.addDataSourceProperty("ApplicationName", "batchengine");
    config.addDataSourceProperty("connectTimeout", Long.toString(CONNECT.toSeconds()));
    config.addDataSourceProperty("loginTimeout", Long.toString(CONNECT.toSeconds()));
    config.addDataSourceProperty("socketTimeout", Long.toString(SOCKET.toSeconds()));
    config.addDataSourceProperty("tcpKeepAlive", "true");
    config.addDataSourceProperty("reWriteBatchedInserts", "true");
    config.addDataSourceProperty("logServerErrorDetail", "false"); // it quotes values of rows
  }

  private static @Nullable String sessionSettings(String url, StoreSettings settings) {
    Map<String, Duration> timeouts = new LinkedHashMap<>();
    timeouts.put("statement_timeout", STATEMENT);
    timeouts.put("lock_timeout", LOCK);
    timeouts.put("idle_in_transaction_session_timeout", settings.sessionExpiry());
    timeouts.keySet().removeIf(url::contains);
    StringBuilder init = new StringBuilder();
    timeouts.forEach(
        (name, limit) -> init.append("set %s = %d;".formatted(name, limit.toMillis())));
    if (!url.contains("synchronous_commit")) {
      init.append(DURABLE.formatted(false));
    }
    return init.isEmpty() ? null : init.toString();
  }

  /** Those that its connections have above, where a transaction must have them instead. */
  static String localSettings() {
    return "set local statement_timeout = %d; ".formatted(STATEMENT.toMillis())
        + DURABLE.formatted(true);
  }

  /** A connection as the data source gives it. Waits for it, but not for ever. */
  Connection borrow() throws SQLException {
    try {
      return lender.borrow();
    } catch (SQLException e) {
      if (own != null && SqlFaults.isOpenAlready(e)) {
        letGo(own);
      }
      throw e;
    }
  }

  /**
   * Lets go of the database, so that it can be opened again. One of H2 that has closed itself may
   * have been opened anew before its last connection was gone, with which H2 forgets that it is
   * open: then it refuses all connections but those that it has.
   */
  private void letGo(HikariDataSource pool) {
    pool.getHikariPoolMXBean().softEvictConnections();
    keepers.forEach(Runnable::run);
  }

  /** Has it run when connections that are kept must go back. */
  public void addKeeper(Runnable giveBack) {
    keepers.add(giveBack);
  }

  /** It keeps no connection any more. */
  public void removeKeeper(Runnable giveBack) {
    keepers.remove(giveBack);
  }

  /** Whether its connections have the settings above. */
  boolean isOwn() {
    return own != null;
  }

  @Override
  public void close() {
    lender.close();
    if (own != null) {
      own.close();
    }
    if (driver != null) {
      driver.close();
    }
  }

  /**
   * Refuses a data source that gives who asks twice the same connection twice: that of the
   * transaction which he is in.
   */
  void refuseShared(Dialect dialect) throws SQLException {
    if (lender.isPlain()) {
      return;
    }
    DataSource asked = lender.dataSource();
    try (Connection one = asked.getConnection();
        Connection another = asked.getConnection()) {
      if (dialect.session(one).equals(dialect.session(another))) {
        throw Connections.joined();
      }
    }
  }

  /**
   * Refuses a pool that is too small: the engine's threads would wait for each other.
   *
   * @param most more than these are not looked for, in a pool that does not tell its size
   */
  void requireConnections(int needed, int most) throws SQLException {
    OptionalInt size = sizeOf(lender.dataSource());
    connections = size.isPresent() ? size.getAsInt() : borrowUpTo(most);
    if (connections < needed) {
      throw StoreException.ofPermanent(
          "the pool has %d connections, but the engine's threads need up to %d at once: enlarge the pool"
              .formatted(connections, needed),
          null);
    }
  }

  /** How many connections it was found to have. */
  public int connections() {
    return connections;
  }

  private int borrowUpTo(int needed) throws SQLException {
    List<Connection> borrowed = new ArrayList<>();
    try {
      while (borrowed.size() < needed) {
        borrowed.add(borrow());
      }
    } catch (SQLException | StoreException e) {
      if (borrowed.isEmpty()) {
        throw e;
      }
    } finally {
      for (Connection connection : borrowed) {
        connection.close();
      }
    }
    return borrowed.size();
  }

  /** How many connections the data source gives at most, if it tells. */
  private static OptionalInt sizeOf(DataSource dataSource) {
    try {
      return dataSource.isWrapperFor(HikariDataSource.class)
          ? OptionalInt.of(dataSource.unwrap(HikariDataSource.class).getMaximumPoolSize())
          : OptionalInt.empty();
    } catch (SQLException e) {
      return OptionalInt.empty(); // a data source that cannot be asked
    }
  }
}
