package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.batchengine.spring.SpringApplications.LENGTH;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.Batches;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What waits for the end of a transaction: of a transactional processor's item, or another. */
@Timeout(60)
class SpringSynchronizationTest {
  private final ApplicationContextRunner withoutAutoCommit =
      SpringApplications.onH2()
          .withUserConfiguration(SpringApplications.Lengths.class)
          .withPropertyValues("spring.datasource.hikari.auto-commit=false");

  /** A transaction that is over keeps its connection, which goes back without a commit. */
  @Test
  void submitsABatchOfItsOwnOnceTheTransactionIsOver() {
    withoutAutoCommit.run(
        context -> {
          var batches = context.getBean(Batches.class);
          var submitted = new ArrayList<BatchId>();
          for (boolean rollback : List.of(false, true)) {
            new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
                .executeWithoutResult(
                    status -> {
                      TransactionSynchronizationManager.registerSynchronization(
                          new TransactionSynchronization() {
                            @Override
                            public void afterCommit() {
                              submitted.add(batches.submit(LENGTH, List.of("one")));
                            }

                            @Override
                            public void afterCompletion(int outcome) {
                              submitted.add(batches.submit(LENGTH, List.of("one")));
                            }
                          });
                      if (rollback) {
                        status.setRollbackOnly();
                      }
                    });
          }
          assertThat(submitted).hasSize(3);
          for (BatchId each : submitted) {
            assertThat(batches.await(each).isSuccess()).isTrue();
          }
        });
  }

  @Test
  void submitsInATransactionThatItBegins() {
    withoutAutoCommit.run(
        context -> {
          var batches = context.getBean(Batches.class);
          var inTransaction =
              new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
          var another = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
          another.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
          var undone = new ArrayList<BatchId>();
          inTransaction.executeWithoutResult(
              status ->
                  TransactionSynchronizationManager.registerSynchronization(
                      new TransactionSynchronization() {
                        @Override
                        public void afterCommit() {
                          another.executeWithoutResult(
                              inner -> {
                                inner.setRollbackOnly();
                                undone.add(batches.submit(LENGTH, List.of("one")));
                              });
                        }
                      }));
          assertThat(undone).hasSize(1);
          assertThat(batches.find(undone.get(0))).isEmpty();
        });
  }

  @Test
  void submitsNothingOnAConnectionThatSpringKeepsBesideAnotherTransaction() {
    var other =
        new TransactionTemplate(
            new DataSourceTransactionManager(new DriverManagerDataSource("jdbc:h2:mem:beside")));
    withoutAutoCommit.run(
        context -> {
          var batches = context.getBean(Batches.class);
          other.executeWithoutResult(
              status -> {
                context.getBean(JdbcTemplate.class).execute("select 1");
                assertThatIllegalStateException()
                    .isThrownBy(() -> batches.submit(LENGTH, List.of("one")))
                    .withMessageContaining("let the pool have auto-commit=true");
              });
        });
  }

  private static final JobType<String, Void> BOOK = JobType.of("book", String.class, Void.class);

  @Test
  void learnsThatTheResultIsUnknown() {
    var said = new ConcurrentLinkedQueue<String>();
    SpringApplications.onH2()
        .withBean(
            Registration.class,
            () ->
                Registration.<String, Void, Connection>transactional(
                    BOOK,
                    Connection.class,
                    (invoice, connection, context) -> {
                      TransactionSynchronizationManager.registerSynchronization(
                          new TransactionSynchronization() {
                            @Override
                            public void beforeCommit(boolean readOnly) {
                              said.add("before");
                            }

                            @Override
                            public void afterCommit() {
                              said.add("committed");
                            }

                            @Override
                            public void afterCompletion(int status) {
                              said.add("status " + status);
                            }
                          });
                      return null;
                    }))
        .run(
            context -> {
              var batches = context.getBean(Batches.class);
              assertThat(batches.await(batches.submit(BOOK, List.of("1"))).isSuccess()).isTrue();
              assertThat(said)
                  .containsExactly("before", "status " + TransactionSynchronization.STATUS_UNKNOWN);
            });
  }
}
