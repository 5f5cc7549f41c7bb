package org.batchengine.jdbc.read;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobConditions;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.jdbc.table.StatusDao;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.Reason;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ReadStore;
import org.batchengine.store.rules.NewestFailures;
import org.batchengine.store.rules.PageCursor;
import org.jspecify.annotations.Nullable;

/** Reads batches and their items. */
public final class JdbcReading implements ReadStore {
  private final Transactions transactions;
  private final Dialect dialect;

  /** On an open database. */
  public JdbcReading(Database database) {
    transactions = database.transactions();
    dialect = database.dialect();
  }

  @Override
  public Optional<BatchJob> find(BatchId id, @Nullable String tenant) {
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, StatusDao.class).find(id, tenant));
  }

  @Override
  public List<BatchJob> find(Collection<BatchId> ids) {
    return Slices.find(
        ids.stream().map(BatchId::value).toList(),
        UUID[]::new,
        slice ->
            transactions.autoCommit(handle -> SqlObjects.on(handle, StatusDao.class).find(slice)));
  }

  @Override
  public Optional<BatchJob> findByKey(String tenant, String key) {
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, StatusDao.class).findByKey(tenant, key));
  }

  @Override
  public Optional<BatchHeader> header(BatchId id, @Nullable String tenant) {
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, JobDao.class).header(id, tenant));
  }

  @Override
  public Map<BatchId, BatchState> states(Collection<BatchId> ids) {
    List<UUID> values = ids.stream().map(BatchId::value).toList();
    Map<BatchId, BatchState> states = new HashMap<>();
    Slices.find(values, UUID[]::new, this::states)
        .forEach(found -> states.put(found.getKey(), found.getValue()));
    return states;
  }

  @Override
  public Map<BatchId, String> notified(Collection<BatchId> ids) {
    List<UUID> values = ids.stream().map(BatchId::value).toList();
    Map<BatchId, String> notified = new HashMap<>();
    Slices.find(values, UUID[]::new, this::notified)
        .forEach(found -> notified.put(found.getKey(), found.getValue()));
    return notified;
  }

  private List<Map.Entry<BatchId, String>> notified(UUID[] ids) {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(
                    "select id, notify from batch_job where id = any(:ids) and notify is not null")
                .bind("ids", ids)
                .map((row, context) -> Map.entry(JobRows.id(row), row.getString("notify")))
                .list());
  }

  private List<Map.Entry<BatchId, BatchState>> states(UUID[] ids) {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery("select id, state from batch_job where id = any(:ids)")
                .bind("ids", ids)
                .map((row, context) -> Map.entry(JobRows.id(row), JobRows.state(row)))
                .list());
  }

  @Override
  public BatchPage<BatchJob> history(HistoryQuery query) {
    Conditions conditions = JobConditions.of(query);
    String sql =
        StatusDao.SELECT
            + conditions.sql()
            + "order by j.batch_no desc offset :offset rows fetch first :most rows only";
    List<NumberedJob> found =
        transactions.autoCommit(
            handle ->
                conditions
                    .bindTo(handle.createQuery(sql))
                    .bind("offset", query.offset())
                    .bind("most", query.limit() + 1)
                    .map(
                        (row, context) ->
                            new NumberedJob(row.getLong("batch_no"), JobRows.job(row)))
                    .list());
    return PageCursor.page(found, query.limit(), NumberedJob::number, query.toMap())
        .map(NumberedJob::job);
  }

  private record NumberedJob(long number, BatchJob job) {}

  @Override
  public BatchPage<BatchItem<String, String>> items(BatchHeader batch, ItemQuery query) {
    OptionalInt first = PageCursor.firstIndex(query);
    if (first.isEmpty()) {
      return BatchPage.of(List.of(), null, query.toMap());
    }
    ItemSelect select = ItemSelect.of(batch, first.getAsInt(), query);
    List<BatchItem<String, String>> found =
        transactions.inReadTransaction(handle -> select.list(handle, dialect, query.limit() + 1));
    return PageCursor.page(found, query.limit(), BatchItem::index, query.toMap());
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchHeader batch, int index) {
    return index < 0 ? Optional.empty() : find(ItemSelect.at(batch, index));
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchHeader batch, String key) {
    return find(ItemSelect.withKey(batch, key));
  }

  private Optional<BatchItem<String, String>> find(ItemSelect select) {
    return transactions.inReadTransaction(handle -> select.list(handle, dialect, 1)).stream()
        .findFirst();
  }

  @Override
  public List<BatchItem<String, String>> settled(BatchHeader batch, int from, int limit) {
    ItemSelect select = ItemSelect.settled(batch, Math.max(0, from));
    return transactions.inReadTransaction(handle -> select.list(handle, dialect, limit));
  }

  @Override
  public List<ItemError> errors(BatchHeader batch, int index) {
    if (index < 0) {
      return List.of(); // its id would be that of an item of another batch
    }
    long item = ItemIds.of(batch.number(), index);
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, ErrorDao.class).of(batch.number(), item));
  }

  @Override
  public List<InputVersion> inputs(BatchHeader batch, int index) {
    if (index < 0) {
      return List.of();
    }
    long item = ItemIds.of(batch.number(), index);
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, ErrorDao.class).inputs(batch.number(), item));
  }

  @Override
  public List<ErrorGroup> errorGroups(BatchHeader batch, int most) {
    long first = ItemIds.first(batch.number());
    long end = ItemIds.end(batch.number());
    return transactions.inReadTransaction(
        handle -> {
          String inOrder = dialect.lookUpInOrder();
          if (!inOrder.isEmpty()) {
            handle.execute(inOrder);
          }
          return SqlObjects.on(handle, ErrorDao.class)
              .groups(batch.number(), first, end, NewestFailures.MOST, most);
        });
  }

  @Override
  public List<Reason> explain(BatchHeader batch) {
    return transactions.autoCommit(handle -> ReasonRows.of(handle, batch));
  }

  @Override
  public List<BatchItem<String, String>> page(
      BatchHeader batch, int from, int most, long mostBytes) {
    return transactions.inReadTransaction(
        handle -> {
          int fit = ItemSelect.fit(handle, batch, from, most, mostBytes);
          return ItemSelect.inAnyState(batch, from).list(handle, dialect, Math.max(1, fit));
        });
  }
}
