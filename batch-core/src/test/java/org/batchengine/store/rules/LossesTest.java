package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.batchengine.model.ItemError;
import org.junit.jupiter.api.Test;

class LossesTest {

  @Test
  void endWithTheSecond() {
    assertThat(Losses.isLast(0)).isFalse();
    assertThat(Losses.isLast(1)).isTrue();
    assertThat(Losses.isLast(2)).isTrue();
  }

  @Test
  void ofASuspectAreSaidInItsError() {
    ItemError error = NodeCrash.error(3, Instant.EPOCH);

    assertThat(error.attempt()).isEqualTo(3);
    assertThat(error.type()).isEqualTo("NODE_CRASH");
    assertThat(error.message()).contains("died");
    assertThat(error.at()).isEqualTo(Instant.EPOCH);
  }

  @Test
  void doNotChangeTheFingerprintOfTheError() {
    assertThat(NodeCrash.error(3, Instant.EPOCH).fingerprint())
        .isEqualTo(NodeCrash.error(1, Instant.MAX).fingerprint());
  }
}
