package org.batchengine.jdbc.sql;

import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number that a sequence gave although a row has it already. So the sequence was set back, as by
 * a restore that brought the rows and not the sequences.
 *
 * @param mend the SQL that sets the sequence right
 */
record TakenNumber(String table, String column, String mend) {
  /** The name of the constraint. */
  private static final Pattern ON_POSTGRES =
      Pattern.compile("unique constraint \"(\\w*?)(job|session|event)_pk\"");

  /** The table with its columns, after that of the index. */
  private static final Pattern ON_H2 =
      Pattern.compile(
          " ON (?:\\w+\\.)?(\\w*?)(JOB|SESSION|EVENT)\\((BATCH_NO|ID)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final String MEND_POSTGRES =
      "select setval(pg_get_serial_sequence('%1$s', '%2$s'), (select max(%2$s) from %1$s))";
  private static final String MEND_H2 =
      "alter table %1$s alter column %2$s restart with (select max(%2$s) + 1 from %1$s)";

  /** What a duplicate key says of a sequence, if it is that of one. */
  static Optional<TakenNumber> in(SQLException duplicate) {
    String message = String.valueOf(duplicate.getMessage());
    Matcher postgres = ON_POSTGRES.matcher(message);
    if (postgres.find()) {
      return Optional.of(of(postgres.group(1), postgres.group(2), MEND_POSTGRES));
    }
    Matcher h2 = ON_H2.matcher(message);
    return h2.find() && h2.group(3).equalsIgnoreCase(column(h2.group(2)))
        ? Optional.of(of(h2.group(1), h2.group(2), MEND_H2))
        : Optional.empty();
  }

  private static TakenNumber of(String prefix, String name, String mend) {
    String table = (prefix + name).toLowerCase(Locale.ROOT);
    String column = column(name);
    return new TakenNumber(table, column, mend.formatted(table, column));
  }

  private static String column(String name) {
    return name.equalsIgnoreCase("job") ? "batch_no" : "id";
  }

  String words() {
    return "the sequence of %s.%s was set back, perhaps by a restore: it gave a number that a row has already. Set it right with: %s"
        .formatted(table, column, mend);
  }
}
