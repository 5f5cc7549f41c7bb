package org.batchengine.jdbc.database;

import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.store.rules.HeldChunks;
import org.batchengine.store.rules.Losses;
import org.batchengine.store.rules.RecentRate;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.TemplateEngine;
import org.jspecify.annotations.Nullable;

/**
 * Makes statements of the SQL in the code: puts in the configured table names, what the database
 * says in its own way, and what all stores have in common:
 *
 * <ul>
 *   <li>{@code <now>}: the instant at which the statement began. In tests a clock's.
 *   <li>{@code <soon>}: the instant up to which a chunk that is due then is not held
 *   <li>{@code <never>}: when chunks are due whose batch waits for others
 *   <li>{@code <lock_session>}: the lock that a claim takes on its session
 *   <li>{@code <brief>}: that a lock is not waited for long
 *   <li>{@code <unless_taken>}: what makes an insert pass over a key that is taken
 *   <li>{@code <ready>}: with what an order by begins that follows the index of ready chunks
 *   <li>{@code <after a, b>}: that one text comes after another
 *   <li>{@code <by batch_x_y>}: that the table before it is read by this index
 *   <li>{@code <last_loss>}: how often something was lost whose next loss is the last
 *   <li>{@code <rate_seconds>}: how long the rate of a session counts
 *   <li>{@code <rate_window>}: the seconds in which it fades to a third
 *   <li>{@code <first a, b>}: that these are the first rows in this order, which an index has; on
 *       H2 in that of whichever index it reads
 *   <li>{@code <one batch_x y on z>}: a left join of the one row that a unique key finds, which is
 *       looked up whatever the planner believes of the tables
 *   <li>{@code <measures>}, {@code <measures p>}: the columns of what an item was measured at; of
 *       {@code p}
 *   <li>{@code <sums>}, {@code <sums p>}: the columns of the sums of that; the sums of those of
 *       {@code p}
 *   <li>{@code <item_sums>}: the item time and the retries of outcomes {@code o}, but for those
 *       that were cancelled
 *   <li>{@code <batch_sums>}: the sums of a batch, final ones or those of its counters
 * </ul>
 */
public final class SqlTemplates implements TemplateEngine, SqlParser {
  private static final DateTimeFormatter LITERAL =
      DateTimeFormatter.ofPattern("'timestamp with time zone '''uuuu-MM-dd HH:mm:ss.SSSSSSxxx''")
          .withZone(ZoneOffset.UTC);

  /** Literals and casts, in which a colon means something else, and parameters. */
  private static final Pattern PARAMETERS = Pattern.compile("'[^']*'|::|:([\\w.]+)|\\?");

  private static final Pattern COLUMNS = Pattern.compile("<(measures|sums)(?: (\\w+))?>");

  private static final Pattern ORDERS = Pattern.compile("<(after|by|first) ([^>]*)>");

  private static final Pattern LOOK_UPS = Pattern.compile("<one (\\S+) (\\w+) on ([^>]*)>");

  /** Only a batch with names has sums of measures; each may have qualities. */
  private static final String BATCH_SUMS =
      MeasureColumns.SUMS.stream()
          .map(
              name ->
                  """
                  case when %2$s
                    then coalesce(j.%1$s, (select sum(g.%1$s) from batch_progress g where g.batch_no = j.batch_no)) end
                    as %1$s"""
                      .formatted(
                          name, name.endsWith("quality") ? "true" : "j.measures is not null"))
          .collect(Collectors.joining(",\n"));

  private static final String ITEM_SUMS =
      """
      coalesce(sum(case when o.state <> 'CANCELLED' then o.duration_micros end), 0) as item_micros,
        coalesce(sum(case when o.state <> 'CANCELLED' and o.attempts > 1 then o.attempts - 1 end), 0) as retries""";

  private final TableNames tables;
  private final Dialect dialect;
  private final @Nullable InstantSource clock;
  private final Map<String, String> known = new ConcurrentHashMap<>();
  private final Map<String, ParsedSql> parsed = new ConcurrentHashMap<>();

  SqlTemplates(TableNames tables, Dialect dialect, @Nullable InstantSource clock) {
    this.tables = tables;
    this.dialect = dialect;
    this.clock = clock;
  }

  /** The statement of the SQL in the code. */
  public String sql(String template) {
    String sql = known.computeIfAbsent(template, this::translate);
    return clock == null ? sql : sql.replace("<now>", LITERAL.format(clock.instant()));
  }

  private String translate(String template) {
    String sql =
        tables
            .in(withColumns(template))
            .replace("<never>", "timestamp with time zone '" + HeldChunks.NEVER + "'")
            .replace("<soon>", "<now> + interval '" + HeldChunks.AHEAD.toSeconds() + "' second")
            .replace("<lock_session>", dialect.sessionLock())
            .replace("<brief>", dialect.brief())
            .replace("<unless_taken>", dialect.unlessTaken())
            .replace("<ready>", dialect.ready())
            .replace("<last_loss>", String.valueOf(Losses.BEFORE_LAST))
            .replace("<rate_seconds>", String.valueOf(RecentRate.SECONDS))
            .replace("<rate_window>", String.valueOf(RecentRate.WINDOW_SECONDS));
    sql = ORDERS.matcher(sql).replaceAll(order -> inOrder(order.group(1), order.group(2)));
    sql =
        LOOK_UPS
            .matcher(sql)
            .replaceAll(one -> dialect.one(one.group(1), one.group(2), one.group(3)));
    return clock == null ? sql.replace("<now>", dialect.now()) : sql;
  }

  private static String withColumns(String template) {
    return COLUMNS
        .matcher(template)
        .replaceAll(found -> columns(found.group(1), found.group(2)))
        .replace("<item_sums>", ITEM_SUMS)
        .replace("<batch_sums>", BATCH_SUMS);
  }

  private static String columns(String which, @Nullable String of) {
    boolean isSum = which.equals("sums");
    String prefix = of == null ? "" : isSum ? "sum(" + of + "." : of + ".";
    String suffix = of != null && isSum ? ")" : "";
    return (isSum ? MeasureColumns.SUMS : MeasureColumns.OF_ITEM)
        .stream().map(name -> prefix + name + suffix).collect(Collectors.joining(", "));
  }

  private String inOrder(String word, String of) {
    return switch (word) {
      case "after" -> dialect.after(of.split(", "));
      case "by" -> dialect.index(of);
      default -> dialect.indexOrder(of);
    };
  }

  @Override
  public String render(String template, StatementContext context) {
    return sql(template);
  }

  /**
   * As Jdbi's own parser does for these statements, without its grammar, which is slow to start.
   */
  @Override
  public ParsedSql parse(String sql, StatementContext context) {
    return clock == null ? parsed.computeIfAbsent(sql, SqlTemplates::parse) : parse(sql);
  }

  private static ParsedSql parse(String sql) {
    ParsedSql.Builder parts = ParsedSql.builder();
    Matcher matcher = PARAMETERS.matcher(sql);
    int from = 0;
    while (matcher.find()) {
      String name = matcher.group(1);
      if (name != null) {
        parts.append(sql.substring(from, matcher.start())).appendNamedParameter(name);
        from = matcher.end();
      } else if (matcher.group().equals("?")) {
        parts.append(sql.substring(from, matcher.start())).appendPositionalParameter();
        from = matcher.end();
      }
    }
    return parts.append(sql.substring(from)).build();
  }

  @Override
  public String nameParameter(String name, StatementContext context) {
    return ":" + name;
  }
}
