package org.batchengine.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.batchengine.ManualClock;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchStore;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;

/** A store on a database of its own. */
final class JdbcUnderTest implements StoreUnderTest {
  private static final int CONNECTIONS = 6;
  private static final StoreSettings SETTINGS =
      new StoreSettings(StoreContract.EXPIRY, CONNECTIONS, 1 << 20);

  /** The pools of empty databases. */
  private static final Queue<HikariDataSource> ON_H2 = new ConcurrentLinkedQueue<>();

  private static final Queue<HikariDataSource> ON_POSTGRES = new ConcurrentLinkedQueue<>();

  private static final Queue<HikariDataSource> THROUGH = new ConcurrentLinkedQueue<>();

  private final ManualClock clock = ManualClock.at(StoreContract.START);
  private final ProbedDataSource probed;
  private final boolean hasClock;
  private final Runnable afterwards;
  private final JdbcBatchStore store;
  private final Jdbi jdbi;

  private JdbcUnderTest(HikariDataSource pool, boolean hasClock, Runnable afterwards) {
    this.hasClock = hasClock;
    this.afterwards = afterwards;
    probed = new ProbedDataSource(pool);
    store = another();
    store.connect(SETTINGS);
    jdbi = TestJdbi.of(pool);
  }

  /** On an empty database of H2, which is given back. */
  static JdbcUnderTest onH2() {
    return onOneOf(ON_H2, H2Files::emptyDatabase);
  }

  /** On a file in the folder, which is made if it is missing. */
  static JdbcUnderTest onH2(Path folder) {
    return on(H2Files.url(folder, "batches"));
  }

