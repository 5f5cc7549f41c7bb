package org.batchengine.jdbc;

import java.util.List;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Removes records of the items {@code [first, end)}. */
interface RecordDao {

  @SqlUpdate("delete from batch_outcome where item_id >= :first and item_id < :end")
  void deleteOutcomes(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("delete from batch_error where item_id >= :first and item_id < :end")
  void deleteErrors(@Bind("first") long first, @Bind("end") long end);

  /** The keys of those items that have one. */
  @SqlQuery(
      """
      select item_key from batch_item
      where item_id >= :first and item_id < :end and item_key is not null
      """)
  List<String> keys(@Bind("first") long first, @Bind("end") long end);

  @SqlUpdate("delete from batch_item_key where batch_no = :batch and item_key = any(:keys)")
  void deleteKeys(@Bind("batch") long batch, @Bind("keys") String[] keys);

  @SqlUpdate("delete from batch_item where item_id >= :first and item_id < :end")
  void deleteItems(@Bind("first") long first, @Bind("end") long end);
}
