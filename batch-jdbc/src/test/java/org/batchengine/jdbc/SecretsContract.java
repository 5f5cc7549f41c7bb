package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.micrometer.BatchEngineMetrics;
import org.batchengine.model.BatchId;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.InterceptedStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/**
 * Inputs, outputs, keys and metadata that can be told from all else, through every way that an item
 * and a call can go. Whatever is said of them meanwhile is heard: every line of any log, at TRACE,
 * with its MDC and stack; every exception; the words of every object that a host or a store is
 * given; every meter.
 */
@Timeout(120)
abstract class SecretsContract {
  static final String SECRET = "s3cret";
  private static final int MOST_BYTES = 1_000;

  static final JobType<String, String> WORK = JobType.of("work", String.class, String.class);
  private static final JobType<String, String> BULK =
      JobType.of("bulk", String.class, String.class);
  private static final JobType<Order, Order> ORDER = JobType.of("order", Order.class, Order.class);

  /** What the stored orders are read as by the engine that runs them. */
  private static final JobType<Integer, Integer> MISREAD =
      JobType.of("order", ReadsAll.of(Integer.class, "json"), ReadsAll.of(Integer.class, "json"));

  private static final JobType<String, String> CODED =
      JobType.of("coded", new Coded(), new Coded());

  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Level level = root.getLevel();
  private final Appender<ILoggingEvent> console = root.getAppender("STDOUT");
  final Queue<String> said = new ConcurrentLinkedQueue<>();
  private final Ear ear = new Ear(said);
  private final AtomicInteger storeCalls = new AtomicInteger();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private volatile int loseEvery = Integer.MAX_VALUE;
  BatchEngine engine;

  /** An empty store, not open. */
  abstract BatchStore store();

  abstract void dropStore();

  /** A payload of a host whose codec reads it as JSON. */
  record Order(String name, int count) {}

  @BeforeEach
  void listen() {
    ear.start();
    root.detachAppender(console);
    root.addAppender(ear);
    root.setLevel(Level.TRACE);
    BatchStore heard = heard(store());
    engine = configured(BatchEngine.builder(heard)).start();
    BatchEngineMetrics.of(engine).bindTo(meters);
  }

  @AfterEach
  void hearNoMore() {
    engine.close();
    root.setLevel(level);
    root.detachAppender(ear);
    root.addAppender(console);
    dropStore();
  }

