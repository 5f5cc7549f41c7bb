package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.batchengine.memory.InMemoryBatchStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An engine that is built while a request of Alice runs. */
@DisplayName("FAULT-H6 threads of the engine inherit nothing")
@Timeout(60)
class InheritanceTest {
  private static final InheritableThreadLocal<String> USER = new InheritableThreadLocal<>();
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);

  private final ClassLoader mine = Thread.currentThread().getContextClassLoader();
  private final ClassLoader requests = new LibraryLoader(name -> true);
  private final int priority = Thread.currentThread().getPriority();

  /** What host code has seen of the thread it was on. */
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  @BeforeEach
  @SuppressWarnings("ThreadPriorityCheck") // nothing relies on it
  void begin() {
    USER.set("alice");
    Thread.currentThread().setContextClassLoader(requests);
    Thread.currentThread().setPriority(Thread.MIN_PRIORITY);
  }

  @AfterEach
  @SuppressWarnings("ThreadPriorityCheck") // nothing relies on it
  void end() {
    USER.remove();
    Thread.currentThread().setContextClassLoader(mine);
    Thread.currentThread().setPriority(priority);
  }

  private String look(ClassLoader expected) {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    String saw =
        "user=%s loader=%s priority=%d"
            .formatted(
                Optional.ofNullable(USER.get()),
                loader == expected ? "expected" : loader,
                thread.getPriority());
    seen.add(saw);
    return saw;
  }

  private void run(ClassLoader expected, UnaryOperator<BatchEngine.Builder> options)
      throws Exception {
    var builder =
        BatchEngine.builder(new InMemoryBatchStore())
            .pollInterval(Duration.ofMillis(10))
            .register(WORK, input -> look(expected))
            .listener(event -> look(expected)); // also of what this thread brings about
    try (var engine = options.apply(builder).start()) {
      engine
          .metrics()
          .tell(
              new EngineMetrics.Recorder() {
                @Override
                public void settled(int items, long nanos) {
                  look(expected);
                }
              });
      var id = engine.submit(WORK, texts(200));
      assertThat(engine.await(id).isSuccess()).isTrue();
    }
    assertThat(seen).containsExactly("user=Optional.empty loader=expected priority=5");
  }

  @Test
  void onThreadsAsTheyAre() throws Exception {
    run(BatchEngine.class.getClassLoader(), builder -> builder);
  }

  @Test
  void onPlatformThreads() throws Exception {
    run(BatchEngine.class.getClassLoader(), BatchEngine.Builder::platformThreads);
  }

  @Test
  void andHaveTheClassLoaderThatTheBuilderNames() throws Exception {
    var named = new LibraryLoader(name -> true);
    run(named, builder -> builder.classLoader(named));
  }
}
