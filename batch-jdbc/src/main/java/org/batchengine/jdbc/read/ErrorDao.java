package org.batchengine.jdbc.read;

import java.util.List;
import org.batchengine.model.ErrorGroup;
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

  /** Of each failed item its last error; of each group the latest, and how many there are. */
  @SqlQuery(
      """
      select g.fingerprint, g.type, g.message, g.failed_at, g.in_group, g.in_all
      from (
        select e.fingerprint, e.type, e.message, e.failed_at,
          count(*) over (partition by e.fingerprint) as in_group,
          count(*) over () as in_all,
          row_number() over (partition by e.fingerprint order by e.failed_at desc, e.item_id) as place
        from batch_error e
        join batch_outcome o on o.item_id = e.item_id
        where e.item_id >= :first and e.item_id < :end and o.state = 'FAILED'
          and e.attempt = (select max(l.attempt) from batch_error l where l.item_id = e.item_id)
          and exists (select 1 from batch_job where batch_no = :batch and id is not null)) g
      where g.place = 1
      order by g.in_group desc, g.fingerprint
      fetch first :most rows only
      """)
  List<ErrorGroup> groups(
      @Bind("batch") long batch,
      @Bind("first") long first,
      @Bind("end") long end,
      @Bind("most") int most);
}
