package org.batchengine.jdbc;

import java.util.List;
import java.util.Set;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.jdbi.v3.core.Handle;

/**
 * One select of items with what has become of them. The state of an item that is not finished is
 * read off its place: parked, or in the chunk that covers it.
 *
 * <p>What the items must have decides which table leads: so a page of failed items reads errors, of
 * which there are few, and not all items up to the limit.
 */
final class ItemSelect {
  private static final Set<ItemState> FINISHED =
      Set.of(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SKIPPED, ItemState.CANCELLED);
  private static final Set<ItemState> WAITING = Set.of(ItemState.RETRYING, ItemState.DEFERRED);
  private static final Set<ItemState> FAILED = Set.of(ItemState.FAILED);

  private static final String STATE =
      """
      case
        when o.item_id is not null then o.state
        when p.session_id is not null then 'RUNNING'
        when p.kind = 'DEFERRED' then 'DEFERRED'
        when p.item_id is not null then 'RETRYING'
        when exists (select 1 from batch_chunk c
          where c.batch_no = :batch and c.session_id is not null
            and c.from_index <= i.item_id - :base and i.item_id - :base < c.to_index) then 'RUNNING'
        else 'PENDING'
      end
      """;

  /** The range stands in each join again: without it a join would read the whole table. */
  private static final String SELECT =
      """
      select i.item_id, i.item_key, i.input, j.id, j.created_at, o.duration_micros, o.quality,
        o.reason, o.output, o.settled_at, coalesce(o.attempts, p.attempts, 0) as attempts,
        case when p.session_id is null then p.due_at end as due_at,
        e.attempt, e.type, e.message, e.fingerprint, e.stack, e.failed_at,
      """
          + STATE
          + """
           as state
          from batch_item i
          join batch_job j on j.batch_no = :batch
          %s join batch_outcome o
            on o.item_id = i.item_id and o.item_id >= :first and o.item_id < :end
          %s join batch_parked p
            on p.item_id = i.item_id and p.item_id >= :first and p.item_id < :end
          %s join batch_error e
            on e.item_id = i.item_id and e.item_id >= :first and e.item_id < :end
            and e.attempt = (select max(l.attempt) from batch_error l where l.item_id = i.item_id)
          """;

  private final BatchHeader batch;
  private final Conditions conditions = new Conditions();
  private long first;
  private boolean hasOutcome;
  private boolean isParked;
  private boolean hasError;

  private ItemSelect(BatchHeader batch, int from) {
    this.batch = batch;
    this.first = ItemIds.of(batch.number(), from);
    conditions.and("i.item_id >= :first and i.item_id < :end");
  }

  /** The items that are asked for, from an index on. */
  static ItemSelect of(BatchHeader batch, int from, ItemQuery query) {
    ItemSelect select = new ItemSelect(batch, from);
    Set<ItemState> states = query.states();
    if (!states.isEmpty()) {
      select.hasOutcome = FINISHED.containsAll(states);
      select.isParked = WAITING.containsAll(states);
      select.hasError = FAILED.equals(states);
      String[] names = states.stream().map(ItemState::name).toArray(String[]::new);
      String state = select.hasOutcome ? "o.state" : STATE;
      select.conditions.and("(" + state + ") = any(:states)", "states", names);
    }
    query.errorType().ifPresent(type -> select.withError("e.type = :type", "type", type));
    query
        .errorFingerprint()
        .ifPresent(print -> select.withError("e.fingerprint = :print", "print", print));
    return select;
  }

  private void withError(String condition, String name, String value) {
    hasError = true;
    conditions.and(condition, name, value);
  }

  /** Settled items from an index on. */
  static ItemSelect settled(BatchHeader batch, int from) {
    ItemSelect select = new ItemSelect(batch, from);
    select.hasOutcome = true;
    return select;
  }

  static ItemSelect at(BatchHeader batch, int index) {
    ItemSelect select = new ItemSelect(batch, index);
    select.conditions.and("i.item_id = :first");
    return select;
  }

  static ItemSelect withKey(BatchHeader batch, String key) {
    ItemSelect select = new ItemSelect(batch, 0);
    select.conditions.and(
        """
        i.item_id = cast(:base as bigint) + (select k.item_index from batch_item_key k
          where k.batch_no = :batch and k.item_key = :key)""",
        "key",
        key);
    return select;
  }

  /** Runs the select. */
  List<BatchItem<String, String>> list(Handle handle, int limit) {
    String lead = hasError ? "e" : isParked ? "p" : hasOutcome ? "o" : "i";
    String sql =
        SELECT.formatted(joined(hasOutcome), joined(isParked), joined(hasError))
            + conditions.sql()
            + "order by %s.item_id fetch first :limit rows only".formatted(lead);
    return conditions
        .bindTo(handle.createQuery(sql))
        .bind("batch", batch.number())
        .bind("base", ItemIds.first(batch.number()))
        .bind("first", first)
        .bind("end", ItemIds.end(batch.number()))
        .bind("limit", limit)
        .map((row, context) -> ItemRows.item(row))
        .list();
  }

  private static String joined(boolean isNeeded) {
    return isNeeded ? "" : "left";
  }
}
