package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BulkTransactionalProcessor;
import org.batchengine.ChunkItem;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.TransactionalProcessor;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the parts of the contract share: processors that book their item in the database of a host.
 */
@Timeout(60)
abstract class BookingContract {
  static final JobType<Integer, String> BOOK = JobType.of("book", Integer.class, String.class);
  static final JobOptions ONE_BY_ONE =
      JobOptions.defaults().concurrency(1).retry(RetryPolicy.none());

  private final Supplier<HostDatabase> opener;
  HostDatabase host;

  BookingContract(Supplier<HostDatabase> opener) {
    this.opener = opener;
  }

  @BeforeEach
  void openHost() {
    host = opener.get();
  }

  @AfterEach
  void closeHost() {
    try (HostDatabase closing = host) {
      assertThat(closing.violations()).isEmpty();
    }
  }

  BatchEngine engine(
      TransactionalProcessor<Integer, String, Connection> processor, JobOptions options) {
    return host.engine(
        builder -> builder.registerTransactional(BOOK, Connection.class, processor, options));
  }

  /** Calls the processor with each item of a chunk if it is to be in bulk; it needs no context. */
  BatchEngine engine(
      boolean inBulk,
      TransactionalProcessor<Integer, String, Connection> processor,
      JobOptions options) {
    return inBulk
        ? bulkEngine(
            (chunk, connection) -> {
              for (ChunkItem<Integer, String> item : chunk) {
                item.succeed(processor.process(item.input(), connection, null));
              }
            },
            options)
        : engine(processor, options);
  }

  BatchEngine bulkEngine(
      BulkTransactionalProcessor<Integer, String, Connection> processor, JobOptions options) {
    return host.engine(
        builder -> builder.registerBulkTransactional(BOOK, Connection.class, processor, options));
  }

  static List<Integer> items(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  String error(BatchEngine engine, BatchId id, int index) {
    BatchItem<String, String> item = engine.item(id, index).orElseThrow();
    assertThat(item.state()).as("state of item %d", index).isEqualTo(ItemState.FAILED);
    Optional<ItemError> error = item.error();
    return error.orElseThrow().message();
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
