package org.batchengine.jdbc.database;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts the configured schema and prefix into SQL that is written with the default names. So every
 * statement and every schema file is SQL that runs as it stands.
 */
public final class TableNames {
  public static final String DEFAULT_PREFIX = "batch_";

  /** Every table, by its default name. */
  public static final List<String> ALL =
      List.of(
          "batch_job",
          "batch_key",
          "batch_item",
          "batch_item_key",
          "batch_outcome",
          "batch_error",
          "batch_input",
          "batch_event",
          "batch_report",
          "batch_reader",
          "batch_chunk",
          "batch_parked",
          "batch_progress",
          "batch_wait",
          "batch_fill",
          "batch_session",
          "batch_renewal",
          "batch_schedule",
          "batch_fire",
          "batch_template",
          "batch_template_item",
          "batch_limit",
          "batch_permit",
          "batch_schema");

  private static final List<String> VIEWS = List.of("batch_status", "batch_item_status");

  private static final Pattern IDENTIFIER = Pattern.compile("[a-z][a-z0-9_]{0,19}");

  /** Names with the default prefix, but for the columns of a batch's number and id. */
  private static final Pattern NAME = Pattern.compile("\\bbatch_(?!(?:no|id)\\b)\\w+");

  private final @Nullable String schema;
  private final String prefix;

  /**
   * Names as configured.
   *
   * @throws IllegalArgumentException if one of them could be anything else than a name
   */
  public TableNames(@Nullable String schema, String prefix) {
    this.schema = schema == null ? null : checked("schema", schema);
    this.prefix = checked("tablePrefix", prefix);
  }

  private static String checked(String what, String identifier) {
    if (!IDENTIFIER.matcher(identifier).matches()) {
      throw new IllegalArgumentException(
          "%s \"%s\" is not allowed: it must match %s".formatted(what, identifier, IDENTIFIER));
    }
    return identifier;
  }

  /** The SQL with tables, indexes and constraints named as configured. */
  String in(String sql) {
    if (schema == null && prefix.equals(DEFAULT_PREFIX)) {
      return sql;
    }
    String table = (schema == null ? "" : schema + ".") + prefix;
    return NAME.matcher(sql)
        .replaceAll(
            name ->
                (ALL.contains(name.group()) || VIEWS.contains(name.group()) ? table : prefix)
                    + name.group().substring(DEFAULT_PREFIX.length()));
  }

  /** The schema of the tables; null: that of the connections. */
  public @Nullable String schema() {
    return schema;
  }

  /** What the names of tables begin with. */
  public String prefix() {
    return prefix;
  }

  @Override
  public String toString() {
    return (schema == null ? "" : schema + ".") + prefix + "*";
  }
}
