package org.batchengine.store;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.model.ItemState;
import org.batchengine.model.Measure;
import org.batchengine.store.Settlement.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Sums of what items were measured at: a sum and how many items have a value, for each name of
 * their batch in its order, and for their quality.
 */
public record MeasureSums(List<BigDecimal> sums, List<Long> items) {
  /** How many sums there are; the quality comes last. */
  public static final int SIZE = Measure.MOST + 1;

  /** Nothing was measured. */
  public static final MeasureSums NONE =
      new MeasureSums(Collections.nCopies(SIZE, BigDecimal.ZERO), Collections.nCopies(SIZE, 0L));

  /** {@return what an outcome adds} */
  public static MeasureSums of(Outcome outcome) {
    MeasureSums measured = of(outcome.measured());
    Double quality = outcome.quality();
    return quality == null
        ? measured
        : measured.plus(ofRow(outcome.state(), Measured.NONE, quality));
  }

  /** {@return what an attempt adds} */
  public static MeasureSums of(Measured.Attempt attempt) {
    Measured added = attempt.added();
    if (added.isNone()) {
      return NONE;
    }
    List<BigDecimal> sums = new ArrayList<>(NONE.sums);
    List<Long> items = new ArrayList<>(NONE.items);
    for (int place = 0; place < Measure.MOST; place++) {
      BigDecimal value = added.at(place);
      if (value != null) {
        sums.set(place, value);
        items.set(place, attempt.isFirst(place) ? 1L : 0L);
      }
    }
    return new MeasureSums(sums, items);
  }

  /** {@return what a stored item has; the quality of one that has failed does not count} */
  public static MeasureSums ofRow(ItemState state, Measured measured, @Nullable Double quality) {
    MeasureSums sums = of(new Measured.Attempt(Measured.NONE, measured));
    if (quality == null || state == ItemState.FAILED) {
      return sums;
    }
    List<BigDecimal> values = new ArrayList<>(sums.sums);
    List<Long> items = new ArrayList<>(sums.items);
    values.set(
        Measure.MOST,
        BigDecimal.valueOf(quality).setScale(Measure.DECIMALS, RoundingMode.HALF_EVEN));
    items.set(Measure.MOST, 1L);
    return new MeasureSums(values, items);
  }

  /** Whether nothing was measured. */
  public boolean isNone() {
    return equals(NONE);
  }

  /** {@return both together} */
  public MeasureSums plus(MeasureSums other) {
    return other.isNone() ? this : isNone() ? other : plus(other, 1);
  }

  /** {@return these without the others} */
  public MeasureSums minus(MeasureSums other) {
    return other.isNone() ? this : plus(other, -1);
  }

  private MeasureSums plus(MeasureSums other, int sign) {
    List<BigDecimal> values = new ArrayList<>(SIZE);
    List<Long> counts = new ArrayList<>(SIZE);
    for (int place = 0; place < SIZE; place++) {
      values.add(sums.get(place).add(other.sums.get(place).multiply(BigDecimal.valueOf(sign))));
      counts.add(items.get(place) + sign * other.items.get(place));
    }
    return new MeasureSums(values, counts);
  }

  /**
   * {@return the measures of a batch, by name; the quality only if an item has one}
   *
   * @param names in their order
   */
  public Map<String, Measure> named(List<String> names) {
    Map<String, Measure> named = new LinkedHashMap<>();
    for (int place = 0; place < names.size(); place++) {
      named.put(names.get(place), new Measure(sums.get(place), items.get(place)));
    }
    if (items.get(Measure.MOST) > 0) {
      named.put(Measure.QUALITY, new Measure(sums.get(Measure.MOST), items.get(Measure.MOST)));
    }
    return named;
  }
}
