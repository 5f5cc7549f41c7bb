package org.batchengine.jdbc.read;

import java.util.List;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Failed attempts of items. */
interface ErrorDao {

  @SqlQuery(
      """
      select attempt, type, message, fingerprint, stack, failed_at
      from batch_error
      where item_id = :item
        and exists (select 1 from batch_job where batch_no = :batch and id is not null)
      order by attempt
      """)
  List<ItemError> of(@Bind("batch") long batch, @Bind("item") long item);

  /** The inputs of an item, the first one first. */
  @SqlQuery(
      """
      select v.attempt, v.input, v.actor, v.changed_at from (
        select 1 as attempt, i.input, j.submitted_by as actor, j.created_at as changed_at
        from batch_item i join batch_job j on j.batch_no = :batch and j.id is not null
        where i.item_id = :item
        union all
        select c.attempt, c.input, c.actor, c.changed_at
        from batch_input c join batch_job j on j.batch_no = :batch and j.id is not null
        where c.item_id = :item) v
      order by v.attempt
      """)
  List<InputVersion> inputs(@Bind("batch") long batch, @Bind("item") long item);

  /**
   * Of each failed item its last error; of each group the latest, and how many there are. Reads the
   * items from the end, and no more than so many failures of them.
   */
  @SqlQuery(
      """
      select g.fingerprint, l.type, l.message, g.failed_at, g.in_group, g.in_all
      from (
        select f.item_id, f.attempt, f.fingerprint, f.failed_at,
          count(*) over (partition by f.fingerprint) as in_group,
          count(*) over () as in_all,
          row_number() over (partition by f.fingerprint order by f.failed_at desc, f.item_id) as place
        from (
          select e.item_id, e.attempt, e.fingerprint, e.failed_at
          from batch_error e
          where e.item_id >= :first and e.item_id < :end
            and (select o.state from batch_outcome o where o.item_id = e.item_id) = 'FAILED'
            and e.attempt = (select max(n.attempt) from batch_error n where n.item_id = e.item_id)
            and exists (select 1 from batch_job where batch_no = :batch and id is not null)
          order by e.item_id desc
          fetch first :newest rows only) f) g
      <one batch_error l on l.item_id = g.item_id and l.attempt = g.attempt>
      where g.place = 1
      order by g.in_group desc, g.fingerprint
      fetch first :most rows only
      """)
  List<ErrorGroup> groups(
      @Bind("batch") long batch,
      @Bind("first") long first,
      @Bind("end") long end,
      @Bind("newest") int newest,
      @Bind("most") int most);
}
