package org.batchengine.jdbc;

import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.TemplateEngine;
import org.jspecify.annotations.Nullable;

/**
 * Makes statements of the SQL in the code: puts in the configured table names, and what the
 * database says in its own way:
 *
 * <ul>
 *   <li>{@code <now>}: the instant at which the statement began. In tests a clock's.
 *   <li>{@code <lock_session>}: the lock that a claim takes on its session
 *   <li>{@code <unless_taken>}: what makes an insert pass over a key that is taken
 *   <li>{@code <ready>}: with what an order by begins that follows the index of ready chunks
 * </ul>
 */
final class SqlTemplates implements TemplateEngine {
  private static final DateTimeFormatter LITERAL =
      DateTimeFormatter.ofPattern("'timestamp with time zone '''uuuu-MM-dd HH:mm:ss.SSSSSSxxx''")
          .withZone(ZoneOffset.UTC);

  private final TableNames tables;
  private final Dialect dialect;
  private final @Nullable InstantSource clock;
  private final Map<String, String> known = new ConcurrentHashMap<>();

  SqlTemplates(TableNames tables, Dialect dialect, @Nullable InstantSource clock) {
    this.tables = tables;
    this.dialect = dialect;
    this.clock = clock;
  }

  String sql(String template) {
    String sql = known.computeIfAbsent(template, this::translate);
    return clock == null ? sql : sql.replace("<now>", LITERAL.format(clock.instant()));
  }

  private String translate(String template) {
    String sql =
        tables
            .in(template)
            .replace("<lock_session>", dialect.sessionLock())
            .replace("<unless_taken>", dialect.unlessTaken())
            .replace("<ready>", dialect.ready());
    return clock == null ? sql.replace("<now>", dialect.now()) : sql;
  }

  @Override
  public String render(String template, StatementContext context) {
    return sql(template);
  }
}
