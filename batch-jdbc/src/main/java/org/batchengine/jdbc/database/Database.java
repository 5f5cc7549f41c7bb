package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;

/**
 * An open database: how to run work on it, and what its statements look like.
 *
 * @param brief for the engine's own threads, which wait for no lock for long
 * @param isOfThisProcessAlone whether no other process can have it open
 * @param answerMillis how long an answer is awaited; 0 if that is up to the pool
 * @param rows registers how rows become values
 */
public record Database(
    Transactions transactions,
    Transactions brief,
    SqlTemplates sql,
    Dialect dialect,
    boolean isOfThisProcessAlone,
    int answerMillis,
    Consumer<Jdbi> rows,
    ConnectionPool pool) {

  /**
   * What a store was told of its database.
   *
   * @param rows registers how rows become values
   */
  public record Config(
      TableNames tables,
      boolean validateOnly,
      @Nullable InstantSource clock,
      Consumer<Jdbi> rows) {}

  /** Checks the database and its pool, and makes or checks the tables. */
  public static Database open(ConnectionPool pool, Config config, StoreSettings settings) {
    try (Connection sample = pool.borrow()) {
      Dialect dialect = Dialect.of(sample);
      dialect.check(sample, settings);
      SqlTemplates sql = new SqlTemplates(config.tables(), dialect, config.clock());
      Connections connections = Connections.of(pool, sample, dialect);
      Jdbi jdbi = configured(Jdbi.create(connections), sql, config.rows());
      boolean isAlone = dialect.isOfThisProcessAlone(sample);
      String bounds = dialect.transactionBounds(settings, pool.isOwn());
      sample.close(); // what follows needs the whole pool
      pool.requireConnections(settings.connections(), settings.mostConnections());
      pool.refuseShared(dialect);
      dialect.check(pool);
      Transactions plain = new Transactions(jdbi, bounds, dialect.writeTurns());
      Transactions transactions = dialect.sharesConnections() ? plain.always() : plain;
      new Schema(jdbi, sql, dialect, config.tables(), Schema.FILES).ensure(config.validateOnly());
      return new Database(
          transactions,
          transactions.brief(dialect.briefBounds()),
          sql,
          dialect,
          isAlone,
          connections.answerMillis(),
          config.rows(),
          pool);
    } catch (SQLException e) {
      throw SqlFaults.cannotOpen(e);
    }
  }

  /** The same tables, in the transaction that a connection of the host is in. */
  public Database within(Connection connection) {
    Jdbi jdbi = configured(Jdbi.create(connection), sql, rows);
    Transactions hosts = transactions.within(jdbi);
    return new Database(hosts, hosts, sql, dialect, isOfThisProcessAlone, answerMillis, rows, pool);
  }

  private static Jdbi configured(Jdbi jdbi, SqlTemplates sql, Consumer<Jdbi> rows) {
    jdbi.installPlugin(new SqlObjectPlugin());
    jdbi.getConfig(SqlStatements.class).setTemplateEngine(sql).setSqlParser(sql);
    SqlObjects.register(jdbi);
    Columns.register(jdbi);
    rows.accept(jdbi);
    return jdbi;
  }
}
