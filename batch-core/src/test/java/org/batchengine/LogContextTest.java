package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.MDC;

/** What the log knows of an item while host code runs; with Logback's MDC. */
class LogContextTest {
  private static final Map<String, String> OF_THE_CALLER = Map.of("request", "7", "item", "mine");

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<Map<String, String>> seen = new CopyOnWriteArrayList<>();

  @BeforeEach
  void callerHasItsOwn() {
    MDC.setContextMap(OF_THE_CALLER);
  }

  @AfterEach
  void callerHasItStill() {
    assertThat(MDC.getCopyOfContextMap()).isEqualTo(OF_THE_CALLER);
    MDC.clear();
  }

  private void look() {
    seen.add(new TreeMap<>(MDC.getCopyOfContextMap()));
  }

  private static Map<String, String> of(BatchId batch, int item) {
    var expected = of(batch);
    expected.put("item", Integer.toString(item));
    return expected;
  }

  private static Map<String, String> of(BatchId batch) {
    var expected = new HashMap<String, String>(OF_THE_CALLER);
    expected.put("batch", batch.toString());
    expected.put("tenant", "acme");
    return expected;
  }

  private ManualEngine engine(UnaryOperator<BatchEngine.Builder> options) {
    return world.engine(options);
  }

  private BatchId ran(ManualEngine engine, JobType<String, ?> type, int items) {
    var id = engine.submit(BatchRequest.of(type, EngineFixture.texts(items)).tenant("acme"));
    engine.runUntilIdle();
    return id;
  }

  @Nested
  class RoundAnItem {

    @Test
    void namesBatchTenantAndItem() {
      var engine =
          engine(
              builder ->
                  builder.register(
                      ECHO,
                      text -> {
                        look();
                        return text;
                      }));

      var id = ran(engine, ECHO, 2);

      assertThat(seen).containsExactly(of(id, 0), of(id, 1));
    }

    @Test
    void leavesNothingOfWhatHostCodePuts() {
      var engine =
          engine(
              builder ->
                  builder.register(
                      ECHO,
                      text -> {
                        look();
                        MDC.put("customer", text);
                        MDC.put("batch", "another");
                        MDC.remove("request");
                        return text;
                      }));

      var id = ran(engine, ECHO, 2);

      assertThat(seen).containsExactly(of(id, 0), of(id, 1));
    }

    @Test
    void leavesNothingIfHostCodeThrowsOrClearsOrInterrupts() {
      var ends =
          new ArrayList<Runnable>(
              List.of(
                  () -> EngineFixture.thrown(new Error("thrown")),
                  () -> EngineFixture.thrown(new InterruptedException()),
                  MDC::clear,
                  () -> Thread.currentThread().interrupt()));
      var options = JobOptions.defaults().retry(RetryPolicy.none());
      var engine =
          engine(
              builder ->
                  builder.register(
                      ECHO,
                      text -> {
                        look();
                        MDC.put("customer", text);
                        ends.remove(0).run();
                        return text;
                      },
                      options));

      var id = ran(engine, ECHO, 4);

      assertThat(seen).containsExactly(of(id, 0), of(id, 1), of(id, 2), of(id, 3));
    }

    @Test
    void isThereForCodecs() {
      var type = JobType.of("coded", new LookingCodec(), new LookingCodec());
      var engine = engine(builder -> builder.register(type, text -> text));
      var id = engine.submit(BatchRequest.of(type, List.of("a")).tenant("acme"));
      seen.clear();

      engine.runUntilIdle();

      assertThat(seen).containsExactly(of(id, 0), of(id, 0));
    }

    @Test
    void isThereForTheFilterOfRetries() {
      var options =
          JobOptions.defaults()
              .retryIf(
                  thrown -> {
                    look();
                    return false;
                  });
      var engine =
          engine(
              builder ->
                  builder.register(
                      ECHO,
                      text -> EngineFixture.<String>thrown(new IllegalStateException()),
                      options));

      var id = ran(engine, ECHO, 1);

      assertThat(seen).containsExactly(of(id, 0));
      assertThat(EngineFixture.states(engine, id)).containsExactly(ItemState.FAILED);
    }
  }

  @Nested
  class RoundAChunk {

    @Test
    void namesBatchAndTenant() {
      var engine =
          engine(
              builder ->
                  builder.registerBulk(
                      ECHO,
                      chunk -> {
                        look();
                        MDC.put("customer", "left behind");
                        chunk.forEach(item -> item.succeed(item.input()));
                      },
                      JobOptions.defaults().chunkSize(2)));

      var id = ran(engine, ECHO, 4);

      assertThat(seen).containsExactly(of(id), of(id));
    }

    @Test
    void namesTheItemForCodecs() {
      var type = JobType.of("coded", new LookingCodec(), new LookingCodec());
      var engine =
          engine(
              builder ->
                  builder.registerBulk(
                      type, chunk -> chunk.forEach(item -> item.succeed(item.input()))));
      var id = engine.submit(BatchRequest.of(type, List.of("a", "b")).tenant("acme"));
      seen.clear();

      engine.runUntilIdle();

      assertThat(seen).containsExactly(of(id, 0), of(id, 1), of(id, 0), of(id, 1));
    }
  }

  @Test
  void namesTheBatchForListeners() {
    var engine =
        engine(
            builder ->
                builder
                    .register(ECHO, text -> text)
                    .listener(event -> seen.add(Map.of("batch", MDC.get("batch"))))
                    .listener(
                        event -> {
                          MDC.put("customer", "left behind");
                          throw new IllegalStateException("for a test");
                        }));

    var id = ran(engine, ECHO, 1);

    assertThat(seen).isNotEmpty().containsOnly(Map.of("batch", id.toString()));
  }

  @Test
  @Timeout(30)
  void leavesNothingOnTheHostsThreads() throws Exception {
    var pool = Executors.newFixedThreadPool(1);
    var interrupted = new CountDownLatch(1);
    try (var engine =
        BatchEngine.builder(new InMemoryBatchStore())
            .executor(pool)
            .register(
                ECHO,
                text -> {
                  MDC.put("customer", text);
                  try {
                    new CountDownLatch(1).await();
                  } finally {
                    interrupted.countDown();
                  }
                  return text;
                },
                JobOptions.defaults()
                    .concurrency(1)
                    .timeout(Duration.ofMillis(100))
                    .retry(RetryPolicy.none()))
            .start()) {
      engine.await(engine.submit(ECHO, List.of("a")));

      assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
      var left = pool.submit(MDC::getCopyOfContextMap).get();
      assertThat(left == null ? Map.of() : left).isEmpty();
    } finally {
      pool.shutdownNow();
    }
  }

  private final class LookingCodec implements PayloadCodec<String> {
    @Override
    public String format() {
      return "text";
    }

    @Override
    public String encode(String value) {
      look();
      return value;
    }

    @Override
    public String decode(String text) {
      look();
      return text;
    }
  }
}
