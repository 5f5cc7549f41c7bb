package org.batchengine.jdbc;

import static org.batchengine.jdbc.Values.instant;
import static org.batchengine.jdbc.Values.instantOrNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.StoredInput;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.Retries;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Rows of items and their errors as values of the model. */
final class ItemRows {
  private ItemRows() {}

  static void register(Jdbi jdbi) {
    jdbi.registerRowMapper(StoredInput.class, (row, context) -> input(row))
        .registerRowMapper(ClaimedItem.class, (row, context) -> claimed(row))
        .registerRowMapper(ItemError.class, (row, context) -> error(row))
        .registerRowMapper(ErrorGroup.class, (row, context) -> errorGroup(row))
        .registerRowMapper(DueChunk.class, (row, context) -> dueChunk(row))
        .registerRowMapper(
            ChunkDao.Turn.class,
            (row, context) -> new ChunkDao.Turn(row.getInt("priority"), row.getString("tenant")))
        .registerRowMapper(
            Canceller.Range.class,
            (row, context) -> new Canceller.Range(row.getInt("from_index"), row.getInt("to_index")))
        .registerRowMapper(SequentialDao.FirstChunk.class, (row, context) -> firstChunk(row))
        .registerRowMapper(
            SequentialDao.FirstParked.class,
            (row, context) ->
                new SequentialDao.FirstParked(claimed(row), kind(row), row.getBoolean("is_due")))
        .registerRowMapper(ClaimedChunk.class, (row, context) -> claimedChunk(row));
  }

  private static DueChunk dueChunk(ResultSet row) throws SQLException {
    return new DueChunk(
        row.getLong("batch_no"),
        row.getString("type"),
        row.getInt("from_index"),
        row.getInt("to_index"),
        row.getInt("lost"),
        row.getInt("item_bytes"));
  }

  private static SequentialDao.FirstChunk firstChunk(ResultSet row) throws SQLException {
    return new SequentialDao.FirstChunk(
        row.getString("type"),
        row.getInt("from_index"),
        row.getInt("to_index"),
        row.getInt("lost"),
        row.getBoolean("is_due"));
  }

  private static ClaimedChunk claimedChunk(ResultSet row) throws SQLException {
    return new ClaimedChunk(
        row.getLong("batch_no"),
        row.getString("type"),
        row.getInt("from_index"),
        row.getInt("to_index"),
        row.getInt("lost"));
  }

  /** A row of {@link ItemSelect}. */
  static BatchItem<String, String> item(ResultSet row) throws SQLException {
    int attempts = row.getInt("attempts");
    BatchId batch = BatchId.of(row.getObject("id", UUID.class));
    return BatchItem.builder(batch, ItemIds.index(row.getLong("item_id")))
        .key(row.getString("item_key"))
        .state(ItemState.valueOf(row.getString("state")))
        .input(row.getString("input"))
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
        .build();
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

  static StoredInput input(ResultSet row) throws SQLException {
    long id = row.getLong("item_id");
    return new StoredInput(
        ItemIds.batch(id), ItemIds.index(id), row.getString("item_key"), row.getString("input"));
  }

  private static ParkedKind kind(ResultSet row) throws SQLException {
    return ParkedKind.valueOf(row.getString("kind"));
  }

  static ClaimedItem claimed(ResultSet row) throws SQLException {
    long id = row.getLong("item_id");
    return new ClaimedItem(
        ItemIds.batch(id),
        row.getString("type"),
        ItemIds.index(id),
        row.getInt("attempts"),
        row.getInt("budget_from"),
        kind(row) == ParkedKind.SUSPECT);
  }
}
