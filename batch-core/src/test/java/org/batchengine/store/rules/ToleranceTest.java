package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToleranceTest {

  @ParameterizedTest
  @CsvSource({
    // count, rate, items, most
    "  ,     0.5,    100,        50",
    "  ,     0.5,    101,        50",
    "  ,     0,      100,         0",
    "  ,     1,      100,       100",
    "  ,     0.29,   100,        29",
    "  ,     0.57,   100,        57",
    "  ,     0.58,   100,        58",
    "  ,     0.001, 2147483647,  2147483",
    "  ,     0.3333333333333333,  3,  1",
    "  ,     0.6666666666666666, 30, 20",
    "  ,     0.3333333333333333,  2147483646, 715827882",
    " 3,         ,   100,         3",
    " 3,     0.5,    100,         3",
    "80,     0.5,    100,        50",
    " 0,     1,      100,         0",
    "  ,     0.5,      0,         0",
  })
  void isTheSmallerOfCountAndShare(Long count, Double rate, long total, long most) {
    assertThat(new Tolerance(count, rate, total).most()).hasValue(most);
  }

  @Test
  void ofEachPercentageIsThatOfAHundredItems() {
    assertThat(IntStream.rangeClosed(0, 100))
        .allMatch(
            percent -> {
              double rate = Double.parseDouble("%d.%02d".formatted(percent / 100, percent % 100));
              return new Tolerance(null, rate, 100).most().getAsLong() == percent;
            });
  }

  @Test
  void isWhatEachFractionMeans() {
    for (int total = 1; total <= 300; total++) {
      for (int part = 0; part <= total; part++) {
        assertThat(new Tolerance(null, (double) part / total, total).most()).hasValue(part);
      }
    }
  }

  @Test
  void isOfAnyNumberIfNothingIsSaid() {
    Tolerance any = new Tolerance(null, null, 10);

    assertThat(any.most()).isEmpty();
    assertThat(any.error(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void isUsedUpByOneMoreThanTheMost() {
    Tolerance two = new Tolerance(2L, null, 10);

    assertThat(two.error(2)).isEmpty();
    assertThat(two.error(3)).contains("too many failures: 3; the limit is 2");
  }
}
