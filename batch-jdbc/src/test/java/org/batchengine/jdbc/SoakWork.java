package org.batchengine.jdbc;

import static java.util.Objects.requireNonNull;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.batchengine.BatchEngine;
import org.batchengine.Chunk;
import org.batchengine.ChunkItem;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;
import org.jdbi.v3.core.Jdbi;

/**
 * What the engines of a soak work on. An input says which item it is of and what it does, so that
 * its outcome can be judged by its rows alone. Each call is noted in a file as it begins.
 */
final class SoakWork {
  static final JobType<String, String> SINGLE = type("soak.single");
  static final JobType<String, String> BULK = type("soak.bulk");
  static final JobType<String, String> BOOKED = type("soak.booked");
  static final JobType<String, String> IN_ORDER = type("soak.in-order").sequential();

  /** Its items may end their process: only processes that may end have it. */
  static final JobType<String, String> MORTAL = type("soak.mortal");

  private static final List<String> BOOKINGS =
      List.of(
          "create table soak_booking (input varchar not null)",
          "create index soak_booking_input on soak_booking (input)");

  /** How a process ends by an item. */
  static final int KILLED = 42;

  static final int ATTEMPTS = 4;
  static final RetryPolicy RETRIES =
      RetryPolicy.fixed(Duration.ofMillis(50)).maxRetries(ATTEMPTS - 1);

  private static final Duration TIMEOUT = Duration.ofSeconds(4);
  private static final JobOptions OPTIONS =
      JobOptions.defaults().claim(1, 500).timeout(TIMEOUT).retry(RETRIES);

  private final CallLog calls;

  private SoakWork(CallLog calls) {
    this.calls = calls;
  }

  /** What an item does. */
  enum Kind {
    FINE,
    SLOW,
    /** Fails once. */
    FLAKY,
    /** Asks for another attempt, once. */
    LATER,
    /** Waits for its interrupt, once. */
    STUCK,
    SKIPPED,
    BAD,
    HOPELESS,
    /** Fails until it is tried more often than its policy says. */
    MENDED,
    /** Ends its process. */
    KILLER;

    private static Kind of(String input) {
      return valueOf(input.substring(input.lastIndexOf('/') + 1).toUpperCase(Locale.ROOT));
    }
  }

  private static JobType<String, String> type(String name) {
    return JobType.of(name, String.class, String.class);
  }

  static String input(String batch, int index, Kind kind) {
    return batch + "/" + index + "/" + kind.name().toLowerCase(Locale.ROOT);
  }

  static String output(String input) {
    return "done " + input;
  }

  /** The table that some of it writes to beside the engine. */
  static void prepare(Jdbi database) {
    database.useHandle(handle -> BOOKINGS.forEach(handle::execute));
  }

  /** An engine's part in it; the caller sets the rest. */
  static BatchEngine.Builder register(
      BatchEngine.Builder engine, Path calledItems, boolean mayEnd) {
    SoakWork work = new SoakWork(new CallLog(calledItems));
    engine
        .pollInterval(Duration.ofMillis(200))
        .drainTimeout(Duration.ofSeconds(2))
        .register(SINGLE, work::process, OPTIONS.concurrency(4))
        .register(IN_ORDER, work::process, OPTIONS.concurrency(2))
        .registerBulk(BULK, work::processAll, OPTIONS.concurrency(2))
        .registerTransactional(BOOKED, Connection.class, work::book, OPTIONS.concurrency(2));
    return mayEnd ? engine.register(MORTAL, work::process, OPTIONS.concurrency(2)) : engine;
  }

  private String process(String input, ItemContext context) throws InterruptedException {
    calls.note(context.batchId(), context.index(), context.attempt());
    return outcome(input, context);
  }

  private static String outcome(String input, ItemContext context) throws InterruptedException {
    switch (Kind.of(input)) {
      case FINE -> {}
      case SLOW -> pause(3);
      case FLAKY -> failIf(context.attempt() == 1);
      case LATER -> {
        if (context.attempt() == 1) {
          context.retryAfter(Duration.ofMillis(300));
        }
      }
      case STUCK -> pause(context.attempt() == 1 ? 60_000 : 0);
      case SKIPPED -> context.skip("nothing to do");
      case BAD -> failIf(true);
      case HOPELESS -> context.giveUp("HOPELESS", "of no use");
      case MENDED -> failIf(context.attempt() <= ATTEMPTS);
      case KILLER -> Runtime.getRuntime().halt(KILLED);
    }
    return output(input);
  }

  /** The item's own duration: a latch that nobody counts down. */
  private static void pause(int millis) throws InterruptedException {
    if (millis > 0 && new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)) {
      throw new AssertionError();
    }
  }

  private static void failIf(boolean fails) {
    if (fails) {
      throw new IllegalArgumentException("not this time");
    }
  }

  private void processAll(Chunk<String, String> chunk) throws InterruptedException {
    for (ChunkItem<String, String> item : chunk) {
      calls.note(chunk.batchId(), item.index(), item.attempt());
    }
    for (ChunkItem<String, String> item : chunk) {
      process(item);
    }
  }

  private static void process(ChunkItem<String, String> item) throws InterruptedException {
    Kind kind = Kind.of(item.input());
    switch (kind) {
      case FLAKY, STUCK -> {
        if (item.attempt() > 1) {
          item.succeed(output(item.input()));
        } // else it has no verdict
      }
      case LATER -> {
        if (item.attempt() > 1) {
          item.succeed(output(item.input()));
        } else {
          item.retryAfter(Duration.ofMillis(300));
        }
      }
      case SKIPPED -> item.skip("nothing to do");
      case BAD -> item.fail("BAD", "not this time");
      case HOPELESS -> item.giveUp("HOPELESS", "of no use");
      case MENDED -> {
        if (item.attempt() > ATTEMPTS) {
          item.succeed(output(item.input()));
        } else {
          item.fail("BAD", "not this time");
        }
      }
      case FINE, SLOW, KILLER -> {
        pause(kind == Kind.SLOW ? 1 : 0);
        item.succeed(output(item.input()));
      }
    }
  }

  private String book(String input, Connection connection, ItemContext context)
      throws SQLException, InterruptedException {
    calls.note(context.batchId(), context.index(), context.attempt());
    try (PreparedStatement insert =
        connection.prepareStatement("insert into soak_booking (input) values (?)")) {
      insert.setString(1, input);
      insert.executeUpdate();
    }
    return outcome(input, context);
  }

  /**
   * A file to which calls are added: what it has outlives the process, and no interrupt ends it.
   */
  static final class CallLog {
    static final int CALL_BYTES = 24;

    private final FileOutputStream file;

    CallLog(Path path) {
      try {
        file = new FileOutputStream(requireNonNull(path).toFile(), true);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** A call, and when it began by the machine's clock. */
    record Call(long batch, int index, int attempt, long nanos) {
      static Call read(ByteBuffer from) {
        return new Call(from.getLong(), from.getInt(), from.getInt(), from.getLong());
      }
    }

    /** The part of an id that stands for it in the file. */
    static long key(BatchId id) {
      return id.value().getLeastSignificantBits();
    }

    void note(BatchId batch, int index, int attempt) {
      ByteBuffer call = ByteBuffer.allocate(CALL_BYTES);
      call.putLong(key(batch)).putInt(index).putInt(attempt).putLong(System.nanoTime());
      try {
        file.write(call.array());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
