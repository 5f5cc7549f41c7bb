package org.batchengine.jdbc.steer;

import java.util.List;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Batches as they are filled from others. */
interface FillingDao {

  /** Those that are, and wait for nothing else, without a lock. */
  @SqlQuery(
      """
      select f.batch_no from batch_fill f join batch_job j on j.batch_no = f.batch_no
      where j.state = 'PENDING' and not j.waiting
      order by f.batch_no
      fetch first :most rows only
      """)
  List<Long> due(@Bind("most") int most);

  /** Keys of items that were copied. */
  @SqlUpdate(
      """
      insert into batch_item_key (batch_no, item_key, item_index)
      select :batch, i.item_key, i.item_id - :batch * 2147483648
      from batch_item i
      where i.item_id >= :first and i.item_id < :end and i.item_key is not null
      order by i.item_key
      """)
  void insertKeys(@Bind("batch") long batch, @Bind("first") long first, @Bind("end") long end);

  /** The batch has more items. */
  @SqlUpdate(
      """
      update batch_job set total = total + :items, input_bytes = input_bytes + :bytes,
        largest_input = case when largest_input < :largest then :largest else largest_input end,
        updated_at = <now>
      where batch_no = :batch
      """)
  void grow(
      @Bind("batch") long batch,
      @Bind("items") int items,
      @Bind("bytes") long bytes,
      @Bind("largest") int largest);

  /** The first of these items whose input has more bytes. */
  @SqlQuery(
      """
      select item_id from batch_item
      where item_id >= :first and item_id < :end and octet_length(input) > :bytes
      order by item_id
      fetch first 1 rows only
      """)
  long firstAbove(@Bind("first") long first, @Bind("end") long end, @Bind("bytes") int bytes);

  /** The next slice begins at this item. */
  @SqlUpdate("update batch_fill set next_item = :next where batch_no = :batch")
  void goOn(@Bind("batch") long batch, @Bind("next") long next);
}
