package org.batchengine.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.EngineMetrics.Recorder;
import org.batchengine.JobType;
import org.batchengine.LibraryLoader;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.ItemState;
import org.junit.jupiter.api.Test;

/**
 * Loads the library once more, through class loaders that see Micrometer as a host would have it.
 */
class MicrometerIsOptionalTest {
  private static final LibraryLoader WITHOUT =
      new LibraryLoader(name -> !name.startsWith("io.micrometer."));

  @Test
  void anEngineWorksWithoutIt() throws Exception {
    assertThat(WITHOUT.run(Works.class)).isEqualTo("2 [echo] up");
  }

  @Test
  void anotherLibraryCanBeBoundWithoutIt() throws Exception {
    assertThat(WITHOUT.run(Counts.class)).isEqualTo("2");
  }

  @Test
  void itsBinderNeedsIt() throws Exception {
    assertThatExceptionOfType(NoClassDefFoundError.class)
        .isThrownBy(() -> WITHOUT.run(Binds.class))
        .withMessageContaining("io/micrometer");
    assertThat(new LibraryLoader(name -> true).run(Binds.class)).isEqualTo("2.0");
  }

  static final class Works implements Supplier<String> {
    @Override
    public String get() {
      JobType<String, String> echo = JobType.of("echo", String.class, String.class);
      try (var engine =
          BatchEngine.builder(new InMemoryBatchStore()).register(echo, text -> text).manual()) {
        var id = engine.submit(echo, List.of("a", "b"));
        var job = engine.await(id);
        return job.counts().succeeded()
            + " "
            + engine.metrics().types()
            + (engine.health().isUp() ? " up" : " down");
      }
    }
  }

  static final class Counts implements Supplier<String> {
    private int succeeded;

    @Override
    public String get() {
      JobType<String, String> echo = JobType.of("echo", String.class, String.class);
      try (var engine =
          BatchEngine.builder(new InMemoryBatchStore()).register(echo, text -> text).manual()) {
        engine
            .metrics()
            .tell(
                new Recorder() {
                  @Override
                  public void attempted(String type, ItemState state, long nanos) {
                    succeeded += state == ItemState.SUCCEEDED ? 1 : 0;
                  }
                });
        engine.await(engine.submit(echo, List.of("a", "b")));
        return Integer.toString(succeeded);
      }
    }
  }

  static final class Binds implements Supplier<String> {
    @Override
    public String get() {
      JobType<String, String> echo = JobType.of("echo", String.class, String.class);
      try (var engine =
          BatchEngine.builder(new InMemoryBatchStore()).register(echo, text -> text).manual()) {
        var registry = new SimpleMeterRegistry();
        BatchEngineMetrics.of(engine).bindTo(registry);
        engine.await(engine.submit(echo, List.of("a", "b")));
        var succeeded = registry.get("batch.engine.items").tag("state", "succeeded").counter();
        return Double.toString(succeeded.count());
      }
    }
  }
}
