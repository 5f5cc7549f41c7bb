package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What docs/limits.md shows. */
@Timeout(60)
class LimitsPageTest {
  private static final String PAGE = "docs/limits.md";

  @TempDir Path folder;

  @Test
  @DisplayName("REQ-M19 the samples run")
  void samplesRun() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Limiting {
              static final JobType<String, String> SEND =
                  JobType.of("send", String.class, String.class);

              public static void main(String[] args) {
                try (ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore()).manual()) {
                  submitGently(engine, BatchRequest.of(SEND, List.of("a")));
                  change(engine, SEND);
                  changeBreaker(engine, SEND);
                  weigh(engine);
                  limitSubmits(engine);
                  System.out.println(engine.limits().all());
                  for (int i = 0; i < 21; i++) {
                    System.out.println(submit(engine, BatchRequest.of(SEND, List.of("a"))));
                  }
                }
              }

              %s
              %s
              %s
              %s
              %s
            }
            """
                .formatted(
                    Samples.sample(PAGE, "limits on calls"),
                    Samples.sample(PAGE, "breaker"),
                    Samples.sample(PAGE, "limits of a batch"),
                    Samples.sample(PAGE, "weights"),
                    Samples.sample(PAGE, "limits on submits"));

    assertThat(Samples.run(folder, "Limiting", program))
        .contains("breaker 0.8/20", "weight 3", "running 2")
        .endsWith("LIVE_BATCHES of at most 20; again in Optional.empty\n");
  }
}
