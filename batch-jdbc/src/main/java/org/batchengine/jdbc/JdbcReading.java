package org.batchengine.jdbc;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.store.BatchHeader;
import org.jspecify.annotations.Nullable;

/** Reads batches. */
final class JobReader {
  private final Transactions transactions;

  JobReader(Database database) {
    transactions = database.transactions();
  }

  Optional<BatchJob> find(BatchId id, @Nullable String tenant) {
    return transactions.autoCommit(handle -> Daos.on(handle, StatusDao.class).find(id, tenant));
  }

  Optional<BatchJob> findByKey(String tenant, String key) {
    return transactions.autoCommit(
        handle -> Daos.on(handle, StatusDao.class).findByKey(tenant, key));
  }

  Optional<BatchHeader> header(BatchId id, @Nullable String tenant) {
    return transactions.autoCommit(handle -> Daos.on(handle, JobDao.class).header(id, tenant));
  }

  List<BatchHeader> headers(Collection<Long> batches) {
    Long[] numbers = batches.toArray(Long[]::new);
    return transactions.autoCommit(handle -> Daos.on(handle, JobDao.class).headers(numbers));
  }

  Map<BatchId, BatchState> states(Collection<BatchId> ids) {
    UUID[] values = ids.stream().map(BatchId::value).toArray(UUID[]::new);
    Map<BatchId, BatchState> states = new HashMap<>();
    transactions
        .autoCommit(handle -> Daos.on(handle, JobDao.class).states(values))
        .forEach(row -> states.put(row.id(), row.state()));
    return states;
  }

  BatchPage<BatchJob> history(HistoryQuery query) {
    Conditions conditions = conditions(query);
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
    return Cursors.page(found, query.limit(), NumberedJob::number, query.toMap())
        .map(NumberedJob::job);
  }

  private record NumberedJob(long number, BatchJob job) {}

  private static Conditions conditions(HistoryQuery query) {
    Conditions all = new Conditions().and("j.id is not null");
    if (!query.types().isEmpty()) {
      all.and("j.type = any(:types)", "types", query.types().toArray(String[]::new));
    }
    if (!query.states().isEmpty()) {
      String[] states = query.states().stream().map(BatchState::name).toArray(String[]::new);
      all.and("j.state = any(:states)", "states", states);
    }
    query.tenant().ifPresent(tenant -> all.and("j.tenant = :tenant", "tenant", tenant));
    query.submittedBy().ifPresent(owner -> all.and("j.submitted_by = :owner", "owner", owner));
    query
        .idempotencyKey()
        .ifPresent(
            key ->
                all.and(
                    """
                    j.batch_no in (select k.batch_no from batch_key k
                      where k.idempotency_key = :key and k.tenant = j.tenant)""",
                    "key",
                    key));
    query
        .nameContains()
        .ifPresent(
            part -> all.and("lower(j.name) like lower(:name) escape '!'", "name", like(part)));
    query.createdAfter().ifPresent(from -> all.and("j.created_at >= :from", "from", from));
    query.createdBefore().ifPresent(to -> all.and("j.created_at < :to", "to", to));
    query
        .after()
        .map(Cursors::parse)
        .ifPresent(number -> all.and("j.batch_no < :before", "before", number));
    return all;
  }

  /** A pattern in which the text stands for itself. */
  private static String like(String part) {
    return "%" + part.replaceAll("[!%_]", "!$0") + "%";
  }
}
