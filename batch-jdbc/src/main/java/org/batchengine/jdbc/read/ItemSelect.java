package org.batchengine.jdbc.read;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.LastError;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultBearing;

/**
 * One select of items with what has become of them: a page is found first, then what belongs to its
 * items is looked up by their keys alone. So it costs the same whatever the planner believes of the
 * tables, of which it may not have heard yet: of a plain join it would read all for each item.
 *
 * <p>What the items must have decides which table leads in finding the page: failed items are found
 * by errors, of which there are few. The state of an item that is not finished is read off its
 * place: parked, or in the chunk that covers it; so such items are looked for in these places only.
 */
final class ItemSelect {
  private static final Set<ItemState> FINISHED =
      Set.of(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SKIPPED, ItemState.CANCELLED);
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

  private static final String OF_ITEMS = "select i.item_id from batch_item i ";

  private static final String OF_OUTCOMES = "select i.item_id from batch_outcome i ";

  private static final String OF_ERRORS =
      """
      select i.item_id from batch_error i
      <one batch_outcome o on o.item_id = i.item_id>
      """;

  /** Where the place of an item counts. */
  private static final String OF_PLACES =
      """
      select i.item_id from batch_item i
      <one batch_outcome o on o.item_id = i.item_id>
      <one batch_parked p on p.item_id = i.item_id>
      """;

  private static final String OF_PARKED = OF_PLACES.replace("from batch_item", "from batch_parked");

  /** The first chunk that has items from an index on, of those with an owner or without. */
  private static final String NEXT_CHUNK =
      """
      select from_index, to_index from batch_chunk
      where batch_no = :batch and to_index > :from
        and (session_id is null and :pending or session_id is not null and :running)
      order by from_index fetch first row only
      """;

  private static final String UNPARKED = " and p.item_id is null ";

  private static final String FIT =
      """
      select count(*) from (
        select sum(coalesce(octet_length(i.input), 0) + coalesce(octet_length(o.output), 0))
          over (order by i.item_id) as bytes
        from batch_item i
        <one batch_outcome o on o.item_id = i.item_id>
        where i.item_id >= :first and i.item_id < :end) sizes
      where bytes <= :bytes
      """;

  private static final String DETAILS =
      """
      select i.item_id, i.item_key, coalesce(v.input, i.input) as input, i.input as original_input, j.id, j.created_at, j.measures, o.duration_micros, o.quality,
        o.reason, o.output, o.settled_at, coalesce(o.attempts, p.attempts, 0) as attempts,
        case when p.session_id is null then p.due_at end as due_at,
        i.item_id - :base < j.purged as purged,
        coalesce(o.measure_1, p.measure_1) as measure_1, coalesce(o.measure_2, p.measure_2) as measure_2,
        coalesce(o.measure_3, p.measure_3) as measure_3, coalesce(o.measure_4, p.measure_4) as measure_4,
        e.attempt, e.type, e.message, e.fingerprint, e.stack, e.failed_at,
      """
          + STATE
          + """
           as state
          from (%s order by i.item_id fetch first :limit rows only) page
          <one batch_item i on i.item_id = page.item_id>
          <one batch_job j on j.batch_no = :batch>
          <one batch_outcome o on o.item_id = page.item_id>
          <one batch_parked p on p.item_id = page.item_id>
          <one batch_input v on v.item_id = page.item_id
            and v.attempt = (select max(l.attempt) from batch_input l where l.item_id = page.item_id)>
          <one batch_error e on e.item_id = page.item_id
            and e.attempt = (select max(l.attempt) from batch_error l where l.item_id = page.item_id)>
          where j.id is not null
          order by i.item_id
          """;

  private final BatchHeader batch;
  private final int from;
  private final String lead;
  private final Conditions conditions = new Conditions();
  private Set<ItemState> open = Set.of();

  private ItemSelect(BatchHeader batch, int from, String lead) {
    this.batch = batch;
    this.from = from;
    this.lead = lead;
    conditions.and("i.item_id >= :first and i.item_id < :end");
  }

  /** A chunk of the batch. */
  private record Range(int from, int to) {}

  /** The items that are asked for, from an index on. */
  static ItemSelect of(BatchHeader batch, int from, ItemQuery query) {
    Set<ItemState> states = query.states();
    boolean isFinished = !states.isEmpty() && FINISHED.containsAll(states);
    boolean byError = query.errorType().isPresent() || query.errorFingerprint().isPresent();
    boolean isSettled = query.settledAfter().isPresent();
    ItemSelect select;
    if (states.equals(FAILED) || (byError && (isFinished || states.isEmpty()))) {
      select = new ItemSelect(batch, from, OF_ERRORS);
      select.conditions.and(
          "i.attempt = (select max(l.attempt) from batch_error l where l.item_id = i.item_id)");
      select.addErrors(query, "i."::concat);
      select.addStates(states, "o.state");
      select.addSettledAfter(query, "o");
    } else if (isFinished || (states.isEmpty() && isSettled)) {
      select = new ItemSelect(batch, from, OF_OUTCOMES);
      select.addStates(states, "i.state");
      select.addSettledAfter(query, "i");
    } else if (states.isEmpty()) {
      select = new ItemSelect(batch, from, OF_ITEMS);
    } else {
      select = new ItemSelect(batch, from, OF_PLACES);
      select.open = Collections.disjoint(FINISHED, states) ? states : Set.of();
      select.addStates(states, STATE);
      select.addSettledAfter(query, "o");
      select.addErrors(query, column -> LastError.column(column, "i.item_id"));
    }
    return select;
  }

