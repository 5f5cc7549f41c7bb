package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.memory.InMemoryBatchStore;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class HostSubmitTest {
  private static final BatchRequest<Integer> REQUEST =
      BatchRequest.of(JobType.of("ship", Integer.class, String.class), List.of(1));

  @Nested
  class OnH2 extends HostSubmitContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2();
    }
  }

  @Nested
  class OnPostgres extends HostSubmitContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onPostgres();
    }

    @Test
    void refusesAConnectionOfAnotherKindOfDatabase() throws Exception {
      try (HostDatabase other = HostDatabase.onH2();
          BatchEngine engine = host.engine(builder -> builder);
          Connection connection = other.connection()) {
        connection.setAutoCommit(false);
        assertThatThrownBy(() -> engine.submit(REQUEST, JdbcTransaction.of(connection)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("H2")
            .hasMessageContaining("postgresql");
        assertThat(connection.isClosed()).isFalse();
      }
    }
  }

  @Test
  void aStoreInMemoryRefuses() throws Exception {
    try (HostDatabase host = HostDatabase.onH2();
        Connection connection = host.connection();
        BatchEngine engine = BatchEngine.builder(new InMemoryBatchStore()).build()) {
      connection.setAutoCommit(false);
      assertThatThrownBy(() -> engine.submit(REQUEST, JdbcTransaction.of(connection)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("InMemoryBatchStore")
          .hasMessageContaining("JdbcTransaction");
    }
  }
}
