package org.batchengine.jdbc.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What host code asks of a connection of the store. */
class GuardTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into booking values (1)",
        " /* a comment */ update booking set item = 2",
        "select item from booking for update",
        "select item from booking for/**/update",
        "select item from final table (insert into booking values (1))",
        "select next value for numbers",
        "with booked as (select 1) select * from booked",
        "select 1; delete from booking"
      })
  @DisplayName("FAULT-H1 what may write or lock waits")
  void mayWrite(String sql) {
    assertThat(Guard.mayWrite(sql)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "select item from booking",
        "\n SELECT item,\n updated_at FROM booking WHERE item = ?",
        "values (1)"
      })
  @DisplayName("what surely reads does not wait")
  void reads(String sql) {
    assertThat(Guard.mayWrite(sql)).isFalse();
  }
}
