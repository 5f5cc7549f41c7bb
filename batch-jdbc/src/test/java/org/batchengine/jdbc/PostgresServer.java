package org.batchengine.jdbc;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.batchengine.jdbc.database.TableNames;
import org.jdbi.v3.core.Handle;

/**
 * One real PostgreSQL server a JVM: it starts when it is first asked for and stops with the JVM.
 * Its fsync is off.
 */
public final class PostgresServer {
  private static final AtomicInteger databases = new AtomicInteger();
  private static final Queue<String> givenBack = new ConcurrentLinkedQueue<>();

  private static final String EMPTY =
      TableNames.ALL.stream()
          .filter(table -> !table.endsWith("schema"))
          .map(
              table ->
                  "delete from "
                      + table
                      + (table.equals("batch_limit") ? " where limit_no > 0" : ""))
          .collect(Collectors.joining("; ", "", "; update batch_limit set revision = 0"));

  private PostgresServer() {}

  private static final class Server {
    static final EmbeddedPostgres RUNNING = start();

    private static EmbeddedPostgres start() {
      try {
        EmbeddedPostgres server =
            EmbeddedPostgres.builder().setServerConfig("max_connections", "200").start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
        return server;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void stop(EmbeddedPostgres server) {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** URL of a fresh database without any table. */
  public static String freshDatabase() {
    String name = "test_" + databases.incrementAndGet();
    execute("create database " + name);
    return Server.RUNNING.getJdbcUrl("postgres", name);
  }

  /** URL of a database with the tables of a store and no row in them: fresh, or given back. */
  static String emptyDatabase() {
    String url = givenBack.poll();
    return url == null ? newDatabase() : url;
  }

  /** URL of a database with the tables of a store, whose indexes have never held a row. */
  static String newDatabase() {
    String url = freshDatabase();
    JdbcUnderTest.on(url).close();
    return url;
  }

  /** Makes the database empty again: that takes a hundredth of the time of a fresh one. */
  static void giveBack(String url) {
    TestJdbi.of(url).useHandle(PostgresServer::empty);
    givenBack.add(url);
  }

  /** Removes all rows of a store, of any database. */
  static void empty(Handle handle) {
    handle.execute(EMPTY);
  }

  /** Removes the database of the URL; connections to it are ended. */
  public static void drop(String url) {
    execute("drop database " + nameOf(url) + " with (force)");
  }

  private static String nameOf(String url) {
    return url.substring(url.lastIndexOf('/') + 1).replaceAll("\\?.*", "");
  }

  private static void execute(String sql) {
    try (Connection connection = Server.RUNNING.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}
