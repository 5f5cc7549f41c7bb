package org.batchengine.jdbc.database;

import java.util.Optional;
import java.util.regex.Pattern;
import org.batchengine.jdbc.sql.SqlText;
import org.batchengine.jdbc.sql.SqlText.Reading;

/**
 * What host code may run on H2 in a transaction of the engine: queries, changes of rows, and
 * savepoints. A change of tables is a commit in H2, and a setting lasts. What a function does
 * cannot be seen here.
 */
final class H2HostCode {
  private static final Pattern ALLOWED =
      Pattern.compile(
          "(?:(?:select|with|values|table|from|insert|update|delete|merge|replace|call|explain|show"
              + "|savepoint|release savepoint|rollback (?:(?:work|transaction) )?to)\\b|[({?]).*");

  private static final Pattern SETTING = Pattern.compile("(?:set|use|prepare|deallocate)\\b.*");

  private H2HostCode() {}

  /** See {@link Dialect#refusal}. */
  static Optional<String> refusal(String sql) {
    return SqlText.statements(sql, Reading.H2).stream()
        .filter(statement -> !ALLOWED.matcher(statement.words()).matches())
        .findFirst()
        .map(
            statement ->
                SETTING.matcher(statement.words()).matches()
                    ? Dialect.outlives(statement) + ": set it in the pool's URL"
                    : Dialect.ends(statement));
  }
}
