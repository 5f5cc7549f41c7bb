package org.batchengine.jdbc.table;

import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.store.rules.PageCursor;

/** The conditions of a query of batches. */
public final class JobConditions {
  private JobConditions() {}

  /** What a row of {@code batch_job j} must hold. */
  public static Conditions of(HistoryQuery query) {
    Conditions all = new Conditions().and("j.id is not null");
    if (!query.types().isEmpty()) {
      all.anyOf("j.type", "types", query.types());
    }
    if (!query.states().isEmpty()) {
      all.anyOf("j.state", "states", query.states().stream().map(BatchState::name).toList());
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
        .map(PageCursor::parse)
        .ifPresent(number -> all.and("j.batch_no < :before", "before", number));
    return all;
  }

  /** A pattern in which the text stands for itself. */
  private static String like(String part) {
    return "%" + part.replaceAll("[!%_]", "!$0") + "%";
  }
}
