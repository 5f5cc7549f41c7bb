package org.batchengine.examples.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchmarksTest {

  @Test
  void showsOursBesidePlainJdbcOnBothDatabases() throws Exception {
    JsonNode last =
        lastLine(
            "--contestants=raw-binary-5000,raw-batch-1000,ours",
            "--workloads=W1",
            "--sizes=1000",
            "--rounds=1",
            "--warm=2",
            "--foreign-cpu=100",
            "--heap=256m");

    assertThat(last.at("/postgresql/fsync").asText()).isEqualTo("on");
    assertThat(last.at("/postgresql/synchronous_commit").asText()).isEqualTo("on");
    JsonNode figures = last.get("figures");
    assertThat(figures.at("/W1~1postgresql~11000/ours/drain~1s/median").asDouble()).isPositive();
    assertThat(figures.at("/W1~1h2~11000/ours/submit~1s/median").asDouble()).isPositive();
    assertThat(figures.at("/W1~1h2~11000/ours/warm drain~1s/median").asDouble()).isPositive();
    JsonNode ours = figures.at("/W1~1postgresql~11000/ours");
    assertThat(ours.at("/drain s/median").asDouble())
        .isGreaterThan(ours.at("/s to the first item/median").asDouble());
    assertThat(ours.at("/server CPU us~1item/median").asDouble()).isPositive();
    JsonNode ratios = last.get("ratios");
    assertThat(ratios.at("/W1~1postgresql~11000/drain~1s/raw-binary-5000").asDouble()).isPositive();
    assertThat(ratios.at("/W1~1h2~11000/drain~1s/best raw").asDouble()).isPositive();
  }

  @Test
  void writesARowForEachItemBesideSpringBatch() throws Exception {
    JsonNode last =
        lastLine(
            "--contestants=raw-batch-1000,ours,spring-batch-1-1000",
            "--workloads=W11",
            "--databases=postgresql",
            "--sizes=2000",
            "--rounds=1",
            "--foreign-cpu=100",
            "--heap=256m");

    JsonNode ratios = last.at("/ratios/W11~1postgresql~12000/drain~1s");
    assertThat(ratios.at("/best raw").asDouble()).isPositive();
    assertThat(ratios.at("/best spring-batch").asDouble()).isPositive();
  }

  @Test
  void comparesTwoStatesOfTheProjectByStatementsToo() throws Exception {
    JsonNode last =
        lastLine(
            "--against=" + Path.of("..", "..").toAbsolutePath().normalize(),
            "--workloads=W1",
            "--sizes=1000",
            "--rounds=1",
            "--foreign-cpu=100",
            "--heap=256m");

    for (String database : List.of(Server.POSTGRES, Server.H2)) {
      JsonNode pairs = last.at("/ratios/pairs/W1~1" + database + "~11000");
      assertThat(pairs.at("/drain~1s/median").asDouble()).isPositive();
      assertThat(pairs.at("/submit statements~11,000 items/median").asDouble()).isEqualTo(1);
    }
  }

  @Test
  void refusesACheckoutThatIsNotBuilt(@TempDir Path folder) {
    StringWriter said = new StringWriter();
    int exitCode =
        new CommandLine(new Benchmarks())
            .setExecutionExceptionHandler(Benchmarks::explain)
            .setErr(new PrintWriter(said))
            .execute("--against=" + folder);

    assertThat(exitCode).isEqualTo(2);
    assertThat(said.toString())
        .contains(folder.toString(), "batch-core", "is missing; run mvn compile there");
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
