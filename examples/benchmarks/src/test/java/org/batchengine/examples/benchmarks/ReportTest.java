package org.batchengine.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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

  @Test
  void marksARoundThatOthersDisturbedAndDoesNotCountIt() {
    Report report = new Report();
    Report.Heading heading = new Report.Heading(Workload.W1, Server.H2, 10);
    report.add(heading, 1, Map.of(Contestants.OURS, round(100, 1.0).put("warm drain/s", 7)), 5);
    report.add(heading, 2, Map.of(Contestants.OURS, round(300, 5.1).put("warm drain/s", 9)), 5);

    assertThat(lastLineOf(report))
        .contains("\"drain/s\":{\"median\":100.0,\"min\":100.0,\"max\":100.0}")
        .contains("\"warm drain/s\":{\"median\":8.0,\"min\":7.0,\"max\":9.0}")
        .contains("ours, round 2: others used 5.1 % of the processors");
  }

  @Test
  void comparesPairByPairAndDropsADisturbedPair() {
    Report report = new Report();
    Report.Heading heading = new Report.Heading(Workload.W1, Server.H2, 10);
    double[][] pairs = {{100, 50, 0}, {300, 100, 0}, {900, 100, 9}, {400, 100, 0}};
    for (double[] pair : pairs) {
      report.add(
          heading,
          1,
          Map.of(Contestants.OURS, round(pair[0], 0), Contestants.AGAINST, round(pair[1], pair[2])),
          5);
    }

    assertThat(lastLineOf(report))
        .contains("\"pairs\":{\"W1/h2/10\":{\"drain/s\":{\"median\":3.0,\"min\":2.0,\"max\":4.0}");
  }

  private static Figures round(double rate, double foreignPercent) {
    return new Figures().put("drain/s", rate).put(TrialMain.FOREIGN_PERCENT, foreignPercent);
  }

  private static String lastLineOf(Report report) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    report.print(new PrintStream(out, true, StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8).lines().reduce((any, next) -> next).orElseThrow();
  }
}