  private BatchEngine.Builder configured(BatchEngine.Builder builder) {
    JobOptions options =
        JobOptions.defaults()
            .concurrency(2)
            .timeout(Duration.ofMillis(100))
            .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxRetries(1))
            .retryIf(
                thrown -> {
                  throw new IllegalStateException("predicate");
                });
    return builder
        .sessionExpiry(Duration.ofSeconds(2))
        .pollInterval(Duration.ofMillis(20))
        .maxPayload(MOST_BYTES)
        .listener(
            event -> {
              said.add(event.toString());
              throw new IllegalStateException("listener");
            })
        .register(WORK, this::work, options)
        .registerBulk(
            BULK,
            chunk -> {
              said.add(chunk.toString());
              chunk.forEach(
                  item -> {
                    said.add(item.toString());
                    switch (item.index() % 5) {
                      case 0 -> item.succeed(SECRET + " out");
                      case 1 -> item.succeed(SECRET + "\0");
                      case 2 -> item.fail(new IllegalStateException("bulk"));
                      case 3 -> item.giveUp("CODE", "bulk");
                      default -> {}
                    }
                  });
              throw new IllegalStateException("all of it");
            },
            options)
        .register(MISREAD, number -> number, options)
        .register(CODED, input -> input, options);
  }

  private String work(String input, ItemContext context) throws Exception {
    said.add(context.toString());
    return switch (context.index() % 12) {
      case 1 -> throw new IllegalStateException("unchecked");
      case 2 -> throw new StackOverflowError("deep");
      case 3 -> SECRET + "\0 cannot be stored";
      case 4 -> (SECRET + " too large ").repeat(MOST_BYTES);
      case 5 -> context.skip("said so");
      case 6 -> context.giveUp("CODE", "said so");
      case 7 -> context.attempt() == 1 ? context.retryAfter(Duration.ofMillis(1)) : input;
      case 8 -> hang(input);
      case 9 -> context.metadata(Integer.class) + input;
      case 10 -> throw new IOException("checked", new Error("cause"));
      default -> input + " done";
    };
  }

  private static String hang(String input) throws InterruptedException {
    new CountDownLatch(1).await();
    return input;
  }

  @Test
  @DisplayName("FAULT-S7 payloads, keys and metadata are in no log, exception, toString or tag")
  void areToldToNobody() throws Exception {
    everyItemsWay();
    everyCallsWay();
    everyRefusal();
    theStoreIsAway();

    isHeard("listener", "predicate", "is lost");
  }

  /** Nothing that was heard tells a secret, and what was heard is not silence. */
  void isHeard(String... words) {
    engine.close();
    meters.getMeters().forEach(meter -> said.add(meter.getId().toString()));
    assertThat(words)
        .allMatch(
            word -> said.stream().anyMatch(text -> text.toLowerCase(Locale.ROOT).contains(word)));
    assertThat(said.stream().filter(text -> text.contains(SECRET)).findFirst()).isEmpty();
  }

  /** All that an item can do, and each time it is run again. */
  private void everyItemsWay() throws Exception {
    BatchId work = engine.submit(request(WORK, 24).idempotencyKey("once"));
    BatchId bulk = engine.submit(request(BULK, 20));
    BatchId misread =
        engine.submit(
            ORDER, IntStream.range(0, 5).mapToObj(i -> new Order(SECRET + i, i)).toList());
    BatchId coded = engine.submit(CODED, List.of(SECRET, SECRET + " read", SECRET + " write"));
    for (BatchId id : List.of(work, bulk, misread, coded)) {
      said.add(engine.await(id).toString());
      said.add(engine.retryFailed(id, "again").toString());
      said.add(engine.await(id).toString());
      read(id);
    }
    engine
        .items(MISREAD, misread, ItemQuery.all())
        .items()
        .forEach(
            item -> {
              hear(item::input);
              hear(item::output);
            });
    hear(() -> engine.results(ORDER, coded).forEach(item -> said.add("" + item.output())));
  }

  private void read(BatchId id) {
    said.add(engine.status(id).toString());
    engine.items(id, ItemQuery.all()).items().forEach(item -> said.add(item.toString()));
    said.add(engine.items(id, ItemQuery.inState(ItemState.FAILED)).toString());
    said.add(engine.item(id, key(1)).toString());
    said.add(engine.errors(id, 1).toString());
    said.add(engine.errorGroups(id, 10).toString());
    said.add(engine.history(HistoryQuery.all()).toString());
  }

  private void everyCallsWay() throws Exception {
    BatchId forced = engine.submit(request(WORK, 100));
    said.add(engine.pause(forced, "because").toString());
    said.add(engine.resume(forced, "because").toString());
    said.add(engine.cancel(forced, CancelMode.FORCED, "because").toString());
    said.add(engine.await(forced).toString());
    said.add(engine.retryFailed(forced, FailedItems.keyed(key(1)), "because").toString());
    // Runs again if the item had failed before the cancel.
    said.add(engine.await(forced).toString());
    said.add(engine.health().toString());
    said.add(engine.metrics().types().toString());
    said.add(String.valueOf(engine.delete(forced)));
    hear(() -> engine.status(forced));
  }

  /** What a submitter is told of is his own, and yet not repeated. */
  private void everyRefusal() {
    BatchRequest<String> fine = request(WORK, 3);
    said.add(fine.toString());
    isRefused(fine.keyedBy(input -> SECRET));
    isRefused(fine.keyedBy(input -> SECRET + "\0"));
    isRefused(fine.keyedBy(input -> SECRET.repeat(100)));
    isRefused(BatchRequest.of(WORK, List.of(SECRET + "\0")));
    isRefused(BatchRequest.of(WORK, List.of(SECRET + "\uD800")));
    isRefused(BatchRequest.of(WORK, List.of(SECRET.repeat(MOST_BYTES))));
    isRefused(BatchRequest.of(CODED, List.of(SECRET, SECRET + " encode")));
    isRefused(BatchRequest.of(CODED, List.of(SECRET + " read")));
    isRefused(request(WORK, 4).idempotencyKey("once"));
    isRefused(request(WORK, 24).keyedBy(input -> "other " + input).idempotencyKey("once"));
    hear(() -> fine.metadataJson("[" + SECRET));
    hear(() -> fine.metadata(Map.of("of", new Object(), "more", SECRET)));
    hear(() -> fine.metadata(Map.of("of", SECRET + "\0")));
    @SuppressWarnings({"unchecked", "rawtypes"})
    Iterable<String> wrong = (Iterable) List.of(new Order(SECRET, 1));
    isRefused(BatchRequest.of(WORK, wrong));
    isRefused(
        BatchRequest.of(
            WORK,
            IntStream.range(0, 10)
                .mapToObj(
                    i -> {
                      if (i == 5) {
                        throw new IllegalStateException("source");
                      }
                      return SECRET;
                    })));
  }

  private void theStoreIsAway() throws Exception {
    BatchId id = engine.submit(request(WORK, 12));
    loseEvery = 3;
    for (int i = 0; i < 6; i++) {
      hear(() -> engine.submit(request(WORK, 3)));
    }
    loseEvery = 1;
    isRefused(request(WORK, 3));
    loseEvery = Integer.MAX_VALUE;
    said.add(engine.await(id).toString());
  }

  static BatchRequest<String> request(JobType<String, String> type, int items) {
    return BatchRequest.of(type, IntStream.range(0, items).mapToObj(i -> SECRET + i).toList())
        .keyedBy(input -> "key of " + input)
        .metadata(Map.of("of", SECRET));
  }

  private static String key(int index) {
    return "key of " + SECRET + index;
  }

  void isRefused(BatchRequest<?> request) {
    assertThat(catchThrowable(() -> engine.submit(request))).isNotNull();
    hear(() -> engine.submit(request));
  }

  void hear(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    if (thrown != null) {
      said.add(stack(thrown));
    }
  }

  private static String stack(Throwable thrown) {
    StringWriter all = new StringWriter();
    thrown.printStackTrace(new PrintWriter(all, true));
    return all.toString();
  }

  /** The store, of which each argument and answer is heard, and some answers are lost. */
  private BatchStore heard(BatchStore real) {
    return InterceptedStore.of(
        real,
        (verb, arguments, arrive) -> {
          Stream.of(arguments)
              .filter(argument -> !(argument instanceof String)) // a text is its own words
              .forEach(argument -> said.add(verb + " of " + argument));
          Object answer;
          try {
            answer = arrive.call();
          } catch (Throwable e) {
            said.add(stack(e));
            throw e;
          }
          said.add(verb + " = " + answer);
          if (storeCalls.incrementAndGet() % loseEvery == 0) {
            throw StoreException.ofTransient("the answer to " + verb + " is lost", null);
          }
          return answer;
        });
  }

  /** Hears all lines of all logs, with all that belongs to them. */
  private static final class Ear extends AppenderBase<ILoggingEvent> {
    private final Queue<String> said;

    Ear(Queue<String> said) {
      this.said = said;
    }

    @Override
    protected void append(ILoggingEvent line) {
      if (line.getThreadName().startsWith("postgres:")) {
        return; // the server's own log, which is the host's
      }
      List<String> all = new ArrayList<>();
      all.add(line.getThreadName());
      all.add(line.getFormattedMessage());
      all.add(String.valueOf(line.getMDCPropertyMap()));
      if (line.getThrowableProxy() != null) {
        all.add(ThrowableProxyUtil.asString(line.getThrowableProxy()));
      }
      said.add(String.join("\n", all));
    }
  }

  /** Fails on one side of one text. */
  private record Coded() implements PayloadCodec<String> {
    @Override
    public String format() {
      return "coded";
    }

    @Override
    public String encode(String payload) throws Exception {
      if (payload.endsWith("encode")) {
        throw new IOException("encode");
      }
      return payload;
    }

    @Override
    public String decode(String text) throws Exception {
      if (text.endsWith("read")) {
        throw new IOException("decode");
      }
      return text;
    }
  }
}
