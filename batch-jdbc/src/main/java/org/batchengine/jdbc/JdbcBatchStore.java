package org.batchengine.jdbc;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.batchengine.jdbc.claim.ClaimRows;
import org.batchengine.jdbc.claim.JdbcClaiming;
import org.batchengine.jdbc.database.ConnectionPool;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.database.TableNames;
import org.batchengine.jdbc.feed.JdbcFeed;
import org.batchengine.jdbc.limit.JdbcLimits;
import org.batchengine.jdbc.read.ItemRows;
import org.batchengine.jdbc.read.JdbcReading;
import org.batchengine.jdbc.report.JdbcReports;
import org.batchengine.jdbc.schedule.JdbcSchedules;
import org.batchengine.jdbc.schedule.JdbcTemplates;
import org.batchengine.jdbc.session.JdbcSessions;
import org.batchengine.jdbc.settle.JdbcSettling;
import org.batchengine.jdbc.steer.JdbcSteering;
import org.batchengine.jdbc.steer.JdbcWaiting;
import org.batchengine.jdbc.submit.JdbcSubmitting;
import org.batchengine.jdbc.sweep.JdbcSweeping;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.model.PoolUse;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.FeedStore;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.LimitStore;
import org.batchengine.store.ReadStore;
import org.batchengine.store.ReportStore;
import org.batchengine.store.ScheduleStore;
import org.batchengine.store.SessionStore;
import org.batchengine.store.SettleStore;
import org.batchengine.store.SteerStore;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.SweepStore;
import org.batchengine.store.TemplateStore;
import org.batchengine.store.WaitStore;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Stores batches in PostgreSQL (13 or later) or H2 (2.3.232 or later).
 *
 * <p>When an engine opens the store, it creates its tables or upgrades older ones; several nodes
 * may do so at once. It does not connect before that.
 *
 * <pre>{@code
 * JdbcBatchStore.open("jdbc:h2:./batches")     // a file, for one process
 * JdbcBatchStore.of(dataSource)                // the host's own pool
 * }</pre>
 */
public final class JdbcBatchStore implements BatchStore {
  private final Function<StoreSettings, ConnectionPool> connect;
  private final Database.Config config;
  private volatile @Nullable ConnectionPool pool;
  private volatile @Nullable Ports ports;

  private JdbcBatchStore(Function<StoreSettings, ConnectionPool> connect, Database.Config config) {
    this.connect = connect;
    this.config = config;
  }

  /** What the store does, on its open database. */
  private record Ports(
      JdbcSessions sessions,
      SubmitStore submitting,
      ClaimStore claiming,
      SettleStore settling,
      SteerStore steering,
      SweepStore sweeping,
      WaitStore waiting,
      ReadStore reading,
      ReportStore reports,
      FeedStore feed,
      ScheduleStore schedules,
      TemplateStore templates,
      LimitStore limits,
      Dialect dialect) {

    static Ports on(Database database) {
      return new Ports(
          new JdbcSessions(database),
          new JdbcSubmitting(database, JdbcBatchStore::connectionOf),
          new JdbcClaiming(database),
          new JdbcSettling(database),
          new JdbcSteering(database),
          new JdbcSweeping(database),
          new JdbcWaiting(database),
          new JdbcReading(database),
          new JdbcReports(database),
          new JdbcFeed(database),
          new JdbcSchedules(database),
          new JdbcTemplates(database),
          new JdbcLimits(database),
          database.dialect());
    }
  }

  /**
   * Creates a store with its own connection pool, which opens and closes with the engine.
   *
   * @param url of PostgreSQL or H2; an H2 file is opened with settings under which killing the
   *     process loses nothing
   * @return a store that is not connected yet
   */
  public static JdbcBatchStore open(String url) {
    return builder(url).build();
  }

  /**
   * Creates a store with its own connection pool, like {@link #open(String)}.
   *
   * @param url of PostgreSQL or H2
   * @param user the database user
   * @param password the user's password
   * @return a store that is not connected yet
   */
  public static JdbcBatchStore open(String url, String user, String password) {
    return builder(url).credentials(user, password).build();
  }

  /**
   * Creates a store on the host's data source, which it never closes. On PostgreSQL, keep {@code
   * synchronous_commit} on, or a server crash loses settled outcomes; and let the pool drop
   * connections on SQL state 25006, or they may stay read-only after a failover. The engine's work
   * joins no transaction of the host: {@link JdbcTransaction} is for that. Give the engine an H2
   * file of its own: if the host commits there too when the process is killed, H2 may keep half a
   * transaction.
   *
   * @param dataSource a pool with enough connections for the engine's threads; this is checked when
   *     the engine opens the store
   * @return a store that is not connected yet
   */
  public static JdbcBatchStore of(DataSource dataSource) {
    return builder(dataSource).build();
  }

  /** Returns a builder for a store with its own connection pool. */
  public static Builder builder(String url) {
    return new Builder(requireNonNull(url, "url"), null);
  }

  /** Returns a builder for a store on the host's data source. */
  public static Builder builder(DataSource dataSource) {
    return new Builder(null, requireNonNull(dataSource, "dataSource"));
  }

  private static void registerRows(Jdbi jdbi) {
    JobRows.register(jdbi);
    ClaimRows.register(jdbi);
    ItemRows.register(jdbi);
  }

  private static Connection connectionOf(HostTransaction transaction) {
    if (transaction instanceof JdbcTransaction mine) {
      return mine.connection();
    }
    throw HostTransaction.refused(transaction, JdbcBatchStore.class);
  }

  @Override
  public synchronized void connect(StoreSettings settings) {
    if (pool != null) {
      throw new IllegalStateException(
          "an engine has this store open already, and keeps it: give each engine its own store");
    }
    ConnectionPool opened = connect.apply(settings);
    try {
      ports = ports(opened, settings);
      pool = opened;
    } finally {
      if (pool == null) {
        opened.close();
      }
    }
  }

