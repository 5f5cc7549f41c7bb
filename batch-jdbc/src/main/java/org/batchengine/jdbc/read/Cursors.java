package org.batchengine.jdbc.read;

import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.batchengine.model.BatchPage;
import org.batchengine.model.StoredText;

/** Cursors of pages: the number of the last row that was shown. */
final class Cursors {
  private Cursors() {}

  static long parse(String cursor) {
    try {
      return Long.parseLong(cursor);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "after: " + StoredText.quoted(cursor) + " is not what next() of a page gave", e);
    }
  }

  /** The first {@code limit} of what was found, which is one more if there is another page. */
  static <T> BatchPage<T> page(
      List<T> found, int limit, ToLongFunction<T> number, Map<String, Object> filter) {
    if (found.size() <= limit) {
      return BatchPage.of(found, null, filter);
    }
    List<T> shown = found.subList(0, limit);
    return BatchPage.of(shown, Long.toString(number.applyAsLong(shown.get(limit - 1))), filter);
  }
}
