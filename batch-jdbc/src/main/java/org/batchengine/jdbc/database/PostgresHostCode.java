package org.batchengine.jdbc.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.batchengine.jdbc.sql.SqlText;
import org.batchengine.jdbc.sql.SqlText.Reading;

/**
 * What host code may run on PostgreSQL in a transaction of the engine. Settings may change until
 * the end of an item. What a function does, or a text that it executes, cannot be seen here.
 */
final class PostgresHostCode {
  private static final Pattern ENDS =
      Pattern.compile(
          "(?:commit|end|abort|prepare transaction"
              + "|rollback(?! (?:(?:work|transaction) )?to\\b))\\b.*");

  private static final Pattern OUTLIVES =
      Pattern.compile(
          "(?:set (?!local\\b|transaction\\b|constraints\\b)|set local session authorization\\b"
              + "|(?:reset|discard|listen|unlisten|load|prepare|deallocate)\\b).*"
              + "|declare\\b.* with hold\\b.*"
              + "|create (?:(?:local|global) )?temp(?:orary)? (?!.* on commit drop\\b).*"
              + "|(?!create ).*\\binto temp(?:orary)? .*"
              + "|.*\\bpg_(?:try_)?advisory_lock(?:_shared)?\\b.*");

  private static final Pattern SET_CONFIG = Pattern.compile("\\bset_config ?\\(( ?'(\\d+)')?");
  private static final Pattern UNTIL_THE_END = Pattern.compile(", ?true ?\\)");
  private static final Pattern SET_LOCAL =
      Pattern.compile("set local (?!transaction\\b)(time zone|schema|\"[^\"]+\"|[\\w.]+).*");

  /** After what a statement may begin in a block of code. */
  private static final Pattern IN_A_BLOCK = Pattern.compile("\\b(?:begin|then|else|loop) ");

  private static final Pattern END_OF_BLOCK = Pattern.compile("end\\b.*");

  private PostgresHostCode() {}

  private static List<SqlText> statements(String sql) {
    List<SqlText> all = new ArrayList<>();
    for (SqlText statement : SqlText.statements(sql, Reading.POSTGRESQL)) {
      all.add(statement);
      if (statement.words().matches("do\\b.*")) {
        statement.literals().forEach(block -> all.addAll(ofBlock(block)));
      }
    }
    return all;
  }

  private static List<SqlText> ofBlock(String block) {
    List<SqlText> all = new ArrayList<>();
    for (SqlText statement : SqlText.statements(block, Reading.POSTGRESQL)) {
      all.add(statement);
      Matcher begins = IN_A_BLOCK.matcher(statement.words());
      while (begins.find()) {
        String words = statement.words().substring(begins.end());
        all.add(new SqlText(words, statement.literals()));
      }
    }
    all.removeIf(statement -> END_OF_BLOCK.matcher(statement.words()).matches());
    return all;
  }

  /** See {@link Dialect#refusal}. */
  static Optional<String> refusal(String sql) {
    return statements(sql).stream()
        .map(PostgresHostCode::refusal)
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<String> refusal(SqlText statement) {
    String words = statement.words();
    if (ENDS.matcher(words).matches()) {
      return Optional.of(Dialect.ends(statement));
    }
    if (OUTLIVES.matcher(words).matches()) {
      return Optional.of(
          Dialect.outlives(statement)
              + ": use what ends with the transaction (set local, on commit drop,"
              + " pg_advisory_xact_lock), or set up the pool's connections");
    }
    long named = SET_CONFIG.matcher(words).results().filter(each -> each.group(2) != null).count();
    long all = SET_CONFIG.matcher(words).results().count();
    return named == all && UNTIL_THE_END.matcher(words).results().count() >= all
        ? Optional.empty()
        : Optional.of(
            Dialect.outlives(statement)
                + ": write set_config('the name', value, true), so that it ends with the item");
  }

  /** See {@link Dialect#settingsOf}. */
  static List<String> settingsOf(String sql) {
    List<String> names = new ArrayList<>();
    for (SqlText statement : statements(sql)) {
      Matcher local = SET_LOCAL.matcher(statement.words());
      if (local.matches()) {
        names.add(nameOf(local.group(1)));
      }
      SET_CONFIG
          .matcher(statement.words())
          .results()
          .filter(each -> each.group(2) != null)
          .forEach(each -> names.add(statement.literals().get(Integer.parseInt(each.group(2)))));
    }
    return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).distinct().toList();
  }

  private static String nameOf(String written) {
    return switch (written) {
      case "time zone" -> "timezone";
      case "schema" -> "search_path";
      case "names" -> "client_encoding";
      default -> written.replace("\"", "");
    };
  }
}
