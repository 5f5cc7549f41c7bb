package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.engine.report.Comparing;
import org.batchengine.model.BatchChangedException;
import org.batchengine.model.ItemState;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.ComparedBatch;
import org.batchengine.report.ItemDifference;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ItemPair;
import org.batchengine.store.ItemPair.Half;
import org.batchengine.store.NewItem;
import org.batchengine.store.Settlement.Outcome;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two batches are compared by the keys of their items, or by index. */
abstract class CompareContract extends SteeredContract {

  CompareContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  /**
   * A batch of items {@code key=output}, {@code key!} failed, {@code key-} skipped, {@code key?}.
   */
  private long batch(String... items) {
    return batch(1_000, null, items);
  }

  private long batch(long micros, Double quality, String... items) {
    long batch =
        submit(
            NewBatches.any().build(),
            Stream.of(items).map(item -> new NewItem(key(item), "input")).toList());
    TestSession session = session();
    SettlementDraft draft = SettlementDraft.of();
    List<ClaimedChunk> chunks = session.claim(items.length).chunks();
    for (int i = 0; i < items.length; i++) {
      String what = items[i].replaceFirst("^[a-z0-9]*", "");
      ItemState state = state(what);
      if (state != null) {
        draft.outcome(
            new Outcome(
                batch,
                i,
                state,
                1,
                state == ItemState.SUCCEEDED ? what.substring(1) : null,
                micros * (i + 1),
                quality,
                null,
                false));
      }
    }
    if (Stream.of(items).noneMatch(item -> item.endsWith("?"))) {
      chunks.forEach(draft::removed);
    }
    session.settle(draft);
    return batch;
  }

  private static String key(String item) {
    String key = item.replaceFirst("[^a-z0-9].*", "");
    return key.isEmpty() ? null : key;
  }

  private static ItemState state(String what) {
    return switch (what.charAt(0)) {
      case '=' -> ItemState.SUCCEEDED;
      case '!' -> ItemState.FAILED;
      case '-' -> ItemState.SKIPPED;
      default -> null;
    };
  }

  private Comparing comparing(long a, long b) {
    return new Comparing(store, header(a), header(b), null);
  }

  private BatchComparison compared(long a, long b) {
    return comparing(a, b).counted();
  }

  private List<String> differences(long a, long b) {
    return comparing(a, b).differences().map(CompareContract::shown).toList();
  }

  private static String shown(ItemDifference difference) {
    return "%s %s %s:%s %s:%s"
        .formatted(
            difference.kind(),
            difference.key().orElse("-"),
            difference.indexInA().map(String::valueOf).orElse("-"),
            difference.stateInA().map(String::valueOf).orElse("-"),
            difference.indexInB().map(String::valueOf).orElse("-"),
            difference.stateInB().map(String::valueOf).orElse("-"));
  }

  private static List<Long> counts(BatchComparison compared) {
    return List.of(
        compared.newlyFailing(),
        compared.newlyFixed(),
        compared.changedOutputs(),
        compared.changedStates(),
        compared.unchanged(),
        compared.purgedOutputs(),
        compared.onlyInA(),
        compared.onlyInB());
  }

  @Nested
  class Differences {
    @Test
    @DisplayName("REQ-M13 batches whose items have keys are compared by key, in whatever order")
    void areFoundByKey() {
      long a = batch("k1=x", "k2=x", "k3!", "k4=x", "k5=x", "k6!", "k7=x", "k9-");
      long b = batch("k1=x", "k2=y", "k3=x", "k4!", "k5-", "k6!", "k8=x", "k9-", "k0!");
      long shuffled = batch("k9-", "k8=x", "k0!", "k6!", "k5-", "k4!", "k3=x", "k2=y", "k1=x");
      batch("k1!", "k2!", "k7=z");

      assertThat(counts(compared(a, b))).containsExactly(1L, 1L, 1L, 1L, 3L, 0L, 1L, 2L);
      assertThat(differences(a, b))
          .containsExactly(
              "CHANGED_OUTPUT k2 1:SUCCEEDED 1:SUCCEEDED",
              "NEWLY_FIXED k3 2:FAILED 2:SUCCEEDED",
              "NEWLY_FAILING k4 3:SUCCEEDED 3:FAILED",
              "CHANGED_STATE k5 4:SUCCEEDED 4:SKIPPED",
              "ONLY_IN_A k7 6:SUCCEEDED -:-",
              "ONLY_IN_B k8 -:- 6:SUCCEEDED",
              "ONLY_IN_B k0 -:- 8:FAILED");
      assertThat(counts(compared(a, shuffled))).isEqualTo(counts(compared(a, b)));
      assertThat(differences(a, shuffled))
          .contains(
              "NEWLY_FIXED k3 2:FAILED 6:SUCCEEDED",
              "ONLY_IN_A k7 6:SUCCEEDED -:-",
              "ONLY_IN_B k8 -:- 1:SUCCEEDED");
      assertThat(counts(compared(shuffled, b))).containsExactly(0L, 0L, 0L, 0L, 9L, 0L, 0L, 0L);
      assertThat(differences(b, a))
          .contains("NEWLY_FAILING k3 2:SUCCEEDED 2:FAILED", "ONLY_IN_B k7 -:- 6:SUCCEEDED");
    }

