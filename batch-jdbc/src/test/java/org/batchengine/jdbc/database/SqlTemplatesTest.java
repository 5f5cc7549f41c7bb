package org.batchengine.jdbc.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.Method;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.junit.jupiter.api.Test;

/** The parser of our own statements, beside Jdbi's. */
class SqlTemplatesTest {
  @Test
  void findParametersAsJdbiDoes() throws SQLException {
    try (Handle handle = Jdbi.open("jdbc:h2:mem:")) {
      var dialect = Dialect.of(handle.getConnection());
      var templates = new SqlTemplates(new TableNames(null, "batch_"), dialect, null);
      StatementContext context = handle.createQuery("select 1").getContext();
      var jdbi = new ColonPrefixSqlParser();

      var statements =
          Stream.concat(
                  new ClassFileImporter()
                      .importPackages("org.batchengine.jdbc").stream()
                          .filter(JavaClass::isInterface)
                          .flatMap(dao -> Stream.of(dao.reflect().getMethods()))
                          .map(SqlTemplatesTest::sqlOf),
                  Stream.of(
                      dialect.openItems("i.input"),
                      dialect.notOpenItems(),
                      "select ':no', '' from t where a = :a::text[] and c=:c",
                      "select '?' from t where a = ?::text[]"))
              .filter(sql -> !sql.isEmpty())
              .map(templates::sql)
              .toList();

      assertThat(statements).hasSizeGreaterThan(100);
      assertThat(statements)
          .allSatisfy(
              sql -> assertThat(templates.parse(sql, context)).isEqualTo(jdbi.parse(sql, context)));
    }
  }

  private static String sqlOf(Method method) {
    var query = method.getAnnotation(SqlQuery.class);
    var update = method.getAnnotation(SqlUpdate.class);
    var batch = method.getAnnotation(SqlBatch.class);
    return query != null
        ? query.value()
        : update != null ? update.value() : batch != null ? batch.value() : "";
  }
}
