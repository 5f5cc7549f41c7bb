package org.batchengine.jdbc.claim;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.StoredInput;
import org.batchengine.store.rules.ParkedKind;
import org.jdbi.v3.core.Jdbi;

/** Rows of what is claimed. */
public final class ClaimRows {
  private ClaimRows() {}

  /** Registers them. */
  public static void register(Jdbi jdbi) {
    jdbi.registerRowMapper(StoredInput.class, (row, context) -> input(row))
        .registerRowMapper(ClaimedItem.class, (row, context) -> claimed(row))
        .registerRowMapper(DueChunk.class, (row, context) -> dueChunk(row))
        .registerRowMapper(
            FenceDao.Cluster.class,
            (row, context) -> new FenceDao.Cluster(row.getInt("sessions"), row.getLong("limits")))
        .registerRowMapper(
            ChunkDao.Turn.class,
            (row, context) -> new ChunkDao.Turn(row.getInt("priority"), row.getString("tenant")))
        .registerRowMapper(
            ChunkDao.DueKey.class,
            (row, context) ->
                new ChunkDao.DueKey(
                    row.getLong("batch_no"), row.getInt("from_index"), row.getInt("to_index")))
        .registerRowMapper(
            ParkedDao.DueRetry.class,
            (row, context) ->
                new ParkedDao.DueRetry(
                    row.getLong("item_id"), row.getString("tenant"), row.getInt("priority")))
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
        row.getInt("item_bytes"),
        row.getInt("revision"));
  }

  private static SequentialDao.FirstChunk firstChunk(ResultSet row) throws SQLException {
    return new SequentialDao.FirstChunk(
        row.getString("type"),
        row.getInt("from_index"),
        row.getInt("to_index"),
        row.getInt("lost"),
        row.getBoolean("is_due"),
        row.getInt("revision"));
  }

  private static ClaimedChunk claimedChunk(ResultSet row) throws SQLException {
    return new ClaimedChunk(
        row.getLong("batch_no"),
        row.getString("type"),
        row.getInt("from_index"),
        row.getInt("to_index"),
        row.getInt("lost"),
        row.getInt("revision"));
  }

  private static StoredInput input(ResultSet row) throws SQLException {
    long id = row.getLong("item_id");
    return new StoredInput(
        ItemIds.batch(id), ItemIds.index(id), row.getString("item_key"), row.getString("input"));
  }

  private static ParkedKind kind(ResultSet row) throws SQLException {
    return ParkedKind.valueOf(row.getString("kind"));
  }

  private static ClaimedItem claimed(ResultSet row) throws SQLException {
    long id = row.getLong("item_id");
    return new ClaimedItem(
        ItemIds.batch(id),
        row.getString("type"),
        ItemIds.index(id),
        row.getInt("attempts"),
        row.getInt("budget_from"),
        kind(row) == ParkedKind.SUSPECT,
        kind(row) == ParkedKind.DEFERRED,
        MeasureColumns.measured(row),
        row.getInt("revision"));
  }
}
