package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.sql.SQLException;
import java.util.List;
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
  private static final List<Class<?>> DAOS =
      List.of(
          Canceller.CancelDao.class,
          ChunkDao.class,
          CompletionDao.class,
          ErrorDao.class,
          EventDao.class,
          FenceDao.class,
          Holds.HoldDao.class,
          ItemInserts.KeyDao.class,
          ItemLoader.InputDao.class,
          JobDao.class,
          LossDao.class,
          ParkedDao.class,
          ProgressDao.class,
          RemovalDao.class,
          SequentialDao.class,
          SessionDao.class,
          StatusDao.class,
          SteeringDao.class,
          SubmitDao.class,
          SweepDao.class,
          TransactionDao.class);

  @Test
  void findParametersAsJdbiDoes() throws SQLException {
    try (Handle handle = Jdbi.open("jdbc:h2:mem:")) {
      var dialect = Dialect.of(handle.getConnection());
      var templates = new SqlTemplates(new TableNames(null, "batch_"), dialect, null);
      StatementContext context = handle.createQuery("select 1").getContext();
      var jdbi = new ColonPrefixSqlParser();

      var statements =
          Stream.concat(
                  DAOS.stream()
                      .flatMap(dao -> Stream.of(dao.getMethods()))
                      .map(SqlTemplatesTest::sqlOf),
                  Stream.of(
                      dialect.openItems(),
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
