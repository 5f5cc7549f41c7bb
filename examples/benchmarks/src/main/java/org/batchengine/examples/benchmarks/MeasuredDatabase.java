package org.batchengine.examples.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A database of a trial: connections to it, and what it reports of itself. */
record MeasuredDatabase(String url) {
  private static final String H2_FILE = "jdbc:h2:async:";

  /** The URL of an H2 file, which loses nothing when its process is killed. */
  static MeasuredDatabase h2(Path file) {
    return new MeasuredDatabase(
        H2_FILE + file + ";USER=sa;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0");
  }

  boolean isPostgres() {
    return url.startsWith("jdbc:postgresql:");
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url);
  }

  HikariDataSource pool(int connections) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(connections);
    if (isPostgres()) {
      config.addDataSourceProperty("reWriteBatchedInserts", "true");
    }
    return new HikariDataSource(config);
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  long number(String sql) throws SQLException {
    return Long.parseLong(text(sql));
  }

  private String text(String sql) throws SQLException {
    try (Connection connection = connect()) {
      return text(connection, sql);
    }
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /** Lets the database count the statements that run from now on; close the connection at last. */
  Connection countStatements() throws SQLException {
    Connection connection = connect();
    try (Statement statement = connection.createStatement()) {
      if (isPostgres()) {
        statement.execute("create extension if not exists pg_stat_statements");
      } else {
        statement.execute("set query_statistics_max_entries 1000");
        statement.execute("set query_statistics true");
      }
    }
    return connection;
  }

  /** {@return how many statements ran, transaction control on PostgreSQL included} */
  long statements(Connection counting) throws SQLException {
    return Long.parseLong(
        text(
            counting,
            isPostgres()
                ? """
                select coalesce(sum(s.calls), 0)::bigint from pg_stat_statements s
                join pg_database d on d.oid = s.dbid where d.datname = current_database()
                """
                : "select coalesce(sum(execution_count), 0) from information_schema.query_statistics"));
  }

  /** {@return how many transactions PostgreSQL has counted, asked from another database} */
  long transactions() throws SQLException {
    return new MeasuredDatabase(url.replace("/" + name(), "/postgres"))
        .number(
            "select xact_commit + xact_rollback from pg_stat_database where datname = '%s'"
                .formatted(name()));
  }

  /** {@return what tells this database from the others of its server: its name, or the file} */
  String name() {
    return isPostgres()
        ? url.replaceAll("\\?.*", "").replaceAll(".*/", "")
        : url.substring(H2_FILE.length()).split(";", 2)[0];
  }

  /** {@return the id of the server's first process; -1 on H2, which has none} */
  long serverProcess() throws SQLException, IOException {
    if (!isPostgres()) {
      return -1;
    }
    Path file = Path.of(text("show data_directory"), "postmaster.pid");
    return Long.parseLong(Files.readAllLines(file).get(0));
  }

  /** Writes all pages, so that what follows starts alike for all. */
  void checkpoint() throws SQLException {
    execute(isPostgres() ? "checkpoint" : "checkpoint sync");
  }

  /** {@return how many bytes of log have been written; 0 on H2, which has none} */
  long logBytes() throws SQLException {
    return isPostgres() ? number("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn") : 0;
  }

  /** {@return how many bytes the tables and indexes take; on H2 the file, once it is closed} */
  long diskBytes() throws SQLException, IOException {
    if (!isPostgres()) {
      return Files.size(Path.of(name() + ".mv.db"));
    }
    return number(
        """
        select sum(pg_total_relation_size(c.oid)) from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)'
        """);
  }

  /** {@return the dead rows of tables with a row an item, once all others have left} */
  long deadRows(int items) throws SQLException, InterruptedException {
    if (!isPostgres()) {
      return 0;
    }
    // A connection counts its rows when it ends, at the latest.
    String others =
        """
        select count(*) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
        and backend_type = 'client backend'
        """;
    while (number(others) > 0) {
      Thread.sleep(10);
    }
    return number(
        "select coalesce(sum(n_dead_tup), 0) from pg_stat_user_tables where n_tup_ins >= " + items);
  }
}
