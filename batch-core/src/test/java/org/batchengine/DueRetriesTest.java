package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchJob;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Retries that are due beside other work. */
class DueRetriesTest {
  private static final Duration CALL = Duration.ofSeconds(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();

  private String failing(String input) throws IOException {
    ran.add(input);
    world.pass(CALL);
    if (input.startsWith("bad")) {
      throw new IOException("for a test");
    }
    return input;
  }

  @Test
  @DisplayName("FAULT-M3 items that fail again and again run after work of a higher priority")
  void comeAfterWorkOfAHigherPriority() {
    var retry = RetryPolicy.fixed(Duration.ofMillis(10)).maxRetries(1_000);
    var options = JobOptions.defaults().concurrency(1).retry(retry);
    var engine = world.engine(builder -> builder.register(ECHO, this::failing, options));
    engine.submit(BatchRequest.of(ECHO, List.of("bad-1", "bad-2")).priority(1));
    for (int i = 0; i < 60; i++) {
      engine.runOnce();
    }
    engine.submit(BatchRequest.of(ECHO, texts(3)).priority(9));
    ran.clear();
    for (int i = 0; i < 60; i++) {
      engine.runOnce();
    }

    assertThat(ran.subList(0, 5)).containsAll(texts(3));
    assertThat(ran).contains("bad-1", "bad-2");
  }

  @Test
  @DisplayName("FAULT-M3 20,000 retries that fall due within a second cost few claims")
  void costFewClaims() throws Exception {
    var faults = new Faults(new InMemoryBatchStore());
    var retry = RetryPolicy.fixed(Duration.ofMillis(900)).jitter(1).maxRetries(1);
    try (BatchEngine engine =
        BatchEngine.builder(faults.store())
            .register(
                ECHO,
                (input, context) ->
                    context.attempt() == 1 ? EngineFixture.thrown(new IOException()) : input,
                JobOptions.defaults().concurrency(4).retry(retry))
            .start()) {
      BatchJob job = engine.await(engine.submit(ECHO, texts(20_000)), Duration.ofSeconds(30));

      assertThat(job.isSuccess()).isTrue();
      assertThat(faults.calls("claim"))
          .isLessThan(2_000); // far more than one machine under load needs
    }
  }
}
