package org.batchengine.jdbc.sql;

import static java.util.stream.Collectors.joining;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.batchengine.model.Measure;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.Measured;
import org.jspecify.annotations.Nullable;

/** The columns of what items were measured at, and of the sums of that. */
public final class MeasureColumns {
  /** Of an item: one for each name of its batch. */
  public static final List<String> OF_ITEM =
      List.of("measure_1", "measure_2", "measure_3", "measure_4");

  /** Of counters: the sums, and how many items have a value. */
  public static final List<String> SUMS =
      List.of(
          "sum_1",
          "sum_2",
          "sum_3",
          "sum_4",
          "sum_quality",
          "measured_1",
          "measured_2",
          "measured_3",
          "measured_4",
          "measured_quality");

  private MeasureColumns() {}

  /** A comma, and a text for each of the columns, separated by commas. */
  public static String listed(List<String> columns, Function<String, String> text) {
    return columns.stream().map(text).collect(joining(", ", ", ", ""));
  }

  /** Adds to a column of a counter row, which may be null. */
  public static String add(String column, String of, String added) {
    return "%s = coalesce(%s%s, 0) + %s".formatted(column, of, column, added);
  }

  /** {@return the values of the sums, in the order of their columns} */
  public static List<Number> values(MeasureSums sums) {
    List<Number> values = new ArrayList<>(sums.sums());
    values.addAll(sums.items());
    return values;
  }

  /** Reads what an item was measured at. */
  public static Measured measured(ResultSet row) throws SQLException {
    @Nullable BigDecimal[] values = new BigDecimal[Measure.MOST];
    for (int place = 0; place < values.length; place++) {
      values[place] = row.getBigDecimal(OF_ITEM.get(place));
    }
    return Measured.of(values);
  }

  /** Reads sums. */
  public static MeasureSums sums(ResultSet row) throws SQLException {
    List<BigDecimal> sums = new ArrayList<>();
    List<Long> items = new ArrayList<>();
    for (int place = 0; place < MeasureSums.SIZE; place++) {
      BigDecimal sum = row.getBigDecimal(SUMS.get(place));
      sums.add(sum == null ? BigDecimal.ZERO : sum);
      items.add(row.getLong(SUMS.get(MeasureSums.SIZE + place)));
    }
    return new MeasureSums(sums, items);
  }
}
