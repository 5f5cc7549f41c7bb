package org.batchengine.jdbc.sql;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * Makes the arrays that statements take, as in {@code any(:items)}, of collections of any size. H2
 * refuses an array of more than 65,536 elements, and compares each row that it finds with one
 * element after the other, so a large collection becomes several arrays.
 */
public final class Slices {
  /** So many that there are few statements, and so few that H2 makes half a million comparisons. */
  private static final int MOST = 1_000;

  /** The most elements that H2 takes in an array. */
  private static final int MOST_IN_ONE = 65_536;

  private Slices() {}

  /** The values in arrays, in their order; none if there are no values. */
  public static <T> List<T[]> of(Collection<T> values, IntFunction<T[]> array) {
    if (values.size() <= MOST) {
      return values.isEmpty() ? List.of() : List.<T[]>of(values.toArray(array));
    }
    List<T> all = List.copyOf(values);
    List<T[]> slices = new ArrayList<>();
    for (int from = 0; from < all.size(); from += MOST) {
      slices.add(all.subList(from, Math.min(all.size(), from + MOST)).toArray(array));
    }
    return slices;
  }

  /** What the question finds for all values. It is asked once for each slice of them. */
  public static <T, R> List<R> find(
      Collection<T> values, IntFunction<T[]> array, Function<T[], List<R>> question) {
    List<T[]> slices = of(values, array);
    if (slices.size() == 1) {
      return question.apply(slices.get(0));
    }
    List<R> found = new ArrayList<>();
    slices.forEach(slice -> found.addAll(question.apply(slice)));
    return found;
  }

  /** How many rows the change has written. It is made once for each slice of the values. */
  public static <T> int change(
      Collection<T> values, IntFunction<T[]> array, ToIntFunction<T[]> change) {
    return of(values, array).stream().mapToInt(change).sum();
  }

  /** The values in one array: those of a slice, or others that are known to be few. */
  public static <T> T[] one(Collection<T> values, IntFunction<T[]> array) {
    if (values.size() > MOST_IN_ONE) {
      throw new IllegalArgumentException(
          "%d values are too many for one array: at most %d".formatted(values.size(), MOST_IN_ONE));
    }
    return values.toArray(array);
  }

  /** The values in one array, however many, for PostgreSQL. */
  public static <T> T[] whole(Collection<T> values, IntFunction<T[]> array) {
    return values.toArray(array);
  }
}
