package org.batchengine.jdbc;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.StateChange;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.ReadStore;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.SessionStore;
import org.batchengine.store.SettleStore;
import org.batchengine.store.Settlement;
import org.batchengine.store.SteerStore;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.StoredInput;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.Submitted;
import org.batchengine.store.SweepStore;
import org.jspecify.annotations.Nullable;

/**
 * Stores batches in PostgreSQL (13 or later) or H2 (2.3.230 or later).
 *
 * <p>When an engine opens the store, it creates its tables or upgrades older ones; several nodes
 * may do so at once. It does not connect before that.
 *
 * <pre>{@code
 * JdbcBatchStore.open("jdbc:h2:./batches")     // a file, for one process
 * JdbcBatchStore.of(dataSource)                // the host's own pool
 * }</pre>
 */
public final class JdbcBatchStore
    implements BatchStore,
        SessionStore,
        SubmitStore,
        ClaimStore,
        SettleStore,
        SteerStore,
        SweepStore,
        ReadStore {
  private final Function<StoreSettings, ConnectionPool> connect;
  private final Database.Config config;
  private volatile @Nullable ConnectionPool pool;
  private volatile @Nullable Verbs verbs;

  private JdbcBatchStore(Function<StoreSettings, ConnectionPool> connect, Database.Config config) {
    this.connect = connect;
    this.config = config;
  }

  /** What the store does, on its open database. */
  private record Verbs(
      Database database,
      Sessions sessions,
      Reaper reaper,
      Submitter submitter,
      Claimer claimer,
      SequentialClaimer sequentialClaimer,
      ItemLoader loader,
      Settling settling,
      Completer completer,
      Steerer steerer,
      Canceller canceller,
      Reopener reopener,
      Sweeper sweeper,
      Remover remover,
      JobReader jobs,
      ItemReader items,
      HostSubmitter hostSubmitter) {

    static Verbs on(Database database) {
      SequentialClaimer sequentialClaimer = new SequentialClaimer(database);
      return new Verbs(
          database,
          new Sessions(database),
          new Reaper(database),
          new Submitter(database),
          new Claimer(database, sequentialClaimer),
          sequentialClaimer,
          new ItemLoader(database),
          new Settling(database),
          new Completer(database),
          new Steerer(database),
          new Canceller(database),
          new Reopener(database),
          new Sweeper(database),
          new Remover(database),
          new JobReader(database),
          new ItemReader(database),
          new HostSubmitter(database));
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
   * connections on SQL state 25006, or they may stay read-only after a failover. Give the engine an
   * H2 file of its own: if the host commits there too when the process is killed, H2 may keep half
   * a transaction.
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

  @Override
  public synchronized void connect(StoreSettings settings) {
    if (pool != null) {
      throw new IllegalStateException("the store is already open: give each engine its own store");
    }
    ConnectionPool opened = connect.apply(settings);
    pool = opened;
    Database database = Database.open(opened, config, settings);
    Verbs all = Verbs.on(database);
    if (database.isOfThisProcessAlone()) {
      all.sessions.ofOthers().forEach(all.reaper::reapDead);
    }
    verbs = all;
  }

  @Override
  public synchronized void close() {
    verbs = null;
    ConnectionPool opened = pool;
    pool = null;
    if (opened != null) {
      opened.close();
    }
  }

  private Verbs verbs() {
    Verbs all = verbs;
    if (all == null) {
      throw new IllegalStateException("the store is not open: it opens and closes with its engine");
    }
    return all;
  }

  @Override
  public SessionStore sessions() {
    return this;
  }

  @Override
  public SubmitStore submitting() {
    return this;
  }

  @Override
  public ClaimStore claiming() {
    return this;
  }

  @Override
  public SettleStore settling() {
    return this;
  }

  @Override
  public SteerStore steering() {
    return this;
  }

  @Override
  public SweepStore sweeping() {
    return this;
  }

  @Override
  public ReadStore reading() {
    return this;
  }

  // --- Sessions ---

  @Override
  public long open(String host, Duration expiry) {
    return verbs().sessions.open(host, expiry);
  }

  @Override
  public SessionRenewal renewal() {
    return new SessionRenewal() {
      @Override
      public boolean renew(long session, Duration expiry) {
        return renewed(session, expiry);
      }

      @Override
      public void close() {}
    };
  }

  private boolean renewed(long session, Duration expiry) {
    return verbs().sessions.renew(session, expiry);
  }

  @Override
  public void release(long session) {
    verbs().reaper.release(session);
  }

  @Override
  public List<SessionExpiry> expired() {
    return verbs().sessions.expired();
  }

  @Override
  public boolean reap(SessionExpiry expired) {
    return verbs().reaper.reap(expired);
  }

  // --- Submitting ---

  @Override
  public Submitted submit(NewBatch batch, List<NewItem> items) {
    return verbs().submitter.submit(batch, items);
  }

  @Override
  public Submitted begin(NewBatch batch, long session) {
    return verbs().submitter.begin(batch, session);
  }

  @Override
  public void append(long batch, long session, List<NewItem> page) {
    verbs().submitter.append(batch, session, page);
  }

  @Override
  public void finish(long batch, long session) {
    verbs().submitter.finish(batch, session);
  }

  @Override
  public void abandon(long batch, long session) {
    verbs().submitter.abandon(batch, session);
  }

  @Override
  public Submitted submit(
      HostTransaction transaction, NewBatch batch, Iterator<List<NewItem>> pages) {
    return verbs().hostSubmitter.submit(mine(transaction), batch, pages);
  }

  @Override
  public Optional<BatchJob> findByKey(
      HostTransaction transaction, String tenant, String idempotencyKey) {
    return verbs().hostSubmitter.findByKey(mine(transaction), tenant, idempotencyKey);
  }

  private JdbcTransaction mine(HostTransaction transaction) {
    if (transaction instanceof JdbcTransaction mine) {
      return mine;
    }
    throw HostTransaction.refused(transaction, getClass());
  }

  // --- Working ---

  @Override
  public boolean hasTransactions(Class<?> kind) {
    return JdbcItemTransaction.hasKind(kind);
  }

  @Override
  public <T> ItemTransaction<T> beginTransaction(Class<T> kind, long session) {
    return new JdbcItemTransaction<>(() -> verbs().database, kind, session);
  }

  @Override
  public Claim claim(ClaimRequest request) {
    return verbs().claimer.claim(request);
  }

  @Override
  public Claim claimSuspect(long session, Collection<String> types) {
    return verbs().claimer.claimSuspect(session, types);
  }

  @Override
  public Claim owned(long session) {
    return verbs().claimer.owned(session);
  }

  @Override
  public List<BatchHeader> headers(Collection<Long> batches) {
    return verbs().jobs.headers(batches);
  }

  @Override
  public List<StoredInput> load(ClaimedChunk chunk) {
    return verbs().loader.load(chunk);
  }

  @Override
  public List<StoredInput> load(List<ClaimedItem> parked) {
    return verbs().loader.load(parked);
  }

  @Override
  public List<Long> markRunning(Collection<Long> batches) {
    return verbs().claimer.markRunning(batches);
  }

  @Override
  public boolean settle(Settlement settlement) {
    return verbs().settling.settle(settlement);
  }

  @Override
  public List<BatchJob> completeIfDone(Collection<Long> batches) {
    return verbs().completer.completeIfDone(batches);
  }

  @Override
  public Claim claimSequential(long session, Collection<String> types) {
    return verbs().sequentialClaimer.claim(session, types);
  }

  // --- Steering ---

  @Override
  public Optional<StateChange> cancel(Steering steering, CancelMode mode) {
    return verbs().steerer.cancel(steering, mode);
  }

  @Override
  public Optional<StateChange> pause(Steering steering) {
    return verbs().steerer.pause(steering);
  }

  @Override
  public Optional<StateChange> resume(Steering steering) {
    return verbs().steerer.resume(steering);
  }

  @Override
  public Optional<StateChange> retryFailed(Steering steering, FailedItems which) {
    return verbs().reopener.retryFailed(steering, which);
  }

  @Override
  public boolean giveUp(long batch, String actor) {
    return verbs().steerer.giveUp(batch, actor);
  }

  @Override
  public List<Steered> steered(Collection<Long> batches) {
    return verbs().steerer.steered(batches);
  }

  @Override
  public boolean cancelUnowned(long batch, int most) {
    return verbs().canceller.cancelUnowned(batch, most);
  }

  @Override
  public List<Long> stopping(int limit) {
    return verbs().steerer.stopping(limit);
  }

  @Override
  public List<Long> overdue(int limit) {
    return verbs().steerer.overdue(limit);
  }

  @Override
  public long failures(long batch) {
    return verbs().steerer.failures(batch);
  }

  @Override
  public int removeSubmittedBy(String owner, @Nullable String tenant, String actor, int most) {
    return verbs().remover.removeSubmittedBy(owner, tenant, actor, most);
  }

  // --- Sweeping ---

  @Override
  public List<Long> done(int limit) {
    return verbs().sweeper.doneBatches(limit);
  }

  @Override
  public void repair() {
    verbs().sweeper.repair();
  }

  @Override
  public int parked(int most) {
    return verbs().sweeper.parked(most);
  }

  @Override
  public int hideEnded(Duration longerAgo, int most) {
    return verbs().remover.hideEnded(longerAgo, most);
  }

  @Override
  public boolean removeHidden(int rows) {
    return verbs().remover.removeHidden(rows);
  }

  // --- Reading ---

  @Override
  public Optional<BatchJob> find(BatchId id, @Nullable String tenant) {
    return verbs().jobs.find(id, tenant);
  }

  @Override
  public Optional<BatchJob> findByKey(String tenant, String idempotencyKey) {
    return verbs().jobs.findByKey(tenant, idempotencyKey);
  }

  @Override
  public Optional<BatchHeader> header(BatchId id, @Nullable String tenant) {
    return verbs().jobs.header(id, tenant);
  }

  @Override
  public Map<BatchId, BatchState> states(Collection<BatchId> ids) {
    return verbs().jobs.states(ids);
  }

  @Override
  public BatchPage<BatchJob> history(HistoryQuery query) {
    return verbs().jobs.history(query);
  }

  @Override
  public BatchPage<BatchItem<String, String>> items(BatchHeader batch, ItemQuery query) {
    return verbs().items.page(batch, query);
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchHeader batch, int index) {
    return verbs().items.find(batch, index);
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchHeader batch, String key) {
    return verbs().items.find(batch, key);
  }

  @Override
  public List<BatchItem<String, String>> settled(BatchHeader batch, int from, int limit) {
    return verbs().items.settled(batch, from, limit);
  }

  @Override
  public List<ItemError> errors(BatchHeader batch, int index) {
    return verbs().items.errors(batch, index);
  }

  @Override
  public List<ErrorGroup> errorGroups(BatchHeader batch, int most) {
    return verbs().items.errorGroups(batch, most);
  }

  @Override
  public boolean hide(BatchId id, @Nullable String tenant, String actor) {
    return verbs().remover.hide(id, tenant, actor);
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
          new Database.Config(new TableNames(schema, tablePrefix), validateOnly, clock);
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
                  size == null ? Math.max(DEFAULT_POOL_SIZE, settings.connections()) : size,
                  settings),
          config);
    }
  }
}
