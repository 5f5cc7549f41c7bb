package org.batchengine.jdbc;

import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;

/** SQL of the tests, past the store. All of it is parsed once, whatever the database. */
final class TestJdbi {
  private static final SqlParser PARSER = new ColonPrefixSqlParser();

  private TestJdbi() {}

  static Jdbi of(DataSource pool) {
    return parsingOnce(Jdbi.create(pool));
  }

  static Jdbi of(String url) {
    return parsingOnce(Jdbi.create(url));
  }

  private static Jdbi parsingOnce(Jdbi jdbi) {
    jdbi.getConfig(SqlStatements.class).setSqlParser(PARSER);
    return jdbi;
  }
}
