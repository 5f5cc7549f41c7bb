package org.batchengine.jdbc.report;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ItemPair;
import org.batchengine.store.ItemPair.Half;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Selects the items of two batches side by side, in a transaction.
 *
 * <p>A batch that was made again usually has its items in the same order. So a range of the batch
 * with more items is joined with the same range of the other first, by index; the range stands in
 * each join again, because without it a plan may read the outcomes of all batches. Only items whose
 * keys do not meet there are looked up by key, in two statements more.
 *
 * <p>Outputs are compared by the database: two pages of them may not fit into memory.
 */
final class PairSelect {
  /** Of the items {@code i} and {@code t} with the outcomes {@code o} and {@code p}. */
  private static final String COLUMNS =
      """
      i.item_id as item_id, i.item_key as item_key,
        o.state as state, o.duration_micros as duration_micros, o.quality as quality,
        p.state as other_state, p.duration_micros as other_duration_micros, p.quality as other_quality,
        (o.state = 'SUCCEEDED' and p.state = 'SUCCEEDED' and o.output is distinct from p.output) as differ,
        i.item_id - :base < (select purged from batch_job where batch_no = :batch) as purged,
      """;

  private static final String SAME_PLACE =
      """
      from batch_item i
      left join batch_item t on t.item_id = i.item_id + cast(:shift as bigint)
        and t.item_id >= :otherFirst and t.item_id < :otherEnd
      """;

  private static final String OUTCOME =
      """
      left join batch_outcome o
        on o.item_id = i.item_id and o.item_id >= :first and o.item_id < :end
      """;

  private static final String BY_INDEX =
      "select "
          + COLUMNS
          + """
            t.item_id as other_id, t.item_key as other_key,
            t.item_id - :otherBase < (select purged from batch_job where batch_no = :other) as other_purged
          """
          + SAME_PLACE
          + OUTCOME
          + """
          left join batch_outcome p on p.item_id = i.item_id + cast(:shift as bigint)
            and p.item_id >= :otherFirst and p.item_id < :otherEnd
          where i.item_id >= :first and i.item_id < :end
          order by i.item_id
          """;

  /** Items whose keys are not those of the same place. */
  private static final String BY_KEY =
      "select "
          + COLUMNS
          + """
            cast(:otherBase as bigint) + k.item_index as other_id, k.item_key as other_key,
            k.item_index < (select purged from batch_job where batch_no = :other) as other_purged
          """
          + SAME_PLACE
          + """
          left join batch_item_key k on k.batch_no = :other and k.item_key = i.item_key
          """
          + OUTCOME
          + """
          left join batch_outcome p on p.item_id = cast(:otherBase as bigint) + k.item_index
            and p.item_id >= :otherBase and p.item_id < :otherLast
          where i.item_id >= :first and i.item_id < :end and i.item_key is not null
            and (t.item_id is null or t.item_key <> i.item_key)
          """;

  private static final String WITHOUT_OTHER = BY_KEY + " and k.item_index is null";

  private final Handle handle;
  private final Dialect dialect;
  private final BatchHeader a;
  private final BatchHeader b;

  /** Of two batches, in a transaction. */
  PairSelect(Handle handle, Dialect dialect, BatchHeader a, BatchHeader b) {
    this.handle = handle;
    this.dialect = dialect;
    this.a = a;
    this.b = b;
  }

  /** An item of the batch that leads, and what stands beside it. */
  private record Row(
      @Nullable String key,
      Half half,
      @Nullable String otherKey,
      @Nullable Half other,
      boolean outputsDiffer,
      boolean isPurged) {

    /** Whether the two are one item, or nothing can be beside this one. */
    boolean isMet() {
      return key == null || (other != null && (otherKey == null || otherKey.equals(key)));
    }

    ItemPair pair(boolean leads) {
      return leads
          ? new ItemPair(key, half, other, outputsDiffer, isPurged)
          : new ItemPair(key, other, half, outputsDiffer, isPurged);
    }
  }

  List<ItemPair> list(int from, int to) {
    boolean leads = a.total() >= b.total();
    plan(dialect.readRangesOnce());
    List<Row> rows = leads ? rows(BY_INDEX, a, b, from, to) : rows(BY_INDEX, b, a, from, to);
    List<ItemPair> pairs = new ArrayList<>(rows.size());
    rows.stream().filter(Row::isMet).forEach(row -> pairs.add(row.pair(leads)));
    if (pairs.size() < rows.size()) {
      plan(dialect.lookUpInOrder());
      rows(BY_KEY, a, b, from, to).forEach(row -> pairs.add(row.pair(true)));
      rows(WITHOUT_OTHER, b, a, from, to).forEach(row -> pairs.add(row.pair(false)));
      pairs.sort(Comparator.comparing(ItemPair::index));
    }
    return pairs;
  }

  private void plan(String settings) {
    if (!settings.isEmpty()) {
      handle.execute(settings);
    }
  }

  private List<Row> rows(String sql, BatchHeader lead, BatchHeader other, int from, int to) {
    return handle
        .createQuery(sql)
        .bind("batch", lead.number())
        .bind("base", ItemIds.first(lead.number()))
        .bind("first", ItemIds.of(lead.number(), from))
        .bind("end", ItemIds.of(lead.number(), to))
        .bind("shift", ItemIds.first(other.number()) - ItemIds.first(lead.number()))
        .bind("other", other.number())
        .bind("otherBase", ItemIds.first(other.number()))
        .bind("otherFirst", ItemIds.of(other.number(), from))
        .bind("otherEnd", ItemIds.of(other.number(), to))
        .bind("otherLast", ItemIds.end(other.number()))
        .map((row, context) -> row(row))
        .list();
  }

  private static Row row(ResultSet row) throws SQLException {
    Half half = half(row, row.getLong("item_id"), "");
    long other = row.getLong("other_id");
    Half beside = row.wasNull() ? null : half(row, other, "other_");
    return new Row(
        row.getString("item_key"),
        half,
        row.getString("other_key"),
        beside,
        row.getBoolean("differ"),
        row.getBoolean("purged") || row.getBoolean("other_purged"));
  }

  private static Half half(ResultSet row, long item, String prefix) throws SQLException {
    String state = row.getString(prefix + "state");
    Long micros = row.getObject(prefix + "duration_micros", Long.class);
    return new Half(
        ItemIds.index(item),
        state == null ? null : ItemState.valueOf(state),
        micros == null ? null : Duration.of(micros, ChronoUnit.MICROS),
        row.getObject(prefix + "quality", Double.class));
  }
}
