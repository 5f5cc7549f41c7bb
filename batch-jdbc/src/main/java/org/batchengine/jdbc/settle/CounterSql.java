package org.batchengine.jdbc.settle;

import static java.util.stream.Collectors.joining;

import org.batchengine.jdbc.sql.MeasureColumns;

/** Statements on a session's counters of a batch: the parameters of the sums come first. */
final class CounterSql {
  private static final String ADD = add("");
  private static final String ADD_MEASURED =
      add(
          MeasureColumns.SUMS.stream()
              .map(name -> MeasureColumns.add(name, "", "?") + ", ")
              .collect(joining()));

  private static final String BEGIN = begin("", "");
  private static final String BEGIN_MEASURED =
      begin("<sums>, ", MeasureColumns.SUMS.stream().map(name -> "?, ").collect(joining()));

  private CounterSql() {}

  /** Adds to the counters, if there are any. */
  static String add(boolean isMeasured) {
    return isMeasured ? ADD_MEASURED : ADD;
  }

  /** Begins the counters. */
  static String begin(boolean isMeasured) {
    return isMeasured ? BEGIN_MEASURED : BEGIN;
  }

  private static String add(String sums) {
    return """
        update batch_progress set %s
          succeeded = succeeded + ?, failed = failed + ?, skipped = skipped + ?,
          cancelled = cancelled + ?, item_micros = item_micros + ?, retries = retries + ?,
          items_per_second = ?, updated_at = <now>
        where batch_no = ? and session_id = ?
        """
        .formatted(sums);
  }

  private static String begin(String sums, String values) {
    return """
        insert into batch_progress (%ssucceeded, failed, skipped, cancelled, item_micros,
          retries, items_per_second, updated_at, batch_no, session_id)
        values (%s?, ?, ?, ?, ?, ?, ?, <now>, ?, ?)
        """
        .formatted(sums, values);
  }
}
