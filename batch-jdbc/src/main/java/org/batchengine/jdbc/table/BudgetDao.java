package org.batchengine.jdbc.table;

import java.util.List;
import java.util.Optional;
import org.batchengine.store.rules.BudgetUse;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** What batches have come to of their budgets: as much as their counters say. */
public interface BudgetDao {

  /** Of a batch {@code j} with a budget: the sum of its measure. */
  String SUM =
      """
      (select coalesce(sum(case j.budget_place
          when 1 then g.sum_1 when 2 then g.sum_2 when 3 then g.sum_3 else g.sum_4 end), 0)
        from batch_progress g where g.batch_no = j.batch_no)
      """;

  String IS_USED_UP =
      "j.budget_most is not null and j.budget_most <= cast(" + SUM + " as double precision)\n";

  /** Whether the batch may run, although its budget is used up. */
  @SqlQuery(
      "select exists (select 1 from batch_job j"
          + " where j.batch_no = :batch and j.state in ('PENDING', 'RUNNING') and "
          + IS_USED_UP
          + ")")
  boolean isToBePaused(@Bind("batch") long batch);

  /** Batches that may run, although their budgets are used up. */
  @SqlQuery(
      "select j.batch_no from batch_job j where j.state in ('PENDING', 'RUNNING') and "
          + IS_USED_UP
          + "order by j.batch_no fetch first :most rows only")
  List<Long> toBePaused(@Bind("most") int most);

  /** How much of its budget a batch has used up, if it has one. */
  @SqlQuery(
      "select j.measures, j.budget_place, j.budget_most, "
          + SUM
          + " as budget_sum from batch_job j where j.batch_no = :batch and j.budget_most is not null")
  Optional<BudgetUse> use(@Bind("batch") long batch);
}
