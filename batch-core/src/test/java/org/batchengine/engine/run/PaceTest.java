package org.batchengine.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaceTest {
  @Test
  void isThatOfMostCalls() {
    assertThat(Pace.of(List.of(1L, 2L, 900L), 3)).isEqualTo(2);
    assertThat(Pace.of(Collections.nCopies(8, 1_000L), 8)).isEqualTo(1_000);
  }

  @Test
  void isQuickWhileMostPlacesAreFree() {
    assertThat(Pace.of(List.of(), 8)).isZero();
    assertThat(Pace.of(List.of(1_000L, 1_000L, 1_000L), 8)).isZero();
  }

  @Test
  void isThatOfTheOnlyCallIfOnlyOneMayRun() {
    assertThat(Pace.of(List.of(1_000L), 1)).isEqualTo(1_000);
    assertThat(Pace.of(List.of(1_000L), 2)).isZero();
  }
}
