package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.batchengine.BatchRequest;
import org.batchengine.Batches;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.jdbc.PostgresServer;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.RetryPolicy;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.interceptor.TransactionAspectSupport;
import org.springframework.transaction.support.TransactionTemplate;

/** Spring's transactions and the engine's, on both databases. */
@Timeout(60)
class SpringTransactionsTest {
  private static final JobType<String, String> ECHO =
      JobType.of("echo", String.class, String.class);
  private static final JobType<String, Void> BOOK = JobType.of("book", String.class, Void.class);
  private static final JobType<String, Void> BOOK_BY_HANDLE =
      JobType.of("book-by-handle", String.class, Void.class);
  private static final JobType<String, Void> BOOK_MANY =
      JobType.of("book-many", String.class, Void.class);
  private static final JobOptions ONCE =
      JobOptions.defaults().concurrency(2).retry(RetryPolicy.none());

  /** What the application writes, in its own way. */
  static class Ledger {
    private final JdbcTemplate jdbc;
    private final Batches batches;

    Ledger(JdbcTemplate jdbc, Batches batches) {
      this.jdbc = jdbc;
      this.batches = batches;
      jdbc.execute("create table if not exists ledger (invoice varchar(100) primary key)");
    }

    @Transactional
    public void book(String invoice) {
      jdbc.update("insert into ledger (invoice) values (?)", invoice);
      switch (invoice.replaceAll(".*-", "")) {
        case "thrown" -> throw new IllegalStateException("too late");
        case "marked" -> TransactionAspectSupport.currentTransactionStatus().setRollbackOnly();
        case "submitted" -> batches.submit(BatchRequest.of(ECHO, List.of(invoice)).name(invoice));
        default -> {}
      }
    }

    @Transactional(propagation = Propagation.REQUIRES_NEW)
    public void note(String text) {
      jdbc.update("insert into ledger (invoice) values (?)", text);
    }

    public void clear() {
      jdbc.update("delete from ledger");
    }

