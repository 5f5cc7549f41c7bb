package org.batchengine.jdbc.submit;

import static java.util.stream.Collectors.joining;

import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.table.FillDao;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.store.Fill;
import org.batchengine.store.NewBatch;
import org.batchengine.store.rules.FillRules;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What a new batch is made of. The other batch is read without a lock, as what it waits for.
 *
 * @param fill null: it is made of its own items
 * @param from the number of the other batch
 */
record FillInserts(@Nullable Fill fill, long from) {
  private static final String OTHER =
      """
      select batch_no, input_format, output_format from batch_job
      where id = :id and tenant = :tenant
      """;

  /**
   * Looks the other batch up.
   *
   * @throws BatchNotFoundException if the tenant has none of this id
   * @throws org.batchengine.model.InvalidRequestException if the batch could not read its items
   */
  static FillInserts of(Handle handle, NewBatch batch) {
    Fill fill = batch.fill();
    if (fill == null) {
      return new FillInserts(null, 0);
    }
    return handle
        .createQuery(OTHER)
        .bind("id", fill.from().value())
        .bind("tenant", batch.tenant())
        .map(
            (row, context) -> {
              FillRules.requireFormat(
                  batch, fill, row.getString("input_format"), row.getString("output_format"));
              return new FillInserts(fill, row.getLong("batch_no"));
            })
        .findOne()
        .orElseThrow(() -> new BatchNotFoundException(fill.from()));
  }

  boolean isAny() {
    return fill != null;
  }

  void insert(Handle handle, long batch) {
    if (fill != null) {
      SqlObjects.on(handle, FillDao.class)
          .insert(
              batch,
              from,
              fill.from(),
              fill.part() == Fill.Part.INPUT,
              fill.states().stream().map(Enum::name).sorted().collect(joining(",")),
              fill.belowQuality(),
              fill.maxPayload());
    }
  }
}
