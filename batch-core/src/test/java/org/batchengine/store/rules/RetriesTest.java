package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetriesTest {

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 0", "2, 1", "7, 6"})
  void areAllAttemptsButTheFirst(int attempts, int retries) {
    assertThat(Retries.of(attempts)).isEqualTo(retries);
  }
}
