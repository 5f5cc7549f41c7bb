package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.model.StoreException;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jspecify.annotations.Nullable;

/**
 * An open database: how to run work on it, and what its statements look like.
 *
 * @param isOfThisProcessAlone whether no other process can have it open
 * @param rows registers how rows become values
 */
public record Database(
    Transactions transactions,
    SqlTemplates sql,
    Dialect dialect,
    boolean isOfThisProcessAlone,
    Consumer<Jdbi> rows) {

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
    DataSource dataSource = pool.dataSource();
    try (Connection sample = dataSource.getConnection()) {
      Dialect dialect = Dialect.of(sample);
      dialect.check(sample, settings);
      SqlTemplates sql = new SqlTemplates(config.tables(), dialect, config.clock());
      Jdbi jdbi = configured(Jdbi.create(Connections.of(dataSource, sample)), sql, config.rows());
      boolean isAlone = dialect.isOfThisProcessAlone(sample);
      String bounds = pool.isOwn() ? "" : dialect.transactionBounds(settings);
      sample.close(); // what follows needs the whole pool
      requireConnections(dataSource, settings.connections());
      new Schema(jdbi, sql, dialect, config.tables(), Schema.FILES).ensure(config.validateOnly());
      return new Database(
          new Transactions(jdbi, bounds, dialect.writeTurns()),
          sql,
          dialect,
          isAlone,
          config.rows());
    } catch (SQLException e) {
      throw SqlFaults.cannotOpen(e);
    }
  }

  /** The same tables, in the transaction that a connection of the host is in. */
  public Database within(Connection connection) {
    Jdbi jdbi = configured(Jdbi.create(connection), sql, rows);
    return new Database(transactions.within(jdbi), sql, dialect, isOfThisProcessAlone, rows);
  }

  private static Jdbi configured(Jdbi jdbi, SqlTemplates sql, Consumer<Jdbi> rows) {
    jdbi.installPlugin(new SqlObjectPlugin());
    jdbi.getConfig(SqlStatements.class).setTemplateEngine(sql).setSqlParser(sql);
    SqlObjects.register(jdbi);
    Columns.register(jdbi);
    rows.accept(jdbi);
    return jdbi;
  }

  /** A pool that is too small would let the engine's threads wait for each other. */
  private static void requireConnections(DataSource dataSource, int needed) throws SQLException {
    OptionalInt size = ConnectionPool.sizeOf(dataSource);
    int given = size.isPresent() ? size.getAsInt() : borrow(dataSource, needed);
    if (given < needed) {
      throw StoreException.ofPermanent(
          "the pool has %d connections, but the engine's threads need up to %d at once: enlarge the pool"
              .formatted(given, needed),
          null);
    }
  }

  private static int borrow(DataSource dataSource, int needed) throws SQLException {
    List<Connection> borrowed = new ArrayList<>();
    try {
      while (borrowed.size() < needed) {
        borrowed.add(dataSource.getConnection());
      }
    } catch (SQLException e) {
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
}
