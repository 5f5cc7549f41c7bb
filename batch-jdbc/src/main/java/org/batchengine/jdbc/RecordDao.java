package org.batchengine.jdbc;

import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Removes records of the items {@code [first, end)}. */
interface RecordDao {

  @SqlUpdate("delete from batch_outcome where item_id >= :first and item_id < :end")
  void deleteOutcomes(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("delete from batch_error where item_id >= :first and item_id < :end")
  void deleteErrors(@Bind("first") long first, @Bind("end") long end);

  /** While the items are still there: they tell their keys. */
  @SqlUpdate(
      """
      delete from batch_item_key
      where batch_no = :batch and item_key in
        (select i.item_key from batch_item i
         where i.item_id >= :first and i.item_id < :end and i.item_key is not null)
      """)
  void deleteKeys(@Bind("batch") long batch, @Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("delete from batch_item where item_id >= :first and item_id < :end")
  void deleteItems(@Bind("first") long first, @Bind("end") long end);
}
