package org.batchengine.jdbc;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.BatchEngine;
import org.batchengine.ChunkItem;
import org.batchengine.ItemProcessor;
import org.batchengine.JobOptions;
import org.batchengine.JobType;

/**
 * A node of its own: works until it is ended, and says on stdout when its engine has started, and
 * each call as it begins. The index of each item that is called goes to a file as well.
 */
final class NodeProgram {
  static final JobType<String, String> WORK = JobType.of("work", String.class, String.class);
  static final JobType<Integer, String> BOOK = JobType.of("book", Integer.class, String.class);
  static final JobType<Integer, Void> POST = JobType.of("post", Integer.class);
  static final int POSTED_AT_ONCE = 500;
  static final String STARTED = "started";
  static final String CALL = "call";

  private NodeProgram() {}

  public static void main(String[] args) throws InterruptedException {
    int millis = Integer.parseInt(args[2]);
    Path calledItems = Path.of(args[3]);
    AtomicInteger calls = new AtomicInteger();
    ItemProcessor<String, String> work =
        (input, context) -> {
          int call = calls.incrementAndGet();
          say(CALL, call);
          Files.writeString(calledItems, context.index() + "\n", CREATE, APPEND);
          // The item's own duration: a latch that nobody counts down.
          boolean ended = new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
          return "done " + input + (ended ? "?" : "");
        };
    BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(args[0]))
            .sessionExpiry(Duration.ofSeconds(Long.parseLong(args[4])))
            .pollInterval(Duration.ofMillis(200))
            .registerTransactional(
                BOOK,
                Connection.class,
                (item, connection, context) -> {
                  HostDatabase.book(connection, item);
                  return work.process("", context);
                })
            .registerBulkTransactional(
                POST,
                Connection.class,
                (chunk, connection) -> {
                  say(CALL, calls.incrementAndGet());
                  List<Integer> items = new ArrayList<>();
                  for (ChunkItem<Integer, Void> item : chunk) {
                    items.add(item.input());
                    item.succeed(null);
                  }
                  HostDatabase.book(connection, items);
                },
                JobOptions.defaults().chunkSize(POSTED_AT_ONCE))
            .register(WORK, work, JobOptions.defaults().concurrency(Integer.parseInt(args[1])))
            .build();
    Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
    engine.start();
    say(STARTED, 0);
  }

  private static synchronized void say(String word, long number) {
    System.out.println(word + " " + number);
    System.out.flush();
  }
}
