package org.batchengine.modules;

import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.jdbc.JdbcTransaction;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.RetryPolicy;
import org.jdbi.v3.core.Handle;

/** A host of the library in a module of its own: it walks through all rooms of the store. */
public final class ModularProgram {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);
  private static final JobType<String, Integer> BOOK =
      JobType.of("book", String.class, Integer.class);
  private static final Duration LONG = Duration.ofMinutes(1);

  private static volatile boolean fails = true;

  private ModularProgram() {}

  /** Runs batches in the database of this URL, and says so. */
  public static void main(String[] url) throws Exception {
    require(ModularProgram.class.getModule().isNamed(), "a host that is a module");
    require(JdbcBatchStore.class.getModule().isNamed(), "a named module");
    for (String database : List.of("h2", "postgresql")) {
      String file = "org/batchengine/jdbc/schema/" + database + "/V1__create.sql";
      require(ClassLoader.getSystemResource(file) != null, "a schema that others can read");
    }
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(url[0]))
            .register(LENGTH, ModularProgram::length)
            .registerFound()
            .registerTransactional(
                BOOK,
                Handle.class,
                (text, handle, context) ->
                    handle.select("select count(*) from batch_job").mapTo(Integer.class).one())
            .start()) {
      List<String> texts = IntStream.range(0, 200).mapToObj(Integer::toString).toList();
      BatchId id =
          engine.submit(
              BatchRequest.of(LENGTH, texts)
                  .keyedBy(text -> "key " + text)
                  .idempotencyKey("once")
                  .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxRetries(1)));
      require(engine.await(id, LONG).counts().failed() == 1, "one failure");
      require(engine.errors(id, 0).size() == 2, "two errors");
      require(engine.errorGroups(id, 10).size() == 1, "one group");
      fails = false;
      require(engine.retryFailed(id, "mended").items() == 1, "one item again");
      require(engine.await(id, LONG).counts().succeeded() == 200, "all succeeded");
      require(engine.items(id, ItemQuery.all()).items().size() == 100, "a page");

      BatchId found = engine.submit(ProvidedProcessor.TYPE, List.of("abc"));
      require(engine.await(found, LONG).counts().succeeded() == 1, "run by a service");

      BatchId booked = engine.submit(BOOK, List.of("1", "2"));
      require(engine.await(booked, LONG).counts().succeeded() == 2, "both booked");

      try (Connection connection = DriverManager.getConnection(url[0])) {
        connection.setAutoCommit(false);
        BatchRequest<String> request = BatchRequest.of(LENGTH, List.of("a"));
        BatchId together = engine.submit(request, JdbcTransaction.of(connection));
        connection.commit();
        BatchJob job = engine.await(together, LONG);
        require(job.counts().succeeded() == 1, "submitted with the host's work");
      }
      engine.pause(engine.submit(LENGTH, List.of()), "too late");
      require(engine.delete(booked), "deleted");
      require(engine.history(HistoryQuery.all()).items().size() == 4, "four are left");
    }
    System.out.println("done");
  }

  private static int length(String text) {
    if (fails && text.equals("0")) {
      throw new IllegalStateException("not yet");
    }
    return text.length();
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what + ", but it is not so");
    }
  }
}
