package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.batchengine.jdbc.sql.SqlText;
import org.batchengine.jdbc.sql.WriteTurns;
import org.batchengine.model.StoreException;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** What one kind of database does in its own way. */
public sealed interface Dialect permits H2Dialect, PostgresDialect {

  /** The dialect of the database behind the connection. */
  static Dialect of(Connection connection) throws SQLException {
    DatabaseMetaData database = connection.getMetaData();
    return switch (database.getDatabaseProductName()) {
      case "H2" -> H2Dialect.of(connection);
      case "PostgreSQL" -> PostgresDialect.of(connection);
      default ->
          throw StoreException.ofPermanent(
              "%s %s is not supported: use PostgreSQL 13 or later, or H2 2.3.232 or later"
                  .formatted(
                      database.getDatabaseProductName(), database.getDatabaseProductVersion()),
              null);
    };
  }

  /** Name of the folder that holds the schema files. */
  String folder();

  /** See {@link SqlTemplates}. */
  String now();

  /** See {@link SqlTemplates}. */
  String sessionLock();

  /** See {@link SqlTemplates}. */
  String brief();

  /**
   * What transactions of the engine's own threads begin with, so that they wait for no lock long.
   */
  String briefBounds();

  /** See {@link SqlTemplates}. */
  String unlessTaken();

  /** See {@link SqlTemplates}. */
  String ready();

  /** See {@link SqlTemplates}. */
  default String after(String... texts) {
    return "%s > %s".formatted((Object[]) texts);
  }

  /** See {@link SqlTemplates}. */
  String index(String name);

  /** See {@link SqlTemplates}. */
  String indexOrder(String columns);

  /**
   * Selects the items from {@code :first} to before {@code :end} that are open, by their id.
   *
   * @param columns of the table {@code i} that come after the id
   */
  String openItems(String columns);

  /** Selects the ids of those of them that are not open after all; empty if there are none. */
  default String notOpenItems() {
    return "";
  }

  /**
   * Goes before statements of a transaction that are to look up row by row in the order of a key,
   * whatever the planner believes of the tables; may be empty. A plan that is kept, or one for few
   * rows that come to be many, would read and sort all there are before the first is known.
   */
  String lookUpInOrder();

  /**
   * Statements by which a transaction reads each range that it joins once, whatever the planner
   * believes of the tables; may be empty. A range that is newer than the statistics is believed to
   * have one row, and would be read again for each row of the other.
   */
  String readRangesOnce();

  /** The whole seconds since the epoch of an instant. */
  String second(String instant);

  /** What is wrong with the database though statements do not fail; empty if nothing is. */
  default Optional<String> trouble() {
    return Optional.empty();
  }

  /** Whether transactions may write while others commit. */
  default WriteTurns writeTurns() {
    return WriteTurns.AT_ONCE;
  }

  /** Whether rows can be loaded with {@code COPY}. */
  boolean hasCopy();

  /** Whether a {@code with} can write, so that one statement changes many tables. */
  boolean writesInWith();

  /** Refuses a database, or settings of it, with which batches would not be safe. */
  void check(Connection connection, StoreSettings settings) throws SQLException;

  /** Whether no other process can have the database open while this one has. */
  boolean isOfThisProcessAlone(Connection connection) throws SQLException;

  /**
   * Why host code may not run a text in a transaction that the engine ends; empty if it may. Each
   * statement of the text counts.
   */
  Optional<String> refusal(String sql);

  /** The settings that the text changes until the end of the transaction. */
  List<String> settingsOf(String sql);

  /** Refuses a statement that ends the transaction. */
  static String ends(SqlText statement) {
    return ends('"' + statement.name() + '"');
  }

  /** Refuses what would end the transaction. */
  static String ends(String what) {
    return what
        + " is not allowed: the engine ends this transaction, and commits its writes together with"
        + " the item's outcome";
  }

  /** Refuses a statement that changes the connection for whoever has it next. */
  static String outlives(SqlText statement) {
    return outlives('"' + statement.name() + '"');
  }

  /** Refuses what would change the connection for whoever has it next. */
  static String outlives(String what) {
    return what
        + " is not allowed: it would outlive the item, on a connection that others get next";
  }

  /** Whether it is behind a network, which may swallow an answer. */
  boolean isFarAway();

  /** What tells the connection's session from any other of the database. */
  String session(Connection connection) throws SQLException;

  /**
   * Statements that bound each transaction, for lack of settings of the connection; may be empty.
   *
   * @param isOwn whether the pool is the store's own
   */
  String transactionBounds(StoreSettings settings, boolean isOwn);

  /** Whether the settings of a connection may reach others, so that none must be left behind. */
  default boolean sharesConnections() {
    return false;
  }

  /** Refuses what several connections of a pool show. */
  default void check(ConnectionPool pool) throws SQLException {}

  /** Whether the schema exists that tables are to be made in. */
  boolean hasSchema(Connection connection, String schema) throws SQLException;

  /** Runs the change of tables while no other node changes them. */
  void changeTables(Jdbi jdbi, Consumer<Handle> change);

  /** The tables on which the user lacks rights, and which. */
  List<String> missingRights(Handle handle, List<String> tables);
}
