package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;

/** Processors that use the engine that runs them, and that leave things behind. */
class HostCodeTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @Nested
  class InMemory extends Contract {
    @Override
    BatchStore store() {
      return new InMemoryBatchStore();
    }

    @Override
    void dropStore() {}
  }

  @Nested
  class OnH2 extends OnADatabase {
    @Override
    HostDatabase host() {
      return HostDatabase.onH2();
    }
  }

  @Nested
  class OnPostgres extends OnADatabase {
    @Override
    HostDatabase host() {
      return HostDatabase.onPostgres();
    }
  }

  abstract static class OnADatabase extends Contract {
    private HostDatabase host;

    abstract HostDatabase host();

    @Override
    BatchStore store() {
      host = host();
      return JdbcBatchStore.of(host.pool());
    }

    @Override
    void dropStore() {
      assertThat(host.violations()).isEmpty();
      host.close();
    }

    @Test
    @DisplayName("FAULT-P10 a processor that uses up the engine's pool holds it up, and no longer")
    void useUpThePool() throws Exception {
      BatchEngine engine = started(builder -> builder.register(PARENT, this::useUp, OPTIONS));

      BatchId id = engine.submit(PARENT, texts(40));

      assertThat(engine.await(id, SOON).counts().succeeded()).isEqualTo(40);
    }

    private String useUp(String input, ItemContext context) throws SQLException {
      if (context.index() == 7) {
        List<Connection> all = new ArrayList<>();
        try {
          while (all.size() < host.pool().getMaximumPoolSize() - 1) { // renewals keep one
            all.add(host.connection());
          }
          HikariPoolMXBean pool = host.pool().getHikariPoolMXBean();
          Awaitility.await().atMost(SOON).until(() -> pool.getThreadsAwaitingConnection() > 0);
        } finally {
          for (Connection connection : all) {
            connection.close();
          }
        }
      }
      return input;
    }
  }

  @Timeout(60)
  abstract static class Contract {
    static final JobType<String, String> PARENT = JobType.of("parent", String.class, String.class);
    private static final JobType<String, String> CHILD =
        JobType.of("child", String.class, String.class);
    static final JobOptions OPTIONS =
        JobOptions.defaults().concurrency(4).retry(RetryPolicy.none());

    private final AtomicReference<BatchEngine> self = new AtomicReference<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger submitted = new AtomicInteger();
    private BatchStore store;

    abstract BatchStore store();

    abstract void dropStore();

    @BeforeEach
    void open() {
      store = store();
    }

    @AfterEach
    void close() {
      end.countDown();
      self.get().close();
      dropStore();
    }

    BatchEngine started(UnaryOperator<BatchEngine.Builder> options) {
      BatchEngine engine =
          options
              .apply(BatchEngine.builder(store).pollInterval(Duration.ofMillis(20)))
              .register(CHILD, input -> input, OPTIONS)
              .build();
      self.set(engine);
      engine.start();
      return engine;
    }

    @Test
    @DisplayName("FAULT-P12 processors submit, steer, read and await batches, their own too")
    void useTheEngine() throws Exception {
      BatchEngine engine =
          started(builder -> builder.register(PARENT, this::workWithTheEngine, OPTIONS));

      BatchId id = engine.submit(PARENT, texts(40));
      BatchJob ended = engine.await(id, SOON);

      assertThat(ended.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ended.counts().unfinished()).isZero();
      List<BatchJob> children =
          engine.history(HistoryQuery.all().type(CHILD.name()).limit(100)).items();
      assertThat(children).hasSizeGreaterThanOrEqualTo(20);
      for (BatchJob child : children) {
        assertThat(engine.await(child.id(), SOON).isTerminal()).isTrue();
      }
    }

    private String workWithTheEngine(String input, ItemContext context) throws Exception {
      BatchEngine engine = self.get();
      BatchId own = context.batchId();
      BatchId child = engine.submit(CHILD, texts(3));
      int number = submitted.incrementAndGet();
      switch (context.index() % 4) {
        case 0 -> engine.await(child, SOON);
        case 1 -> engine.cancel(child, CancelMode.FORCED, "for its parent");
        case 2 -> {
          engine.pause(own, "own");
          engine.resume(own, "own");
        }
        default -> engine.items(own, ItemQuery.all());
      }
      if (number == 20) {
        engine.cancel(own, "own");
        engine.cancel(own, CancelMode.FORCED, "own");
      }
      return input;
    }

    @Test
    @DisplayName("FAULT-P11 what an item leaves behind does not become the next one's context")
    void leaveThingsBehind() throws Exception {
      Queue<String> wrong = new ConcurrentLinkedQueue<>();
      BatchEngine engine =
          started(
              builder ->
                  builder.register(
                      PARENT,
                      (input, context) -> {
                        String said = context.tenant() + " " + context.batchId() + " " + input;
                        String logged = MDC.get("tenant") + " " + MDC.get("batch") + " " + input;
                        if (!said.equals(logged) || !input.startsWith(context.tenant())) {
                          wrong.add(said + " is not " + logged);
                        }
                        MDC.put("tenant", "somebody else");
                        MDC.put("left behind by", input);
                        leaveAThread(context);
                        Thread.currentThread().setName("renamed by " + input);
                        return input;
                      },
                      OPTIONS));

      List<BatchId> ids =
          IntStream.range(0, 6)
              .mapToObj(i -> engine.submit(tenants(i % 2 == 0 ? "even" : "odd")))
              .toList();

      for (BatchId id : ids) {
        BatchJob job = engine.await(id, SOON);
        assertThat(job.isSuccess()).isTrue();
        assertThat(engine.results(PARENT, id))
            .allSatisfy(item -> assertThat(item.output()).contains(item.input()));
      }
      assertThat(wrong).isEmpty();
    }

    private void leaveAThread(ItemContext context) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  end.await();
                  context.quality(0.5);
                } catch (InterruptedException | RuntimeException e) {
                  Thread.currentThread().interrupt();
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    private static BatchRequest<String> tenants(String tenant) {
      return BatchRequest.of(
              PARENT, IntStream.range(0, 10).mapToObj(i -> tenant + " item " + i).toList())
          .tenant(tenant);
    }

    static List<String> texts(int count) {
      return IntStream.range(0, count).mapToObj(i -> "item " + i).toList();
    }
  }
}
