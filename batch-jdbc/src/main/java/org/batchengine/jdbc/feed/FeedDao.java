package org.batchengine.jdbc.feed;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.batchengine.store.ReaderName;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Positions of events and of readers. */
interface FeedDao {

  /** The end of the feed. */
  String END =
      """
      select
        coalesce((select position from batch_reader where tenant = '' and name = ''), 0) as last,
        (select min(position) from batch_event) as first,
        exists (select 1 from batch_event where position is null) as has_new
      """;

  /** Locks the row that gives positions, and returns the last of them. */
  @SqlQuery("select position from batch_reader where tenant = '' and name = '' for update <brief>")
  Optional<Long> lockLast();

  /** Makes that row, unless there is one. */
  @SqlUpdate(
      """
      insert into batch_reader (tenant, name, position)
      select '', '', coalesce(max(position), 0) from batch_event
      <unless_taken>
      """)
  int insertLast();

  /** Events without a position, in the order in which those of each batch happened. */
  @SqlQuery(
      """
      select id from batch_event <by batch_event_position>
      where position is null <first id> fetch first :most rows only
      """)
  List<Long> unnumbered(@Bind("most") int most);

  /** Gives events their positions. */
  @SqlBatch("update batch_event set position = :position where id = :id")
  void number(@Bind("id") List<Long> ids, @Bind("position") List<Long> positions);

  /** Stores the last position. */
  @SqlUpdate("update batch_reader set position = :last where tenant = '' and name = ''")
  void keepLast(@Bind("last") long last);

  /** Where a reader is, if it has stored that. */
  @SqlQuery("select position from batch_reader where tenant = :tenant and name = :name")
  Optional<Long> position(@BindMethods ReaderName reader);

  /** Stores that a new reader is at the last position that was given, unless it is known. */
  @SqlUpdate(
      """
      insert into batch_reader (tenant, name, position)
      values (:tenant, :name,
        coalesce((select position from batch_reader where tenant = '' and name = ''), 0))
      <unless_taken>
      """)
  int begin(@BindMethods ReaderName reader);

  /** Moves a reader that is where it is believed to be. */
  @SqlUpdate(
      """
      update batch_reader set position = :to
      where tenant = :tenant and name = :name and position = :from
      """)
  int advance(@BindMethods ReaderName reader, @Bind("from") long from, @Bind("to") long to);

  /** Stores where a new reader is, unless it is known. */
  @SqlUpdate(
      "insert into batch_reader (tenant, name, position) values (:tenant, :name, :to) <unless_taken>")
  int insert(@BindMethods ReaderName reader, @Bind("to") long to);

  /** Takes a user's name out of events. */
  @SqlUpdate(
      """
      update batch_event set actor = null where id in
        (select id from batch_event
          where actor = :actor and tenant = coalesce(cast(:tenant as varchar), tenant)
          fetch first :most rows only)
      """)
  int forget(
      @Bind("actor") String actor, @Bind("tenant") @Nullable String tenant, @Bind("most") int most);

  /**
   * Of the first events, whether each is older than this, and not what a waiting batch may need.
   */
  @SqlQuery(
      """
      select e.happened_at < <now> - cast(:age as numeric(20, 6)) * interval '1' second
        and not (e.kind = 'COMPLETED' and exists (select 1 from batch_wait w
          where w.after_id = e.batch_id and w.after_no = e.batch_no and not w.at_end))
      from batch_event e where e.position is not null
      order by e.position fetch first :most rows only
      """)
  List<Boolean> areOlder(@Bind("age") Duration age, @Bind("most") int most);

  /** Removes the first events. */
  @SqlUpdate(
      """
      delete from batch_event where position <
        (select min(position) from batch_event) + :count
      """)
  int removeFirst(@Bind("count") int count);

  /** Whether the oldest event without a position is older than this. */
  @SqlQuery(
      """
      select happened_at < <now> - cast(:age as numeric(20, 6)) * interval '1' second
      from batch_event <by batch_event_position>
      where position is null <first id> fetch first 1 rows only
      """)
  List<Boolean> isUnnumberedOlder(@Bind("age") Duration age);
}
