package org.batchengine.examples.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchmarksTest {

  @Test
  void showsOursBesidePlainJdbcOnBothDatabases() throws Exception {
    JsonNode last =
        lastLine(
            "--contestants=raw-copy-1000,raw-batch-1000,ours",
            "--workloads=W1",
            "--sizes=1000",
            "--rounds=1",
            "--heap=256m");

    assertThat(last.at("/postgresql/fsync").asText()).isEqualTo("on");
    assertThat(last.at("/postgresql/synchronous_commit").asText()).isEqualTo("on");
    JsonNode figures = last.get("figures");
    assertThat(figures.at("/W1~1postgresql~11000/ours/drain~1s/median").asDouble()).isPositive();
    assertThat(figures.at("/W1~1h2~11000/ours/submit~1s/median").asDouble()).isPositive();
    JsonNode ratios = last.get("ratios");
    assertThat(ratios.at("/W1~1postgresql~11000/drain~1s/raw-copy-1000").asDouble()).isPositive();
    assertThat(ratios.at("/W1~1h2~11000/drain~1s/best raw").asDouble()).isPositive();
  }

  private static JsonNode lastLine(String... arguments) throws Exception {
    PrintStream stdout = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, UTF_8));
    try {
      assertThat(new CommandLine(new Benchmarks()).execute(arguments)).isZero();
    } finally {
      System.setOut(stdout);
    }
    String last = said.toString(UTF_8).lines().reduce((any, next) -> next).orElseThrow();
    return new ObjectMapper().readTree(last);
  }
}
