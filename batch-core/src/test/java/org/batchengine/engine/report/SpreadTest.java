package org.batchengine.engine.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import org.assertj.core.data.Percentage;
import org.batchengine.report.Distribution;
import org.batchengine.report.HistogramBar;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpreadTest {
  private static final int MANY = 20_000;

  private static Distribution of(double... values) {
    Spread spread = new Spread();
    DoubleStream.of(values).forEach(spread::add);
    return spread.distribution().orElseThrow();
  }

  @Test
  void isNoneOfNothing() {
    assertThat(new Spread().distribution()).isEmpty();
  }

  @Test
  void isExactOfOneValue() {
    assertThat(of(0.037))
        .isEqualTo(
            new Distribution(1, 0.037, 0.037, 0.037, 0.037, 0.037, 0.037, of(0.037).histogram()));
    assertThat(of(0.037).histogram()).containsExactly(new HistogramBar(0.032, 0.04, 1, 1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @DisplayName("REQ-M9 percentiles are at most 1 % off, over all magnitudes")
  void hasPercentilesWithinOnePercent(long seed) {
    Random random = new Random(seed);
    isWithinOnePercent(() -> Math.exp(random.nextGaussian() * 2));
    isWithinOnePercent(() -> Math.round(random.nextDouble() * 100) / 1e9);
    isWithinOnePercent(() -> 1e15 * random.nextDouble());
    isWithinOnePercent(() -> -Math.exp(random.nextGaussian() * 3));
    isWithinOnePercent(() -> random.nextInt(100) - 60.0);
  }

  private static void isWithinOnePercent(DoubleSupplier next) {
    double[] values = DoubleStream.generate(next).limit(MANY).toArray();
    Distribution found = of(values);
    Arrays.sort(values);

    assertThat(found.min()).isEqualTo(values[0]);
    assertThat(found.max()).isEqualTo(values[MANY - 1]);
    isNear(found.p50(), values[MANY / 2 - 1]);
    isNear(found.p95(), values[MANY * 95 / 100 - 1]);
    isNear(found.p99(), values[MANY * 99 / 100 - 1]);
    double mean = DoubleStream.of(values).average().orElseThrow();
    assertThat(found.mean()).isCloseTo(mean, within(Math.abs(mean) * 1e-9 + 1e-9));
    for (HistogramBar bar : found.histogram()) {
      assertThat(bar.items())
          .as("%s", bar)
          .isEqualTo(DoubleStream.of(values).filter(value -> isIn(bar, value)).count());
      assertThat(bar.share()).isEqualTo((double) bar.items() / MANY);
    }
    assertThat(found.histogram()).hasSizeBetween(1, 60);
    assertThat(found.histogram().stream().mapToLong(HistogramBar::items).sum()).isEqualTo(MANY);
  }

  private static void isNear(double found, double exact) {
    assertThat(found).isCloseTo(exact, Percentage.withPercentage(1));
  }

  /** One on a boundary is in the bar further from zero. */
  private static boolean isIn(HistogramBar bar, double value) {
    if (bar.from() == bar.to()) {
      return value == bar.from();
    }
    return value > 0
        ? bar.from() <= value && value < bar.to()
        : value < 0 && bar.from() < value && value <= bar.to();
  }

  @Test
  void hasTheValueThatSoManyDoNotExceed() {
    Distribution hundred = of(DoubleStream.iterate(1, value -> value + 1).limit(100).toArray());

    isNear(hundred.p50(), 50);
    isNear(hundred.p95(), 95);
    isNear(hundred.p99(), 99);
  }

  @Test
  void keepsZerosAndSignsApart() {
    Distribution mixed = of(-3, -0.5, 0, 0, 0, 2, 2);

    assertThat(mixed.p50()).isZero();
    assertThat(mixed.histogram())
        .filteredOn(bar -> bar.items() > 0)
        .containsExactly(
            new HistogramBar(-3.2, -2.5, 1, 1 / 7.0),
            new HistogramBar(-0.63, -0.5, 1, 1 / 7.0),
            new HistogramBar(0, 0, 3, 3 / 7.0),
            new HistogramBar(2, 2.5, 2, 2 / 7.0));
  }

  @Test
  void hasFewerBarsTheWiderItIs() {
    assertThat(of(1, 9).histogram()).hasSize(10).last().extracting("to").isEqualTo(10.0);
    assertThat(of(1, 9_000).histogram()).hasSize(12).first().extracting("to").isEqualTo(2.0);
    assertThat(of(1, 9e12).histogram()).hasSize(13).first().extracting("to").isEqualTo(10.0);
  }
}
