package org.batchengine.store;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.model.Measure;
import org.jspecify.annotations.Nullable;

/**
 * What one item was measured at: a value for each name of its batch, in their order; null where it
 * has none.
 */
public record Measured(List<@Nullable BigDecimal> values) {
  /** No value at all. */
  public static final Measured NONE =
      new Measured(Collections.nCopies(Measure.MOST, (BigDecimal) null));

  /** Four values. */
  public static Measured of(@Nullable BigDecimal... values) {
    for (BigDecimal value : values) {
      if (value != null) {
        return new Measured(Collections.unmodifiableList(Arrays.asList(values.clone())));
      }
    }
    return NONE;
  }

  /** Whether there is no value. */
  public boolean isNone() {
    return equals(NONE);
  }

  /** {@return the value at a place; null if there is none} */
  public @Nullable BigDecimal at(int place) {
    return values.get(place);
  }

  /** {@return the values by the names of their batch} */
  public Map<String, BigDecimal> named(List<String> names) {
    Map<String, BigDecimal> named = new LinkedHashMap<>();
    for (int place = 0; place < names.size(); place++) {
      BigDecimal value = at(place);
      if (value != null) {
        named.put(names.get(place), value);
      }
    }
    return named;
  }

  /** {@return the sums of both} */
  public Measured plus(Measured other) {
    if (isNone() || other.isNone()) {
      return isNone() ? other : this;
    }
    @Nullable BigDecimal[] sums = new BigDecimal[Measure.MOST];
    for (int i = 0; i < sums.length; i++) {
      BigDecimal one = at(i);
      BigDecimal two = other.at(i);
      sums[i] = one == null || two == null ? (one == null ? two : one) : one.add(two);
    }
    return of(sums);
  }

  /** {@return these values and one more at a place} */
  public Measured plus(int place, BigDecimal value) {
    @Nullable BigDecimal[] one = new BigDecimal[Measure.MOST];
    one[place] = value;
    return plus(of(one));
  }

  /**
   * What an attempt adds to an item.
   *
   * @param before what it was measured at in earlier attempts
   */
  public record Attempt(Measured before, Measured added) {
    /** An attempt without values of an item that has none. */
    public static final Attempt NONE = new Attempt(Measured.NONE, Measured.NONE);

    /** {@return what the item was measured at in all} */
    public Measured total() {
      return before.plus(added);
    }

    /** Whether the item has its first value at a place. */
    public boolean isFirst(int place) {
      return before.at(place) == null && added.at(place) != null;
    }
  }
}
