package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkBoundsTest {

  @ParameterizedTest
  @CsvSource({
    "         0, 0",
    "         1, 1",
    "       100, 1",
    "       101, 2",
    "       200, 2",
    "       700, 7",
    "       701, 8",
    "     9_999, 8",
    "2147483647, 8",
  })
  void areOneForEachHundredItemsAndUpToEight(int total, int chunks) {
    assertThat(ChunkBounds.of(total)).hasSize(chunks);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 99, 101, 250, 799, 803, 10_001, Integer.MAX_VALUE})
  void coverAllItemsInPartsOfTheSameSize(int total) {
    List<ChunkBounds> chunks = ChunkBounds.of(total);
    int size = total / chunks.size();
    int next = 0;

    for (ChunkBounds chunk : chunks) {
      assertThat(chunk.from()).isEqualTo(next);
      assertThat(chunk.to() - chunk.from()).isBetween(size, size + 1);
      next = chunk.to();
    }
    assertThat(next).isEqualTo(total);
  }

  @Test
  void ofFewItemsAreOne() {
    assertThat(ChunkBounds.of(3)).containsExactly(new ChunkBounds(0, 3));
  }
}