  private Ports ports(ConnectionPool opened, StoreSettings settings) {
    Database database = Database.open(opened, config, settings);
    Ports all = Ports.on(database);
    if (database.isOfThisProcessAlone()) {
      all.sessions.reapOthers();
    }
    return all;
  }

  @Override
  public synchronized void close() {
    ports = null;
    ConnectionPool opened = pool;
    pool = null;
    if (opened != null) {
      opened.close();
    }
  }

  private Ports ports() {
    Ports all = ports;
    if (all == null) {
      throw notConnected();
    }
    return all;
  }

  private static IllegalStateException notConnected() {
    return new IllegalStateException(
        "the store is not connected: its engine connects it when it is built, and closes it");
  }

  @Override
  public int connections() {
    ConnectionPool opened = pool;
    if (opened == null) {
      throw notConnected();
    }
    return opened.connections();
  }

  @Override
  public Optional<PoolUse> pool() {
    ConnectionPool opened = pool;
    return opened == null ? Optional.empty() : opened.use();
  }

  @Override
  public Optional<String> trouble() {
    return ports().dialect.trouble();
  }

  @Override
  public SessionStore sessions() {
    return ports().sessions;
  }

  @Override
  public SubmitStore submitting() {
    return ports().submitting;
  }

  @Override
  public ClaimStore claiming() {
    return ports().claiming;
  }

  @Override
  public SettleStore settling() {
    return ports().settling;
  }

  @Override
  public SteerStore steering() {
    return ports().steering;
  }

  @Override
  public SweepStore sweeping() {
    return ports().sweeping;
  }

  @Override
  public WaitStore waiting() {
    return ports().waiting;
  }

  @Override
  public ReadStore reading() {
    return ports().reading;
  }

  @Override
  public ReportStore reports() {
    return ports().reports;
  }

  @Override
  public FeedStore feed() {
    return ports().feed;
  }

  @Override
  public ScheduleStore schedules() {
    return ports().schedules;
  }

  @Override
  public TemplateStore templates() {
    return ports().templates;
  }

  @Override
  public LimitStore limits() {
    return ports().limits;
  }

  /** Builds a store. Rejects invalid values at once; does not connect. */
  public static final class Builder {
    private static final int DEFAULT_POOL_SIZE = 10;
    private static final int LARGEST_POOL = 1_000;

    private final @Nullable String url;
    private final @Nullable DataSource dataSource;
    private @Nullable String user;
    private @Nullable String password;
    private @Nullable Integer poolSize;
    private @Nullable String schema;
    private String tablePrefix = TableNames.DEFAULT_PREFIX;
    private boolean validateOnly;
    private @Nullable InstantSource clock;

    private Builder(@Nullable String url, @Nullable DataSource dataSource) {
      this.url = url;
      this.dataSource = dataSource;
      if (url != null) {
        ConnectionPool.check(url);
      }
    }

    /** Sets the database user and password. */
    public Builder credentials(String user, String password) {
      requireOwnPool("credentials");
      this.user = requireNonNull(user, "user");
      this.password = requireNonNull(password, "password");
      return this;
    }

    /**
     * Sets the size of the pool, from 1 to 1,000 connections; defaults to 10, or more if the engine
     * needs more.
     */
    public Builder poolSize(int connections) {
      requireOwnPool("poolSize");
      if (connections < 1 || connections > LARGEST_POOL) {
        throw new IllegalArgumentException(
            "poolSize %d is out of range: 1 to %d".formatted(connections, LARGEST_POOL));
      }
      poolSize = connections;
      return this;
    }

    private void requireOwnPool(String what) {
      if (dataSource != null) {
        throw new IllegalStateException(
            what + " cannot be set on a store with a data source: set it on the data source");
      }
    }

    /**
     * Sets the database schema for the tables; it is created if missing. Defaults to the
     * connections' schema.
     *
     * @param name a lower-case letter followed by at most 19 lower-case letters, digits or
     *     underscores
     * @return this
     */
    public Builder schema(String name) {
      schema = new TableNames(requireNonNull(name, "name"), tablePrefix).schema();
      return this;
    }

    /**
     * Sets the prefix of all table names; defaults to {@code batch_}.
     *
     * @param prefix a lower-case letter followed by at most 19 lower-case letters, digits or
     *     underscores
     * @return this
     */
    public Builder tablePrefix(String prefix) {
      tablePrefix = new TableNames(schema, requireNonNull(prefix, "prefix")).prefix();
      return this;
    }

    /** Only checks the tables: opening fails if they are missing or of an older version. */
    public Builder validateOnly() {
      validateOnly = true;
      return this;
    }

    /** Replaces the database's time by this clock's, for tests. */
    Builder clock(InstantSource clock) {
      this.clock = clock;
      return this;
    }

    /** {@return a store that is not connected yet} */
    public JdbcBatchStore build() {
      Database.Config config =
          new Database.Config(
              new TableNames(schema, tablePrefix),
              validateOnly,
              clock,
              JdbcBatchStore::registerRows);
      DataSource hosts = dataSource;
      if (hosts != null) {
        return new JdbcBatchStore(settings -> ConnectionPool.ofHost(hosts), config);
      }
      ConnectionPool.Login login = new ConnectionPool.Login(requireNonNull(url), user, password);
      Integer size = poolSize;
      return new JdbcBatchStore(
          settings ->
              ConnectionPool.open(
                  login,
                  size == null ? Math.max(DEFAULT_POOL_SIZE, settings.mostConnections()) : size,
                  settings),
          config);
    }
  }
}
