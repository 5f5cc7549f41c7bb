package org.batchengine.jdbc.read;

import static org.batchengine.jdbc.sql.Columns.instant;
import static org.batchengine.jdbc.sql.Columns.instantOrNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.rules.Retries;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Rows of items and their errors as values of the model. */
public final class ItemRows {
  private ItemRows() {}

  /** Registers them. */
  public static void register(Jdbi jdbi) {
    jdbi.registerRowMapper(ItemError.class, (row, context) -> error(row))
        .registerRowMapper(ErrorGroup.class, (row, context) -> errorGroup(row))
        .registerRowMapper(InputVersion.class, (row, context) -> version(row));
  }

  /** A row of {@link ItemSelect}. */
  static BatchItem<String, String> item(ResultSet row) throws SQLException {
    int attempts = row.getInt("attempts");
    BatchId batch = BatchId.of(row.getObject("id", UUID.class));
    return BatchItem.builder(batch, ItemIds.index(row.getLong("item_id")))
        .key(row.getString("item_key"))
        .state(ItemState.valueOf(row.getString("state")))
        .input(row.getString("input"))
        .originalInput(row.getString("original_input"))
        .output(row.getString("output"))
        .error(row.getString("fingerprint") == null ? null : error(row))
        .attempts(attempts)
        .retries(Retries.of(attempts))
        .duration(duration(row))
        .quality(row.getObject("quality", Double.class))
        .reason(row.getString("reason"))
        .createdAt(instant(row, "created_at"))
        .settledAt(instantOrNull(row, "settled_at"))
        .dueAt(instantOrNull(row, "due_at"))
        .purged(row.getBoolean("purged"))
        .measures(MeasureColumns.measured(row).named(BatchHeader.names(row.getString("measures"))))
        .build();
  }

  static InputVersion version(ResultSet row) throws SQLException {
    String input = row.getString("input");
    return new InputVersion(
        row.getInt("attempt"),
        input == null ? "" : input,
        Optional.ofNullable(row.getString("actor")),
        instant(row, "changed_at"));
  }

  private static @Nullable Duration duration(ResultSet row) throws SQLException {
    Long micros = row.getObject("duration_micros", Long.class);
    return micros == null ? null : Duration.of(micros, ChronoUnit.MICROS);
  }

  static ItemError error(ResultSet row) throws SQLException {
    return new ItemError(
        row.getInt("attempt"),
        row.getString("type"),
        row.getString("message"),
        row.getString("fingerprint"),
        row.getString("stack"),
        instant(row, "failed_at"));
  }

  static ErrorGroup errorGroup(ResultSet row) throws SQLException {
    long count = row.getLong("in_group");
    return new ErrorGroup(
        row.getString("fingerprint"),
        row.getString("type"),
        row.getString("message"),
        count,
        (double) count / row.getLong("in_all"),
        instant(row, "failed_at"));
  }
}