  private void addStates(Set<ItemState> states, String state) {
    if (!states.isEmpty()) {
      conditions.anyOf("(" + state + ")", "states", states.stream().map(ItemState::name).toList());
    }
  }

  private void addSettledAfter(ItemQuery query, String outcome) {
    query
        .settledAfter()
        .ifPresent(from -> conditions.and(outcome + ".settled_at >= :settled", "settled", from));
  }

  private void addErrors(ItemQuery query, UnaryOperator<String> error) {
    query
        .errorType()
        .ifPresent(type -> conditions.and(error.apply("type") + " = :type", "type", type));
    query
        .errorFingerprint()
        .ifPresent(
            print -> conditions.and(error.apply("fingerprint") + " = :print", "print", print));
  }

  /** Settled items from an index on. */
  static ItemSelect settled(BatchHeader batch, int from) {
    return new ItemSelect(batch, from, OF_OUTCOMES);
  }

  /** Items in any state from an index on. */
  static ItemSelect inAnyState(BatchHeader batch, int from) {
    return new ItemSelect(batch, from, OF_ITEMS);
  }

  /** How many of the next {@code most} items have no more than so many bytes of payloads. */
  static int fit(Handle handle, BatchHeader batch, int from, int most, long mostBytes) {
    long first = ItemIds.of(batch.number(), from);
    return handle
        .createQuery(FIT)
        .bind("first", first)
        .bind("end", Math.min(first + most, ItemIds.end(batch.number())))
        .bind("bytes", mostBytes)
        .mapTo(Integer.class)
        .one();
  }

  static ItemSelect at(BatchHeader batch, int index) {
    ItemSelect select = new ItemSelect(batch, index, OF_ITEMS);
    select.conditions.and("i.item_id = :first");
    return select;
  }

  static ItemSelect withKey(BatchHeader batch, String key) {
    ItemSelect select = new ItemSelect(batch, 0, OF_ITEMS);
    select.conditions.and(
        """
        i.item_id = cast(:base as bigint) + (select k.item_index from batch_item_key k
          where k.batch_no = :batch and k.item_key = :key)""",
        "key",
        key);
    return select;
  }

  /** Runs the select, in a transaction. */
  List<BatchItem<String, String>> list(Handle handle, Dialect dialect, int limit) {
    String inOrder = dialect.lookUpInOrder();
    if (open.isEmpty()) {
      return all(handle, inOrder, lead, limit);
    }
    if (!inOrder.isEmpty()) {
      handle.execute(inOrder);
    }
    return open(handle, limit);
  }

  /**
   * Those of the batch.
   *
   * @param before statements that go in the same trip
   */
  private List<BatchItem<String, String>> all(
      Handle handle, String before, String lead, int limit) {
    long first = ItemIds.of(batch.number(), from);
    long end = ItemIds.end(batch.number());
    return range(handle, before, lead + conditions.sql(), first, end, limit);
  }

  private List<BatchItem<String, String>> open(Handle handle, int limit) {
    boolean pending = open.contains(ItemState.PENDING);
    boolean running = open.contains(ItemState.RUNNING);
    List<BatchItem<String, String>> found = new ArrayList<>();
    if (pending || running) {
      addInChunks(handle, limit, pending, running, found);
    }
    if (open.size() > 1 || !pending) {
      found.addAll(all(handle, "", OF_PARKED, limit));
    }
    found.sort(Comparator.comparingInt(BatchItem::index));
    return found.subList(0, Math.min(limit, found.size()));
  }

  /** Chunk by chunk: all that is finished between them is passed over. */
  private void addInChunks(
      Handle handle,
      int limit,
      boolean pending,
      boolean running,
      List<BatchItem<String, String>> found) {
    String items = OF_PLACES + conditions.sql() + UNPARKED;
    int next = from;
    while (found.size() < limit) {
      Optional<Range> chunk = nextChunk(handle, next, pending, running);
      if (chunk.isEmpty()) {
        return;
      }
      Range range = chunk.get();
      long first = ItemIds.of(batch.number(), Math.max(from, range.from()));
      long end = ItemIds.of(batch.number(), range.to());
      found.addAll(range(handle, "", items, first, end, limit - found.size()));
      next = range.to();
    }
  }

  private Optional<Range> nextChunk(Handle handle, int next, boolean pending, boolean running) {
    return handle
        .createQuery(NEXT_CHUNK)
        .bind("batch", batch.number())
        .bind("from", next)
        .bind("pending", pending)
        .bind("running", running)
        .map((row, context) -> new Range(row.getInt("from_index"), row.getInt("to_index")))
        .findOne();
  }

  private List<BatchItem<String, String>> range(
      Handle handle, String before, String page, long first, long end, int limit) {
    return conditions
        .bindTo(handle.createQuery(before + DETAILS.formatted(page)))
        .bind("batch", batch.number())
        .bind("base", ItemIds.first(batch.number()))
        .bind("first", first)
        .bind("end", end)
        .bind("limit", limit)
        .execute(
            (statement, context) ->
                ResultBearing.of(() -> rows(statement.get()), context)
                    .map((row, same) -> ItemRows.item(row))
                    .list());
  }

  /** The first result that has rows: what goes before the select has none. */
  private static ResultSet rows(PreparedStatement executed) {
    try {
      boolean hasRows = executed.getResultSet() != null;
      while (!hasRows && executed.getUpdateCount() >= 0) {
        hasRows = executed.getMoreResults();
      }
      return executed.getResultSet();
    } catch (SQLException e) {
      throw new UncheckedSqlException(e);
    }
  }
}