    @Test
    @DisplayName("REQ-M13 batches whose items have no keys are compared by index")
    void areFoundByIndex() {
      long a = batch("=x", "=x", "!", "=x");
      long b = batch("=x", "=y", "=x");
      long keyed = batch("k1=x", "k2=y", "k3=x");

      for (long other : List.of(b, keyed)) {
        assertThat(differences(a, other))
            .extracting(text -> text.replaceFirst(" k\\d", " -"))
            .containsExactly(
                "CHANGED_OUTPUT - 1:SUCCEEDED 1:SUCCEEDED",
                "NEWLY_FIXED - 2:FAILED 2:SUCCEEDED",
                "ONLY_IN_A - 3:SUCCEEDED -:-");
      }
      assertThat(differences(b, a))
          .containsExactly(
              "CHANGED_OUTPUT - 1:SUCCEEDED 1:SUCCEEDED",
              "NEWLY_FAILING - 2:SUCCEEDED 2:FAILED",
              "ONLY_IN_B - -:- 3:SUCCEEDED");
    }

    @Test
    void areOfItemsThatAreNotSettledToo() {
      long a = batch("k1=x", "k2?", "k3?", "k4?");
      long b = batch("k1?", "k2=x", "k3?", "k4!");

      assertThat(counts(compared(a, b))).containsExactly(0L, 0L, 0L, 3L, 1L, 0L, 0L, 0L);
      assertThat(differences(a, b)).contains("CHANGED_STATE k4 3:- 3:FAILED");
    }

    @Test
    void areNoneBetweenABatchAndItself() {
      long batch = batch("k1=x", "k2!", "k3?");

      assertThat(counts(compared(batch, batch))).containsExactly(0L, 0L, 0L, 0L, 3L, 0L, 0L, 0L);
      assertThat(differences(batch, batch)).isEmpty();
    }

    @Test
    void areAllOfTheItemsIfOneBatchIsEmpty() {
      long empty = submit(0);
      long batch = batch("k1=x", "k2!");

      assertThat(counts(compared(empty, batch))).containsExactly(0L, 0L, 0L, 0L, 0L, 0L, 0L, 2L);
      assertThat(counts(compared(batch, empty))).containsExactly(0L, 0L, 0L, 0L, 0L, 0L, 2L, 0L);
      assertThat(counts(compared(empty, empty))).containsOnly(0L);
    }

    @Test
    void areNotToldOfOutputsThatWerePurged() {
      long a = batch("=x", "=x", "!");
      end(a);
      passMoment();
      store.sweeping().purgePayloads(Duration.ZERO, null, NewBatches.by("node"), 10);
      long b = batch("=x", "=y", "=x");

      assertThat(counts(compared(a, b))).containsExactly(0L, 1L, 0L, 0L, 0L, 2L, 0L, 0L);
      assertThat(counts(compared(b, a))).containsExactly(1L, 0L, 0L, 0L, 0L, 2L, 0L, 0L);
    }

    @Test
    void haveDurationsAndQualityOfBoth() {
      long a =
          batch(1_000, 0.5, IntStream.range(0, 100).mapToObj(i -> "=x").toArray(String[]::new));
      long b = batch(2_000, null, "=x", "!", "?");
      BatchComparison compared = compared(a, b);
      ComparedBatch of = compared.a();

      assertThat(of.batchId()).isEqualTo(header(a).id());
      assertThat(of.run()).isEqualTo(1);
      assertThat(of.items()).isEqualTo(100);
      assertThat(of.meanDuration()).contains(Duration.ofNanos(50_500_000));
      assertThat(of.medianDuration().orElseThrow().toNanos() / 1e6).isBetween(49.5, 50.5);
      assertThat(of.p95Duration().orElseThrow().toNanos() / 1e6).isBetween(94.05, 95.95);
      assertThat(of.meanQuality()).contains(0.5);
      assertThat(compared.b().items()).isEqualTo(3);
      assertThat(compared.b().meanDuration()).contains(Duration.ofMillis(3));
      assertThat(compared.b().meanQuality()).isEmpty();
      assertThat(compared.toMap())
          .containsEntry("a_mean_seconds", 0.0505)
          .containsEntry("b_items", 3L)
          .containsEntry("unchanged", 1L);
    }

