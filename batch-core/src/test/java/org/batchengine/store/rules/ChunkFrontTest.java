package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkFrontTest {

  @ParameterizedTest
  @CsvSource({
    // from, to, lost, most, bytes an item, end
    "  0,   100, 0,  10,          1,  10", // what is wanted
    " 40,   100, 0,  10,          1,  50",
    " 40,    45, 0,  10,          1,  45", // all that there is
    "  0,   100, 0, 100,          0, 100", // items without input
    "  0,   100, 0, 100,    1048576,   8", // 8 MiB of inputs of 1 MiB
    "  0,   100, 0, 100,    8388608,   1",
    "  0,   100, 0, 100,   99999999,   1", // one at least
    "  0,   100, 1,  10,          1, 100", // lost before: whole
    "  0,   100, 1,  10,   99999999, 100",
    "2147483000, 2147483647, 0, 2147483647, 1, 2147483647",
  })
  void ends(int from, int to, int lost, int most, long itemBytes, int end) {
    assertThat(ChunkFront.end(from, to, lost, most, itemBytes)).isEqualTo(end);
  }
}