    public List<String> all() {
      return jdbc.queryForList("select invoice from ledger order by invoice", String.class);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Accounting {
    @Bean
    Ledger ledger(JdbcTemplate jdbc, Batches batches) {
      return new Ledger(jdbc, batches);
    }

    @Bean
    Registration<String, String> echo() {
      return Registration.of(ECHO, text -> text);
    }

    @Bean
    Registration<String, Void> book(Ledger ledger) {
      return Registration.<String, Void, Connection>transactional(
              BOOK,
              Connection.class,
              (invoice, connection, context) -> {
                ledger.book(invoice);
                if (invoice.endsWith("noted")) {
                  ledger.note("note of " + invoice);
                  throw new IllegalStateException("after the note");
                }
                return invoice.endsWith("skipped") ? context.skip("not needed") : null;
              })
          .with(ONCE);
    }

    @Bean
    Registration<String, Void> bookByHandle(Ledger ledger) {
      return Registration.<String, Void, Handle>transactional(
              BOOK_BY_HANDLE,
              Handle.class,
              (invoice, handle, context) -> {
                ledger.book(invoice);
                return null;
              })
          .with(ONCE);
    }

    @Bean
    Registration<String, Void> bookMany(Ledger ledger) {
      return Registration.<String, Void, Connection>bulkTransactional(
              BOOK_MANY,
              Connection.class,
              (chunk, connection) ->
                  chunk.forEach(
                      item -> {
                        ledger.book(item.input());
                        item.succeed(null);
                      }))
          .with(ONCE);
    }
  }

  abstract static class OnADatabase {
    abstract String url();

    private ApplicationContextRunner application() {
      return SpringApplications.on(url()).withUserConfiguration(Accounting.class);
    }

    private static TransactionTemplate transaction(ApplicationContext context) {
      return new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
    }

    @Test
    void aSubmitCommitsAndRollsBackWithItsTransaction() {
      application().run(SpringTransactionsTest::joins);
    }

    @Test
    void aSubmitInAViewJoinsToo() {
      application()
          .run(
              context -> {
                Batches acme = context.getBean(Batches.class).forTenant("acme");
                BatchId undone = rolledBack(context, () -> acme.submit(ECHO, List.of("a")));
                assertThat(acme.find(undone)).isEmpty();
              });
    }

    @Test
    void aSubmitJoinsThroughProxiesOfTheDataSource() {
      for (UnaryOperator<DataSource> proxy :
          List.<UnaryOperator<DataSource>>of(
              TransactionAwareDataSourceProxy::new, LazyConnectionDataSourceProxy::new)) {
        application()
            .withBean(DataSource.class, () -> proxy.apply(pool(url())))
            .run(SpringTransactionsTest::joins);
      }
    }

    @Test
    void aSubmitJoinsNothingIfItIsToldSo() {
      application()
          .withPropertyValues("batchengine.submit.join-transaction=false")
          .run(
              context -> {
                Batches batches = context.getBean(Batches.class);
                var id = rolledBack(context, () -> batches.submit(ECHO, List.of("a")));
                assertThat(batches.await(id).isSuccess()).isTrue();
              });
    }

    @Test
    void aSubmitJoinsNoTransactionOfAnotherDataSource() {
      var other =
          new TransactionTemplate(
              new DataSourceTransactionManager(new DriverManagerDataSource("jdbc:h2:mem:another")));
      application()
          .run(
              context -> {
                Batches batches = context.getBean(Batches.class);
                var id =
                    other.execute(
                        status -> {
                          status.setRollbackOnly();
                          // Spring keeps the connection for the rest of the other's transaction.
                          context.getBean(JdbcTemplate.class).execute("select 1");
                          return batches.submit(ECHO, List.of("a"));
                        });
                assertThat(batches.await(id).isSuccess()).isTrue();
              });
    }

    @Test
    void aSubmitRefusesAReadOnlyTransaction() {
      application()
          .run(
              context -> {
                Batches batches = context.getBean(Batches.class);
                var reading = transaction(context);
                reading.setReadOnly(true);
                assertThatIllegalStateException()
                    .isThrownBy(
                        () ->
                            reading.executeWithoutResult(
                                status -> batches.submit(ECHO, List.of("a"))))
                    .withMessageContaining("read-only transaction");
              });
    }

    @Test
    void steeringJoinsNothing() {
      application()
          .run(
              context -> {
                Batches batches = context.getBean(Batches.class);
                var id =
                    batches.submit(
                        BatchRequest.of(ECHO, List.of("a"))
                            .startAt(Instant.now().plusSeconds(3_600)));
                rolledBack(context, () -> batches.cancel(id, "no longer needed"));
                assertThat(batches.await(id).state()).isEqualTo(BatchState.CANCELLED);
              });
    }

    @Test
    void whatATransactionalProcessorCallsWritesWithItsItem() {
      for (JobType<String, Void> type : List.of(BOOK, BOOK_BY_HANDLE)) {
        application()
            .run(
                context -> {
                  var batches = context.getBean(Batches.class);
                  var ledger = context.getBean(Ledger.class);
                  ledger.clear();
                  var id = batches.submit(type, List.of("1", "2-thrown", "3", "4-marked", "5"));
                  assertThat(batches.await(id).counts().succeeded()).isEqualTo(3);
                  assertThat(ledger.all()).containsExactly("1", "3", "5");
                  assertThat(batches.errors(id, 1).get(0).message()).isEqualTo("too late");
                  assertThat(batches.errors(id, 3).get(0).message()).contains("rollback-only");
                });
      }
    }

    @Test
    void whatABulkProcessorCallsWritesWithItsChunk() {
      application()
          .run(
              context -> {
                var batches = context.getBean(Batches.class);
                var ledger = context.getBean(Ledger.class);
                ledger.clear();
                var id = batches.submit(BOOK_MANY, List.of("1", "2", "3-thrown", "4", "5-marked"));
                assertThat(batches.await(id).counts().succeeded()).isEqualTo(3);
                assertThat(ledger.all()).containsExactly("1", "2", "4");
              });
    }

    @Test
    void aTransactionOfItsOwnStaysItsOwn() {
      application()
          .run(
              context -> {
                var batches = context.getBean(Batches.class);
                var ledger = context.getBean(Ledger.class);
                ledger.clear();
                batches.await(batches.submit(BOOK, List.of("1-noted", "2-skipped")));
                assertThat(ledger.all()).containsExactly("note of 1-noted");
              });
    }

    @Test
    void aSubmitInATransactionalProcessorIsThereOnceWithItsItem() {
      application()
          .run(
              context -> {
                var batches = context.getBean(Batches.class);
                var ledger = context.getBean(Ledger.class);
                ledger.clear();
                var id = batches.submit(BOOK, List.of("1-submitted"));
                assertThat(batches.await(id).isSuccess()).isTrue();
                var next =
                    batches.history(HistoryQuery.all()).items().stream()
                        .filter(job -> job.name().equals(Optional.of("1-submitted")))
                        .toList();
                assertThat(next).hasSize(1);
                assertThat(batches.await(next.get(0).id()).isSuccess()).isTrue();
              });
    }
  }

  private static void joins(ApplicationContext context) throws Exception {
    Batches batches = context.getBean(Batches.class);
    BatchId undone = rolledBack(context, () -> batches.submit(ECHO, List.of("a")));
    assertThat(batches.find(undone)).isEmpty();

    BatchId kept =
        OnADatabase.transaction(context)
            .execute(
                status -> {
                  BatchId id = batches.submit(ECHO, List.of("a"));
                  assertThat(batches.find(id)).as("before the commit").isEmpty();
                  return id;
                });
    assertThat(batches.await(kept).isSuccess()).isTrue();
  }

  private interface Step<T> {
    T run();
  }

  private static <T> T rolledBack(ApplicationContext context, Step<T> step) {
    return OnADatabase.transaction(context)
        .execute(
            status -> {
              status.setRollbackOnly();
              return step.run();
            });
  }

  private static HikariDataSource pool(String url) {
    var pool = new HikariDataSource();
    pool.setJdbcUrl(url);
    pool.setMaximumPoolSize(15);
    return pool;
  }

  @Nested
  class OnH2 extends OnADatabase {
    private final String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";

    @Override
    String url() {
      return url;
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class OnPostgres extends OnADatabase {
    private String url;

    @BeforeAll
    void create() {
      url = PostgresServer.freshDatabase();
    }

    @AfterAll
    void drop() {
      PostgresServer.drop(url);
    }

    @Override
    String url() {
      return url;
    }
  }
}
