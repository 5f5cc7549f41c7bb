package org.batchengine.jdbc;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * What a query must hold: fixed conditions, of which those that were asked for stand in the SQL.
 */
final class Conditions {
  private final StringJoiner sql = new StringJoiner("\n  and ", "where ", "\n");
  private final Map<String, Object> values = new LinkedHashMap<>();

  Conditions and(String condition) {
    sql.add(condition);
    return this;
  }

  Conditions and(String condition, String name, Object value) {
    values.put(name, value);
    return and(condition);
  }

  String sql() {
    return sql.toString();
  }

  <T extends SqlStatement<T>> T bindTo(T statement) {
    values.forEach(statement::bind);
    return statement;
  }
}