  /** On a database of H2 in memory; its name is used once. */
  static JdbcUnderTest onH2InMemory(String name) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl("jdbc:h2:mem:" + name);
    config.setUsername("sa");
    HikariDataSource pool = new HikariDataSource(config);
    return new JdbcUnderTest(pool, true, pool::close);
  }

  /** On a database of H2 whose sessions have this time zone, with the database's own time. */
  static JdbcUnderTest onH2In(String zone) {
    String url = H2Files.emptyDatabase();
    return in(zone, url, () -> H2Files.giveBack(url));
  }

  /** On an empty database of PostgreSQL, which is given back. */
  static JdbcUnderTest onPostgres() {
    return onOneOf(ON_POSTGRES, PostgresServer::emptyDatabase);
  }

  /** On an empty database of PostgreSQL to whose URL there is another way, the same each time. */
  static JdbcUnderTest onPostgresThrough(UnaryOperator<String> way) {
    return onOneOf(THROUGH, () -> way.apply(PostgresServer.emptyDatabase()));
  }

  /** On an empty database whose sessions have this time zone, with the database's own time. */
  static JdbcUnderTest onPostgresIn(String zone) {
    String url = PostgresServer.emptyDatabase();
    return in(zone, url, () -> PostgresServer.giveBack(url));
  }

  /** On the database of the URL, which stays as it is then. */
  static JdbcUnderTest on(String url) {
    HikariDataSource pool = new HikariDataSource(config(url));
    return new JdbcUnderTest(pool, true, pool::close);
  }

  /** With the connections that are there: those of PostgreSQL are slow when they are new. */
  private static JdbcUnderTest onOneOf(Queue<HikariDataSource> resting, Supplier<String> url) {
    HikariDataSource rested = resting.poll();
    HikariDataSource pool = rested == null ? new HikariDataSource(config(url.get())) : rested;
    return new JdbcUnderTest(
        pool,
        true,
        () -> {
          TestJdbi.of(pool).useHandle(PostgresServer::empty);
          resting.add(pool);
        });
  }

  private static JdbcUnderTest in(String zone, String url, Runnable giveBack) {
    HikariConfig config = config(url);
    config.setConnectionInitSql("set time zone '" + zone + "'");
    HikariDataSource pool = new HikariDataSource(config);
    return new JdbcUnderTest(
        pool,
        false,
        () -> {
          pool.close();
          giveBack.run();
        });
  }

  private static HikariConfig config(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMinimumIdle(1);
    config.setMaximumPoolSize(CONNECTIONS);
    return config;
  }

  /** SQL on the store's tables, past the store. */
  Jdbi jdbi() {
    return jdbi;
  }

  ProbedDataSource probed() {
    return probed;
  }

  @Override
  public BatchStore store() {
    return store;
  }

  @Override
  public JdbcBatchStore another() {
    JdbcBatchStore.Builder builder = JdbcBatchStore.builder(probed.dataSource());
    return (hasClock ? builder.clock(clock) : builder).build();
  }

  @Override
  public ManualClock clock() {
    return clock;
  }

  @Override
  public void passDeadline(long batch) {
    execute("update batch_job set deadline_at = created_at where batch_no = ?", batch);
  }

  @Override
  public void setState(long batch, BatchState state) {
    execute(
        "update batch_job set state = ?, stopping_to = ? where batch_no = ?",
        state.name(),
        state == BatchState.STOPPING ? "CANCELLED" : null,
        batch);
  }

  @Override
  public void loseSession(long session) {
    execute("delete from batch_session where id = ?", session);
    execute("delete from batch_renewal where session_id = ?", session);
  }

  @Override
  public void forceOutcome(long batch, int index) {
    execute(
        """
        insert into batch_outcome (item_id, state, attempts, settled_at)
        values (?, 'FAILED', 1, current_timestamp)
        """,
        ItemIds.of(batch, index));
  }

  @Override
  public void defer(long batch, int index) {
    execute(
        "update batch_parked set kind = 'DEFERRED' where item_id = ?", ItemIds.of(batch, index));
  }

  @Override
  public void loseMotion(long batch) {
    execute("delete from batch_chunk where batch_no = ?", batch);
    execute("delete from batch_parked where batch_no = ?", batch);
  }

  @Override
  public void loseUnowned(long batch) {
    execute("delete from batch_chunk where batch_no = ? and session_id is null", batch);
    execute("delete from batch_parked where batch_no = ? and session_id is null", batch);
  }

  @Override
  public void loseCounters(long batch) {
    execute("delete from batch_progress where batch_no = ?", batch);
  }

  @Override
  public long rowsInMotion(long batch) {
    return count("select count(*) from batch_chunk where batch_no = ?", batch)
        + count("select count(*) from batch_parked where batch_no = ?", batch)
        + count("select count(*) from batch_progress where batch_no = ?", batch);
  }

  @Override
  public long rows(long batch) {
    long rows = rowsInMotion(batch);
    for (String table :
        List.of("batch_job", "batch_key", "batch_item_key", "batch_report", "batch_wait")) {
      rows += count("select count(*) from " + table + " where batch_no = ?", batch);
    }
    for (String table : List.of("batch_item", "batch_outcome", "batch_error", "batch_input")) {
      rows +=
          count(
              "select count(*) from " + table + " where item_id >= ? and item_id < ?",
              ItemIds.first(batch),
              ItemIds.end(batch));
    }
    return rows;
  }

  private long count(String sql, Object... arguments) {
    return jdbi.withHandle(handle -> handle.select(sql, arguments).mapTo(Long.class).one());
  }

  private void execute(String sql, Object... arguments) {
    jdbi.useHandle(handle -> handle.execute(sql, arguments));
  }

  @Override
  public List<Event> events(long batch) {
    return jdbi.withHandle(
        handle ->
            handle
                .select(
                    "select kind, coalesce(actor, node) as actor, reason, happened_at from batch_event"
                        + " where batch_no = ? order by id",
                    batch)
                .map(
                    (row, context) ->
                        new Event(
                            row.getString("kind"),
                            row.getString("actor"),
                            row.getString("reason"),
                            row.getObject("happened_at", OffsetDateTime.class).toInstant()))
                .list());
  }

  @Override
  public List<String> violations() {
    return SqlInvariants.violations(jdbi);
  }

  @Override
  public int connectionsOut() {
    return probed.connectionsOut();
  }

  @Override
  public void close() {
    store.close();
    afterwards.run();
  }
}
