package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorGroupTest {

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, 50, Double.NaN})
  @DisplayName("REQ-X7 the share of a group of errors is a ratio, and no percentage")
  void refusesAShareThatIsNoRatio(double share) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ErrorGroup("f", "X", "m", 1, share, Instant.EPOCH))
        .withMessageContaining("share " + share);
  }

  @Test
  void refusesANegativeCount() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ErrorGroup("f", "X", "m", -1, 0, Instant.EPOCH));
  }

  @Test
  @Tag("FAULT-S7")
  void printsNoSample() {
    assertThat(new ErrorGroup("f", "X", "secret", 1, 1, Instant.EPOCH).toString())
        .doesNotContain("secret");
  }
}
