package org.batchengine.jdbc.sql;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * What a query must hold: fixed conditions, of which those that were asked for stand in the SQL.
 */
public final class Conditions {
  private final StringJoiner sql = new StringJoiner("\n  and ", "where ", "\n");
  private final Map<String, Object> values = new LinkedHashMap<>();

  /** Adds a condition. */
  public Conditions and(String condition) {
    sql.add(condition);
    return this;
  }

  /** Adds a condition with the value of its parameter. */
  public Conditions and(String condition, String name, Object value) {
    values.put(name, value);
    return and(condition);
  }

  /** Adds that the column has one of the texts. */
  public Conditions anyOf(String column, String name, Collection<String> texts) {
    StringJoiner any = new StringJoiner(" or ", "(", ")");
    for (String[] slice : Slices.of(texts, String[]::new)) {
      String parameter = name + values.size();
      values.put(parameter, slice);
      any.add("%s = any(:%s)".formatted(column, parameter));
    }
    return and(any.toString());
  }

  /** {@return the where clause} */
  public String sql() {
    return sql.toString();
  }

  /** Binds the values of the conditions. */
  public <T extends SqlStatement<T>> T bindTo(T statement) {
    values.forEach(statement::bind);
    return statement;
  }
}
