package org.batchengine.examples.benchmarks;

import java.util.Iterator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The items and what is done with one, the same for all contestants. */
final class Work {
  private static final int INDEX_AT = 7;
  private static final int INDEX_DIGITS = 10;
  private static final String REST = "\",\"text\":\"" + "0123456789".repeat(7) + "x\"}";

  private static final String OUTPUT_BEGIN = "{\"state\":\"ok\",\"code\":200,\"id\":\"";
  private static final String OUTPUT_END = "\",\"t\":\"\"}";

  private static final long QUIET_MILLIS = 20;

  private final int waitMillis;
  private final @Nullable Journal journal;
  private final AtomicLong firstAt = new AtomicLong();
  private final LongAdder done = new LongAdder();

  Work(int waitMillis, @Nullable Journal journal) {
    this.waitMillis = waitMillis;
    this.journal = journal;
  }

  /** 100 bytes of JSON. */
  static String input(int index) {
    String digits = Integer.toString(index);
    return "{\"id\":\"" + "0".repeat(INDEX_DIGITS - digits.length()) + digits + REST;
  }

  static Iterator<String> inputs(int items) {
    return IntStream.range(0, items).mapToObj(Work::input).iterator();
  }

  /** 50 bytes of JSON, which differ from item to item. */
  static String output(String input) {
    return OUTPUT_BEGIN + input.substring(INDEX_AT, INDEX_AT + INDEX_DIGITS) + OUTPUT_END;
  }

  boolean isSlow() {
    return waitMillis > 0;
  }

  /** Does what there is to do for an item; returns its output. */
  String process(String input) throws InterruptedException {
    if (firstAt.get() == 0) {
      firstAt.compareAndSet(0, System.nanoTime());
    }
    if (journal != null) {
      journal.started(indexOf(input));
    }
    if (waitMillis > 0) {
      Thread.sleep(waitMillis);
    }
    if (journal != null) {
      journal.finished(indexOf(input));
    }
    done.increment();
    return output(input);
  }

  private static int indexOf(String input) {
    return Integer.parseInt(input, INDEX_AT, INDEX_AT + INDEX_DIGITS, 10);
  }

  /** {@return the {@link System#nanoTime} at which the first item started} */
  long firstAt() {
    return firstAt.get();
  }

  /** Waits until no item has ended for a while: then it is time to look whether all are durable. */
  void awaitQuiet() throws InterruptedException {
    long before;
    do {
      before = done.sum();
      Thread.sleep(QUIET_MILLIS);
    } while (done.sum() != before);
  }
}
