package org.batchengine.memory;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
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
import org.batchengine.store.NewBatch;
import org.batchengine.store.ReadStore;
import org.batchengine.store.rules.PageCursor;
import org.jspecify.annotations.Nullable;

/** Reads batches and items. */
final class MemoryReading implements ReadStore {
  private final MemoryTransactions transactions;

  MemoryReading(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public Optional<BatchJob> find(BatchId id, @Nullable String tenant) {
    return transactions.inTransaction(tables -> job(tables, tables.find(id, tenant)));
  }

  @Override
  public List<BatchJob> find(Collection<BatchId> ids) {
    return transactions.inTransaction(
        tables ->
            ids.stream()
                .map(id -> tables.find(id, null))
                .filter(Objects::nonNull)
                .map(found -> BatchViews.job(found, tables.now()))
                .toList());
  }

  @Override
  public Optional<BatchJob> findByKey(String tenant, String idempotencyKey) {
    return transactions.inTransaction(
        tables -> job(tables, tables.findByKey(tenant, idempotencyKey)));
  }

  private static Optional<BatchJob> job(Tables tables, @Nullable BatchRows batch) {
    return Optional.ofNullable(batch).map(found -> BatchViews.job(found, tables.now()));
  }

  @Override
  public Optional<BatchHeader> header(BatchId id, @Nullable String tenant) {
    return transactions.inTransaction(
        tables -> Optional.ofNullable(tables.find(id, tenant)).map(BatchRows::header));
  }

  @Override
  public Map<BatchId, BatchState> states(Collection<BatchId> ids) {
    return transactions.inTransaction(
        tables -> {
          Map<BatchId, BatchState> states = new LinkedHashMap<>();
          for (BatchId id : ids) {
            BatchRows batch = tables.find(id, null);
            if (batch != null) {
              states.put(id, batch.state);
            }
          }
          return states;
        });
  }

  @Override
  public Map<BatchId, String> notified(Collection<BatchId> ids) {
    return transactions.inTransaction(
        tables -> {
          Map<BatchId, String> notified = new LinkedHashMap<>();
          for (BatchId id : ids) {
            BatchRows batch = tables.find(id, null);
            String types = batch == null ? null : batch.submitted.notified();
            if (types != null) {
              notified.put(id, types);
            }
          }
          return notified;
        });
  }

  @Override
  public BatchPage<BatchJob> history(HistoryQuery query) {
    long before = query.after().map(PageCursor::parse).orElse(Long.MAX_VALUE);
    return transactions.inTransaction(
        tables -> {
          List<BatchRows> found =
              tables.batches.headMap(before, false).descendingMap().values().stream()
                  .filter(batch -> !batch.hidden && isAskedFor(batch, query))
                  .skip(query.offset())
                  .limit(query.limit() + 1L)
                  .toList();
          return PageCursor.page(found, query.limit(), batch -> batch.number, query.toMap())
              .map(batch -> BatchViews.job(batch, tables.now()));
        });
  }

  static boolean isAskedFor(BatchRows batch, HistoryQuery query) {
    NewBatch submitted = batch.submitted;
    return isAskedFor(query.types(), submitted.type())
        && isAskedFor(query.states(), batch.state)
        && query.tenant().stream().allMatch(submitted.tenant()::equals)
        && query.submittedBy().stream().allMatch(owner -> owner.equals(submitted.submittedBy()))
        && query.nameContains().stream().allMatch(part -> contains(submitted.name(), part))
        && query.idempotencyKey().stream().allMatch(key -> key.equals(submitted.idempotencyKey()))
        && query.createdAfter().stream().noneMatch(batch.createdAt::isBefore)
        && query.createdBefore().stream().allMatch(batch.createdAt::isBefore);
  }

  private static <T> boolean isAskedFor(Collection<T> wanted, T value) {
    return wanted.isEmpty() || wanted.contains(value);
  }

  private static boolean contains(@Nullable String name, String part) {
    return name != null && name.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }

  @Override
  public BatchPage<BatchItem<String, String>> items(BatchHeader batch, ItemQuery query) {
    return items(batch, items -> items.page(query))
        .orElseGet(() -> BatchPage.of(List.of(), null, query.toMap()));
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchHeader batch, int index) {
    return items(batch, items -> items.find(index)).flatMap(Function.identity());
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchHeader batch, String key) {
    return items(batch, items -> items.find(key)).flatMap(Function.identity());
  }

  @Override
  public List<BatchItem<String, String>> settled(BatchHeader batch, int from, int limit) {
    return items(batch, items -> items.settled(from, limit)).orElse(List.of());
  }

  @Override
  public List<ItemError> errors(BatchHeader batch, int index) {
    return items(batch, items -> items.errors(index)).orElse(List.of());
  }

  @Override
  public List<InputVersion> inputs(BatchHeader batch, int index) {
    return items(batch, items -> items.inputs(index)).orElse(List.of());
  }

  @Override
  public List<ErrorGroup> errorGroups(BatchHeader batch, int most) {
    return items(batch, items -> items.errorGroups(most)).orElse(List.of());
  }

  @Override
  public List<Reason> explain(BatchHeader batch) {
    return transactions.inTransaction(
        tables ->
            tables
                .found(List.of(batch.number()))
                .findFirst()
                .map(found -> BatchReasons.of(tables, found))
                .orElse(List.of()));
  }

  @Override
  public List<BatchItem<String, String>> page(
      BatchHeader batch, int from, int most, long mostBytes) {
    return items(batch, items -> items.page(from, most, mostBytes)).orElse(List.of());
  }

  /** Nothing once the batch is hidden: reading page by page then ends. */
  private <T> Optional<T> items(BatchHeader header, Function<ItemViews, T> read) {
    return transactions.inTransaction(
        tables ->
            tables
                .found(List.of(header.number()))
                .findFirst()
                .map(batch -> read.apply(new ItemViews(batch))));
  }
}
