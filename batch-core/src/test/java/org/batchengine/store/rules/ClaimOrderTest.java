package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.rules.ClaimOrder.Offer;
import org.batchengine.store.rules.ClaimOrder.Source;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ClaimOrderTest {
  private final List<String> claimed = new ArrayList<>();

  /** Items of one kind by priority. */
  private final class Due implements Source {
    private final String kind;
    private final NavigableMap<Integer, Integer> items;

    Due(String kind, Map<Integer, Integer> items) {
      this.kind = kind;
      this.items = new TreeMap<>(items);
    }

    @Override
    public Optional<Offer> next(int below, int missing) {
      return Optional.ofNullable(items.lowerKey(below)).map(InOrder::new);
    }

    private final class InOrder implements Offer {
      private final int priority;

      InOrder(int priority) {
        this.priority = priority;
      }

      @Override
      public int priority() {
        return priority;
      }

      @Override
      public int claim(int most, IntUnaryOperator ofTenant) {
        int had = items.getOrDefault(priority, 0);
        int taken = Math.min(most, had);
        claimed.add(taken + " " + kind + " of " + priority);
        items.put(priority, had - taken);
        items.values().removeIf(left -> left == 0);
        return taken;
      }
    }
  }

  private void claim(int items, Map<Integer, Integer> retries, Map<Integer, Integer> chunks) {
    Wanted wanted = new Wanted("echo", items, 10, 1);
    ClaimOrder.claim(
        wanted,
        new ClaimBudget(wanted),
        items,
        new Due("retries", retries),
        new Due("fresh", chunks));
  }

  @Test
  @DisplayName("FAULT-M3 priority comes first, of retries and of fresh work")
  void isByPriority() {
    claim(10, Map.of(1, 3, 9, 2), Map.of(5, 4));

    assertThat(claimed).containsExactly("2 retries of 9", "4 fresh of 5", "3 retries of 1");
  }

  @Test
  void leavesHalfToChunksOfTheSamePriority() {
    claim(10, Map.of(5, 100), Map.of(5, 100));

    assertThat(claimed).containsExactly("5 retries of 5", "5 fresh of 5");
  }

  @Test
  void givesRetriesWhatChunksLeave() {
    claim(10, Map.of(5, 100), Map.of(5, 2));

    assertThat(claimed).containsExactly("5 retries of 5", "2 fresh of 5", "3 retries of 5");
  }
}
