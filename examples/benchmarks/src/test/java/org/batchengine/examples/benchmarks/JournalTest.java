package org.batchengine.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.batchengine.examples.benchmarks.Journal.Entry;
import org.junit.jupiter.api.Test;

class JournalTest {

  @Test
  void tellsWhenTheItemsOfAKilledNodeRanAgain() {
    List<Entry> killed =
        List.of(
            new Entry(1, true, 100),
            new Entry(2, true, 110),
            new Entry(3, true, 120),
            new Entry(1, false, 130));
    List<Entry> other =
        List.of(
            new Entry(7, true, 125),
            new Entry(1, true, 900),
            new Entry(3, true, 1_150),
            new Entry(2, true, 2_650));

    Figures figures = Journal.takenOver(new Figures(), killed, other, 150);

    assertThat(figures.values)
        .containsEntry("interrupted", 2.0)
        .containsEntry("interrupted that ran again", 2.0)
        .containsEntry("s to the first interrupted", 1.0)
        .containsEntry("s to the last interrupted", 2.5)
        .containsEntry("finished that ran again", 1.0);
  }
}