    @Test
    @DisplayName(
        "REQ-M13 a comparison of a batch that is taken up again meanwhile ends, and says so")
    void areOfOneRun() {
      long a = ended(3, 1);
      long b = ended(3);
      Comparing comparing = comparing(a, b);
      Stream<ItemDifference> differences = comparing(b, a).differences();
      retryFailed(a);

      assertThatExceptionOfType(BatchChangedException.class)
          .isThrownBy(comparing::counted)
          .withMessageContaining(header(a).id() + " was in run 1 and is now in run 2");
      assertThatExceptionOfType(BatchChangedException.class).isThrownBy(differences::count);
    }
  }

  @Nested
  class Pairs {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    @DisplayName("REQ-M13 each item is in one pair, however the pages are cut")
    void areThoseOfAModel(int seed) {
      Random random = new Random(seed);
      String[] itemsOfA = items(random, seed % 3 == 0);
      String[] itemsOfB = items(random, seed % 3 == 0);
      long a = batch(itemsOfA);
      long b = batch(itemsOfB);

      for (int size : List.of(3, 7, 1_000)) {
        List<ItemPair> pairs = new ArrayList<>();
        for (int from = 0; from < Math.max(itemsOfA.length, itemsOfB.length); from += size) {
          List<ItemPair> page = store.reports().pairs(header(a), header(b), from, from + size);
          assertThat(page).isSortedAccordingTo(Comparator.comparing(ItemPair::index));
          pairs.addAll(page);
        }
        assertThat(pairs.stream().map(Pairs::shown).sorted())
            .isEqualTo(model(itemsOfA, itemsOfB).stream().sorted().toList());
      }
    }

    private static String[] items(Random random, boolean hasNoKeys) {
      List<Integer> keys = new ArrayList<>(IntStream.range(0, 40).boxed().toList());
      for (int swaps = random.nextInt(12); swaps > 0; swaps--) {
        Collections.swap(keys, random.nextInt(40), random.nextInt(40));
      }
      if (random.nextInt(3) == 0) {
        Collections.shuffle(keys, random);
      }
      return keys.subList(random.nextInt(5), 30 + random.nextInt(10)).stream()
          .map(
              key ->
                  (hasNoKeys ? "" : "k" + key)
                      + List.of("=x", "=y", "!", "-").get(random.nextInt(4)))
          .toArray(String[]::new);
    }

    private static List<String> model(String[] a, String[] b) {
      List<String> model = new ArrayList<>();
      for (int i = 0; i < a.length; i++) {
        model.add(shown(a, i, b, place(a[i], i, b)));
      }
      for (int i = 0; i < b.length; i++) {
        if (place(b[i], i, a) < 0) {
          model.add(shown(a, -1, b, i));
        }
      }
      return model;
    }

    private static int place(String item, int index, String[] other) {
      String key = key(item);
      return key == null
          ? index < other.length ? index : -1
          : IntStream.range(0, other.length)
              .filter(i -> key.equals(key(other[i])))
              .findFirst()
              .orElse(-1);
    }

    private static String shown(String[] a, int inA, String[] b, int inB) {
      String key = key(inA >= 0 ? a[inA] : b[inB]);
      boolean differ =
          inA >= 0
              && inB >= 0
              && a[inA].contains("=")
              && b[inB].contains("=")
              && !a[inA].endsWith(b[inB].substring(b[inB].indexOf('=')));
      return key + " " + half(a, inA) + " " + half(b, inB) + " " + differ;
    }

    private static String half(String[] items, int index) {
      return index < 0
          ? "none"
          : index + ":" + state(items[index].replaceFirst("^[a-z0-9]*", "")) + ":" + (index + 1);
    }

    private static String shown(ItemPair pair) {
      return pair.key() + " " + half(pair.a()) + " " + half(pair.b()) + " " + pair.outputsDiffer();
    }

    private static String half(Half half) {
      return half == null
          ? "none"
          : half.index()
              + ":"
              + half.state()
              + ":"
              + Objects.requireNonNull(half.duration()).toMillis();
    }
  }
}
