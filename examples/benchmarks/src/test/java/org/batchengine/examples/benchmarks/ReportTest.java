package org.batchengine.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.batchengine.examples.benchmarks.Report.Spread;
import org.junit.jupiter.api.Test;

class ReportTest {

  @Test
  void showsTheMedianAndTheRangeOfTheRounds() {
    assertThat(Spread.of(List.of(3.0, 1.0, 10.0))).isEqualTo(new Spread(3, 1, 10));
    assertThat(Spread.of(List.of(4.0, 1.0, 2.0, 10.0))).isEqualTo(new Spread(3, 1, 10));
    assertThat(Spread.of(List.of(4.0, 1.0, 2000.0))).hasToString("4 (1 to 2,000)");
  }

  @Test
  void dividesOursByEachOtherAndByTheBestOfAFamily() {
    Report report = new Report();
    Report.Heading heading = new Report.Heading(Workload.W1, Server.H2, 10);
    report.add(heading, Contestants.OURS, new Figures().put("drain/s", 300));
    report.add(heading, Contestants.RAW_BATCH_1000, new Figures().put("drain/s", 400));
    report.add(heading, Contestants.RAW_BATCH_5000, new Figures().put("drain/s", 600));

    assertThat(lastLineOf(report))
        .contains("{\"raw-batch-1000\":0.75,\"raw-batch-5000\":0.5,\"best raw\":0.5}");
  }

  @Test
  void dividesRatesByThatAtTheSmallestSize() {
    Report report = new Report();
    for (int items : new int[] {10, 100}) {
      report.add(
          new Report.Heading(Workload.W7, Server.H2, items),
          Contestants.OURS,
          new Figures().put("drain/s", 1000 - items));
    }

    assertThat(lastLineOf(report)).contains("\"growth\":{\"W7/h2/ours/100\":0.909}");
  }

  private static String lastLineOf(Report report) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    report.print(new PrintStream(out, true, StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8).lines().reduce((any, next) -> next).orElseThrow();
  }
}
