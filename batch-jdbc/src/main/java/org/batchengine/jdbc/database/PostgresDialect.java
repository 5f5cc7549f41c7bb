package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.model.StoreException;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** PostgreSQL 13 and later. */
final class PostgresDialect implements Dialect {
  private static final int OLDEST = 13;
  private static final int LOCK_TIMEOUT_MILLIS = 10_000;
  private static final String BRIEF_BOUNDS =
      "set local lock_timeout = " + Transactions.BRIEF.toMillis();

  /** Number of the advisory lock under which tables are changed. */
  private static final long SCHEMA_LOCK = 0x6261746368656e67L; // "batcheng"

  private final boolean isPooled;

  private PostgresDialect(boolean isPooled) {
    this.isPooled = isPooled;
  }

  static PostgresDialect of(Connection connection) throws SQLException {
    return new PostgresDialect(Pooler.isBefore(connection));
  }

  @Override
  public String folder() {
    return "postgresql";
  }

  /** Unlike {@code clock_timestamp()} it can be an index condition. */
  @Override
  public String now() {
    return "statement_timestamp()";
  }

  /** Clashes with a delete, not with a renewal or a settle, which change no key. */
  @Override
  public String sessionLock() {
    return "for key share";
  }

  /** Transactions begin with it. */
  @Override
  public String brief() {
    return "";
  }

  @Override
  public String briefBounds() {
    return BRIEF_BOUNDS;
  }

  @Override
  public String unlessTaken() {
    return "on conflict do nothing";
  }

  /** The index of what is ready is a partial one. */
  @Override
  public String ready() {
    return "";
  }

  @Override
  public String index(String name) {
    return "";
  }

  @Override
  public String indexOrder(String columns) {
    return "order by " + columns;
  }

  /** The range stands in each anti-join again: without it a join would read the whole table. */
  @Override
  public String openItems(String columns) {
    return """
        select i.item_id, %s
        from batch_item i
        where i.item_id >= :first and i.item_id < :end
          and not exists (select 1 from batch_outcome o
            where o.item_id = i.item_id and o.item_id >= :first and o.item_id < :end)
          and not exists (select 1 from batch_parked p
            where p.item_id = i.item_id and p.item_id >= :first and p.item_id < :end)
        order by i.item_id
        """
        .formatted(columns);
  }

  /** Joins are made as they are written, so that there is little to plan. */
  @Override
  public String lookUpInOrder() {
    return """
        set local plan_cache_mode = force_custom_plan; set local join_collapse_limit = 1;
        set local from_collapse_limit = 1; set local enable_sort = off;
        set local enable_hashjoin = off; set local enable_mergejoin = off;
        set local enable_seqscan = off; set local enable_material = off; set local enable_nestloop = on;
        set local max_parallel_workers_per_gather = 0;
        """;
  }

  @Override
  public String second(String instant) {
    return "cast(floor(extract(epoch from %s)) as bigint)".formatted(instant);
  }

  @Override
  public String readRangesOnce() {
    return "set local enable_nestloop = off";
  }

  @Override
  public boolean hasCopy() {
    return true;
  }

  @Override
  public boolean writesInWith() {
    return true;
  }

  @Override
  public void check(Connection connection, StoreSettings settings) throws SQLException {
    int version = connection.getMetaData().getDatabaseMajorVersion();
    if (version < OLDEST) {
      throw StoreException.ofPermanent(
          "PostgreSQL %d is not supported: use %d or later".formatted(version, OLDEST), null);
    }
    String encoding = value(connection, "show server_encoding");
    if (!encoding.equals("UTF8")) {
      throw StoreException.ofPermanent(
          "the database's encoding is %s: create it with encoding UTF8, so that it keeps every text"
              .formatted(encoding),
          null);
    }
  }

  @Override
  public boolean isOfThisProcessAlone(Connection connection) {
    return false;
  }

  @Override
  public Optional<String> refusal(String sql) {
    return PostgresHostCode.refusal(sql);
  }

  @Override
  public List<String> settingsOf(String sql) {
    return PostgresHostCode.settingsOf(sql);
  }

  @Override
  public boolean isFarAway() {
    return true;
  }

  /** By the driver: a pooler lends a process of the server to one after the other. */
  @Override
  public String session(Connection connection) throws SQLException {
    OptionalInt told = PostgresDriver.backend(connection);
    return told.isPresent() ? String.valueOf(told.getAsInt()) : value(connection, Pooler.BACKEND);
  }

  private static String value(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  @Override
  public boolean sharesConnections() {
    return isPooled;
  }

  @Override
  public void check(ConnectionPool pool) throws SQLException {
    if (isPooled) {
      Pooler.refusePreparedStatements(pool);
    }
  }

  @Override
  public String transactionBounds(StoreSettings settings, boolean isOwn) {
    String bounds =
        "set local idle_in_transaction_session_timeout = %d; set local lock_timeout = %d"
            .formatted(settings.sessionExpiry().toMillis(), LOCK_TIMEOUT_MILLIS);
    if (!isPooled) {
      return isOwn ? "" : bounds;
    }
    return "set transaction isolation level read committed; "
        + bounds
        + (isOwn ? "; " + ConnectionPool.localSettings() : "");
  }

  @Override
  public boolean hasSchema(Connection connection, String schema) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("select to_regnamespace(?) is not null")) {
      statement.setString(1, schema);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  @Override
  public void changeTables(Jdbi jdbi, Consumer<Handle> change) {
    jdbi.useTransaction(
        handle -> {
          handle.execute("set local statement_timeout = 0; set local lock_timeout = 0");
          handle
              .createQuery("select 1 from (select pg_advisory_xact_lock(:lock)) locked")
              .bind("lock", SCHEMA_LOCK)
              .mapTo(Integer.class)
              .one();
          change.accept(handle);
        });
  }

  @Override
  public List<String> missingRights(Handle handle, List<String> tables) {
    return handle
        .createQuery(
            """
            select t.name || ' (' || string_agg(r.name, ', ') || ')'
            from unnest(:tables) as t (name),
              unnest(array['select', 'insert', 'update', 'delete']) as r (name)
            where not has_table_privilege(t.name, r.name)
            group by t.name order by t.name
            """)
        .bind("tables", Slices.one(tables, String[]::new))
        .mapTo(String.class)
        .list();
  }
}
