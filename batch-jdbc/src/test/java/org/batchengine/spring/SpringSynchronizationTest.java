package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.Batches;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** What waits for the commit of a transactional processor's item. */
@Timeout(60)
class SpringSynchronizationTest {
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
