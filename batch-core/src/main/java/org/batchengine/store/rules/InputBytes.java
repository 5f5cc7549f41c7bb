package org.batchengine.store.rules;

import java.util.List;
import org.batchengine.store.NewItem;

/**
 * How large inputs are, in bytes of UTF-8.
 *
 * @param all the sum
 * @param largest the largest of them
 */
public record InputBytes(long all, int largest) {

  /** {@return the sizes of the items' inputs} */
  public static InputBytes of(List<NewItem> items) {
    long all = 0;
    long largest = 0;
    for (NewItem item : items) {
      String input = item.input();
      long bytes = input == null ? 0 : Utf8.length(input);
      all += bytes;
      largest = Math.max(largest, bytes);
    }
    return new InputBytes(all, (int) Math.min(largest, Integer.MAX_VALUE));
  }
}
