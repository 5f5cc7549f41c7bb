package org.batchengine.store.rules;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.Violation;
import org.batchengine.store.NewItem;

/** The keys of a page of items. A key identifies one item of its batch. */
public final class ItemKeys {
  private ItemKeys() {}

  /**
   * Returns the keys of a page, sorted by text, each with the index of its item.
   *
   * @param first the index of the first item
   * @throws InvalidItemException if two items have the same key; names the second item
   */
  public static NavigableMap<String, Integer> of(int first, List<NewItem> page) {
    NavigableMap<String, Integer> indexes = new TreeMap<>();
    for (int i = 0; i < page.size(); i++) {
      String key = page.get(i).key();
      if (key != null && indexes.put(key, first + i) != null) {
        throw taken(first + i);
      }
    }
    return indexes;
  }

  /**
   * Refuses a page if its batch already has one of its keys.
   *
   * @param keys the keys of the page
   * @param taken keys that the batch already has, on this page or not
   * @throws InvalidItemException names the first item whose key is taken
   */
  public static void refuseTaken(Map<String, Integer> keys, Collection<String> taken) {
    keys.entrySet().stream()
        .filter(key -> taken.contains(key.getKey()))
        .map(Map.Entry::getValue)
        .min(Comparator.naturalOrder())
        .ifPresent(
            index -> {
              throw taken(index);
            });
  }

  private static InvalidItemException taken(int index) {
    return new InvalidItemException(
        index,
        List.of(new Violation("", "another item of the batch has the same key", "DUPLICATE_KEY")));
  }
}
