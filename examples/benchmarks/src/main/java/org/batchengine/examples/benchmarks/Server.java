package org.batchengine.examples.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Makes a fresh database for each trial. */
interface Server extends AutoCloseable {

  String POSTGRES = "postgresql";
  String H2 = "h2";

  /** Starts a server; {@code countsStatements} costs all contestants a little. */
  static Server start(String name, boolean countsStatements) throws IOException {
    return switch (name) {
      case POSTGRES -> new Postgres(countsStatements);
      case H2 -> new H2Files();
      default ->
          throw new IllegalArgumentException(
              "no database \"%s\": there are %s and %s".formatted(name, POSTGRES, H2));
    };
  }

  MeasuredDatabase fresh() throws Exception;

  void drop(MeasuredDatabase database) throws Exception;

  /** The settings that matter here, as the database reports them. */
  Map<String, String> settings() throws Exception;

  @Override
  void close() throws IOException;

  /** A server of its own, as durable as PostgreSQL is by default. */
  final class Postgres implements Server {
    private final EmbeddedPostgres server;
    private int databases;

    private Postgres(boolean countsStatements) throws IOException {
      // This way of starting turns the first two off unless told otherwise.
      EmbeddedPostgres.Builder builder =
          EmbeddedPostgres.builder()
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("max_connections", "200");
      if (countsStatements) {
        builder.setServerConfig("shared_preload_libraries", "pg_stat_statements");
      }
      server = builder.start();
    }

    @Override
    public MeasuredDatabase fresh() throws SQLException {
      String name = "trial_" + ++databases;
      admin().execute("create database " + name);
      return new MeasuredDatabase(server.getJdbcUrl("postgres", name));
    }

    @Override
    public void drop(MeasuredDatabase database) throws SQLException {
      admin().execute("drop database %s with (force)".formatted(database.name()));
    }

    private MeasuredDatabase admin() {
      return new MeasuredDatabase(server.getJdbcUrl("postgres", "postgres"));
    }

    @Override
    public Map<String, String> settings() throws SQLException {
      return rows(
          admin(),
          """
          select name, coalesce(setting || ' ' || unit, setting) from pg_settings
          where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes',
            'wal_sync_method', 'shared_buffers', 'max_wal_size', 'checkpoint_timeout')
          or source = 'command line' and name not like '%\\_director%' and name <> 'port'
          order by 1
          """);
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  /** Files in a temporary folder, opened by the contestant's own JVM. */
  final class H2Files implements Server {
    private final Path folder = Files.createTempDirectory("benchmarks");
    private int databases;

    private H2Files() throws IOException {}

    @Override
    public MeasuredDatabase fresh() {
      return MeasuredDatabase.h2(folder.resolve("trial_" + ++databases));
    }

    @Override
    public void drop(MeasuredDatabase database) throws IOException {
      String prefix = Path.of(database.name()).getFileName() + ".";
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          if (file.getFileName().toString().startsWith(prefix)) {
            Files.delete(file);
          }
        }
      }
    }

    @Override
    public Map<String, String> settings() throws SQLException, IOException {
      MeasuredDatabase database = fresh();
      Map<String, String> settings =
          rows(
              database,
              """
              select setting_name, setting_value from information_schema.settings
              where setting_name in ('info.VERSION', 'WRITE_DELAY', 'CACHE_SIZE', 'MODE')
              """);
      drop(database);
      return settings;
    }

    @Override
    public void close() throws IOException {
      Files.delete(folder);
    }
  }

  private static Map<String, String> rows(MeasuredDatabase database, String sql)
      throws SQLException {
    Map<String, String> found = new LinkedHashMap<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        found.put(rows.getString(1), rows.getString(2));
      }
    }
    return found;
  }
}
