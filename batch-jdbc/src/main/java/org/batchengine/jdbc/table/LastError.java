package org.batchengine.jdbc.table;

/** The error of an item's last failed attempt. */
public final class LastError {

  private LastError() {}

  /** A column of it: a subquery, so that it is looked up whatever the planner believes. */
  public static String column(String column, String item) {
    return """
        (select e.%s from batch_error e where e.item_id = %s
          order by e.attempt desc fetch first 1 rows only)"""
        .formatted(column, item);
  }
}
