package org.batchengine.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.List;
import org.batchengine.ManualClock;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchStore;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;

/** A store on a database of its own. */
final class JdbcUnderTest implements StoreUnderTest {
  private static final int CONNECTIONS = 6;
  private static final StoreSettings SETTINGS =
      new StoreSettings(StoreContract.EXPIRY, CONNECTIONS, 1 << 20);

  private final ManualClock clock = ManualClock.at(StoreContract.START);
  private final HikariDataSource pool;
  private final ProbedDataSource probed;
  private final boolean hasClock;
  private final Runnable afterwards;
  private final JdbcBatchStore store;
  private final Jdbi jdbi;

  private JdbcUnderTest(HikariConfig config, boolean hasClock, Runnable afterwards) {
    this.afterwards = afterwards;
    config.setMinimumIdle(1);
    config.setMaximumPoolSize(CONNECTIONS);
    pool = new HikariDataSource(config);
    probed = new ProbedDataSource(pool);
    this.hasClock = hasClock;
    store = another();
    store.open(SETTINGS);
    jdbi = Jdbi.create(pool);
  }

  /** On a file in the folder, which is made if it is missing. */
  static JdbcUnderTest onH2(Path folder) {
    return new JdbcUnderTest(h2(folder), true, () -> {});
  }

  /** On a database of H2 whose sessions have this time zone, with the database's own time. */
  static JdbcUnderTest onH2In(String zone, Path folder) {
    return new JdbcUnderTest(in(zone, h2(folder)), false, () -> {});
  }

  private static HikariConfig h2(Path folder) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(
        "jdbc:h2:async:%s;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE"
            .formatted(folder.resolve("batches")));
    config.setUsername("sa");
    return config;
  }

  /** On an empty database, which is given back. */
  static JdbcUnderTest onPostgres() {
    String url = Postgres.emptyDatabase();
    return new JdbcUnderTest(postgres(url), true, () -> Postgres.giveBack(url));
  }

  /** On the database of the URL, which stays as it is then. */
  static JdbcUnderTest onPostgres(String url) {
    return new JdbcUnderTest(postgres(url), true, () -> {});
  }

  /** On an empty database whose sessions have this time zone, with the database's own time. */
  static JdbcUnderTest onPostgresIn(String zone) {
    String url = Postgres.emptyDatabase();
    return new JdbcUnderTest(in(zone, postgres(url)), false, () -> Postgres.giveBack(url));
  }

  private static HikariConfig postgres(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    return config;
  }

  private static HikariConfig in(String zone, HikariConfig config) {
    config.setConnectionInitSql("set time zone '" + zone + "'");
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
  public long rowsInMotion(long batch) {
    return count("select count(*) from batch_chunk where batch_no = ?", batch)
        + count("select count(*) from batch_parked where batch_no = ?", batch)
        + count("select count(*) from batch_progress where batch_no = ?", batch);
  }

  @Override
  public long rows(long batch) {
    long rows = rowsInMotion(batch);
    for (String table : List.of("batch_job", "batch_key", "batch_item_key", "batch_event")) {
      rows += count("select count(*) from " + table + " where batch_no = ?", batch);
    }
    for (String table : List.of("batch_item", "batch_outcome", "batch_error")) {
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
                    "select kind, actor, reason, happened_at from batch_event"
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
    pool.close();
    afterwards.run();
  }
}
