package org.batchengine.store.rules;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.ToLongFunction;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.StoredText;

/** The cursor of a page: the number of its last row. */
public final class PageCursor {
  private PageCursor() {}

  /**
   * Returns the number of the page's last row.
   *
   * @throws IllegalArgumentException if the cursor does not come from a page
   */
  public static long parse(String cursor) {
    try {
      return Long.parseLong(cursor);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "after: "
              + StoredText.quoted(cursor)
              + " is not a cursor; pass what next() of a page returned",
          e);
    }
  }

  /** {@return the number of an instant that is whole in microseconds} */
  public static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  /**
   * Returns the instant of such a number.
   *
   * @throws IllegalArgumentException if it does not come from a page
   */
  public static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  /** {@return the index at which a page of items begins; empty if no item can be on it} */
  public static OptionalInt firstIndex(ItemQuery query) {
    long last = query.after().map(PageCursor::parse).orElse(-1L);
    boolean isIndex = last >= -1 && last < Integer.MAX_VALUE;
    return isIndex ? OptionalInt.of((int) last + 1) : OptionalInt.empty();
  }

  /**
   * Makes a page of the rows found.
   *
   * @param found up to {@code limit} rows, plus one if another page follows
   * @param number returns a row's number, used as the cursor
   */
  public static <T> BatchPage<T> page(
      List<T> found, int limit, ToLongFunction<T> number, Map<String, Object> filter) {
    if (found.size() <= limit) {
      return BatchPage.of(found, null, filter);
    }
    List<T> shown = found.subList(0, limit);
    String next = Long.toString(number.applyAsLong(shown.get(limit - 1)));
    return BatchPage.of(shown, next, filter);
  }
}
