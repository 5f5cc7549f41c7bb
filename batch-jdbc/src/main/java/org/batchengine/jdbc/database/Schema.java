package org.batchengine.jdbc.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.jdbc.sql.WriteTurns;
import org.batchengine.model.StoreException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the tables to the version that this library knows. A file for each version does it and
 * ends by writing that version, so that it makes no difference who runs it. Each can be run again
 * after it was stopped half-way.
 */
final class Schema {
  private static final Logger log = LoggerFactory.getLogger(Schema.class);

  /** The file of each version, from 1 on. */
  static final List<String> FILES = List.of("V1__create.sql");

  /** PostgreSQL: undefined table. H2: table not found, schema not found. */
  private static final Set<String> NO_TABLE = Set.of("42P01", "42S02", "42S04", "90079");

  /** PostgreSQL; H2: not enough rights, admin rights required. */
  private static final Set<String> NO_RIGHT = Set.of("42501", "90096", "90040");

  /** As in the files: the place of the lock, and of the version, must be there before them. */
  static final String CREATE_VERSIONS =
      """
      create table if not exists batch_schema (
        version              int not null,
        installed_at         timestamp(6) with time zone not null,
        constraint batch_schema_pk primary key (version)
      )
      """;

  private static final Pattern END_OF_STATEMENT = Pattern.compile(";\\s*\n");

  private final Jdbi jdbi;
  private final SqlTemplates sql;
  private final Dialect dialect;
  private final TableNames tables;
  private final List<String> files;

  /**
   * The tables of a database.
   *
   * @param files the file of each version, from 1 on
   */
  Schema(Jdbi jdbi, SqlTemplates sql, Dialect dialect, TableNames tables, List<String> files) {
    this.jdbi = jdbi;
    this.sql = sql;
    this.dialect = dialect;
    this.tables = tables;
    this.files = files;
  }

  /** Makes or upgrades the tables. With {@code validateOnly} it refuses to. */
  void ensure(boolean validateOnly) {
    int found = found();
    if (found < files.size()) {
      bringUp(found, validateOnly);
    }
    refuseMissingRights();
  }

  private int found() {
    try {
      return Transactions.retried(() -> jdbi.withHandle(this::version));
    } catch (StoreException e) {
      if (isNoRight(e)) {
        refuseMissingRights();
      }
      throw e;
    }
  }

  private static boolean isNoRight(StoreException e) {
    return e.getCause() instanceof SQLException cause && NO_RIGHT.contains(SqlFaults.state(cause));
  }

  private void bringUp(int found, boolean validateOnly) {
    if (validateOnly) {
      throw StoreException.ofPermanent(
          "%s, and the store is set to validateOnly: run %s from the jar first"
              .formatted(describe(found), fileOf(found + 1)),
          null);
    }
    try {
      Transactions.retried(
          () -> {
            createSchema();
            dialect.changeTables(jdbi, this::upgrade);
            return files.size();
          });
    } catch (StoreException e) {
      throw isNoRight(e)
          ? StoreException.ofPermanent(
              "%s, and the user lacks the privilege to change that: grant it, or run %s from the jar as another user; %s"
                  .formatted(describe(found), fileOf(found + 1), e.getMessage()),
              e.getCause())
          : e;
    }
  }

  private String describe(int version) {
    return version == 0
        ? "the tables " + tables + " do not exist"
        : "the tables %s have version %d".formatted(tables, version);
  }

  private String fileOf(int version) {
    return "org/batchengine/jdbc/schema/%s/%s".formatted(dialect.folder(), files.get(version - 1));
  }

  /** The newest version that was installed; 0 if there is none. */
  private int version(Handle handle) {
    int version;
    try {
      version =
          handle
              .createQuery("select coalesce(max(version), 0) from batch_schema")
              .mapTo(Integer.class)
              .one();
    } catch (JdbiException e) {
      SQLException cause = SqlFaults.in(e);
      if (cause != null && NO_TABLE.contains(SqlFaults.state(cause))) {
        return 0;
      }
      throw e;
    }
    if (version > files.size()) {
      throw StoreException.ofPermanent(
          "%s, but this library only knows versions up to %d: use the library version that created them, or a later one"
              .formatted(describe(version), files.size()),
          null);
    }
    return version;
  }

  private void createSchema() {
    String schema = tables.schema();
    if (schema == null) {
      return;
    }
    jdbi.useHandle(
        handle -> {
          try (WriteTurns.Turn turn = dialect.writeTurns().take()) {
            if (!hasSchema(handle, schema)) {
              handle.execute("create schema if not exists " + schema);
            }
          }
        });
  }

  private boolean hasSchema(Handle handle, String schema) {
    try {
      return dialect.hasSchema(handle.getConnection(), schema);
    } catch (SQLException e) {
      throw new UncheckedSqlException(e);
    }
  }

  /** Runs under the lock; another node may have done it meanwhile. */
  private void upgrade(Handle handle) {
    handle.execute(CREATE_VERSIONS);
    for (int version = version(handle) + 1; version <= files.size(); version++) {
      END_OF_STATEMENT.splitAsStream(read(fileOf(version))).forEach(handle::execute);
      log.info("tables {} are now at version {}", tables, version);
    }
  }

  private static String read(String file) {
    try (InputStream content = Schema.class.getResourceAsStream("/" + file)) {
      if (content == null) {
        throw new IllegalStateException("the jar does not contain " + file);
      }
      return new String(content.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void refuseMissingRights() {
    List<String> all = TableNames.ALL.stream().map(sql::sql).toList();
    List<String> missing =
        Transactions.retried(() -> jdbi.withHandle(handle -> dialect.missingRights(handle, all)));
    if (!missing.isEmpty()) {
      throw StoreException.ofPermanent(
          "the user needs select, insert, update and delete on the tables %s, but lacks %s: grant them"
              .formatted(tables, String.join("; ", missing)),
          null);
    }
  }
}
