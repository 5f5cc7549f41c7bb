package org.batchengine.jdbc.schedule;

import java.util.List;
import java.util.Optional;
import org.batchengine.store.NameInTenant;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Templates and their items. */
interface TemplateDao {

  /** Locks the template. */
  @SqlQuery(
      "select template_no from batch_template where tenant = :tenant and name = :name for update")
  Optional<Long> lock(@BindMethods NameInTenant name);

  @SqlUpdate("delete from batch_template where template_no = :number")
  void delete(@Bind("number") long number);

  @SqlUpdate("delete from batch_template_item where template_no = :number")
  void deleteItems(@Bind("number") long number);

  @SqlBatch(
      """
      insert into batch_template_item (template_no, item_index, item_key, input)
      values (:number, :index, :key, :input)
      """)
  void insertItems(
      @Bind("number") long number,
      @Bind("index") List<Integer> indexes,
      @Bind("key") List<@Nullable String> keys,
      @Bind("input") List<@Nullable String> inputs);
}
