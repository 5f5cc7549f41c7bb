package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailedItemsTest {

  @Test
  void areAllWithoutACondition() {
    FailedItems all = FailedItems.all();

    assertThat(all.types()).isEmpty();
    assertThat(all.fingerprints()).isEmpty();
    assertThat(all.keys()).isEmpty();
    assertThat(all.indexes()).isEmpty();
  }

  @Test
  void areNamedByOneConditionEach() {
    FailedItems typed = FailedItems.ofType("HTTP_503");
    FailedItems alike = FailedItems.ofFingerprint("abc");
    FailedItems keyed = FailedItems.keyed("b", "a");
    FailedItems placed = FailedItems.at(7, 0);

    assertThat(typed.types()).containsExactly("HTTP_503");
    assertThat(typed.fingerprints()).isEmpty();
    assertThat(alike.fingerprints()).containsExactly("abc");
    assertThat(alike.keys()).isEmpty();
    assertThat(keyed.keys()).containsExactly("a", "b");
    assertThat(keyed.indexes()).isEmpty();
    assertThat(placed.indexes()).containsExactly(0, 7);
    assertThat(placed.types()).isEmpty();
  }

  @Test
  void areEqualIfTheyNameTheSame() {
    assertThat(FailedItems.keyed("a", "b", "a"))
        .isEqualTo(FailedItems.keyed(List.of("b", "a")))
        .hasSameHashCodeAs(FailedItems.keyed(List.of("b", "a")))
        .isNotEqualTo(FailedItems.keyed("a"))
        .isNotEqualTo(FailedItems.all());
    assertThat(FailedItems.at(1, 2)).isEqualTo(FailedItems.at(List.of(2, 1, 1)));
    assertThat(FailedItems.ofType("a")).isNotEqualTo(FailedItems.ofFingerprint("a"));
  }

  @Test
  void areCopiedAtOnce() {
    List<String> keys = new ArrayList<>(List.of("a"));
    FailedItems keyed = FailedItems.keyed(keys);

    keys.add("b");

    assertThat(keyed.keys()).containsExactly("a").isUnmodifiable();
    assertThat(FailedItems.at(1).indexes()).isUnmodifiable();
  }

  @Test
  void mayBeAsManyAsIsDocumented() {
    int[] most = IntStream.range(0, 10_000).toArray();

    assertThat(FailedItems.at(most).indexes()).hasSize(10_000);
    assertThat(FailedItems.keyed(Arrays.stream(most).mapToObj(Integer::toString).toList()).keys())
        .hasSize(10_000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.at(new int[10_001]))
        .withMessage("indexes has 10001 values: at most 10000 are allowed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.keyed(Collections.nCopies(10_001, "a")))
        .withMessage("keys has 10001 values: at most 10000 are allowed");
  }

  @Test
  void areNeverAllBecauseAListIsEmpty() {
    assertThatIllegalArgumentException()
        .isThrownBy(FailedItems::at)
        .withMessage(
            "indexes needs at least one value; use FailedItems.all() to select every failed item");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.keyed(List.of()))
        .withMessage(
            "keys needs at least one value; use FailedItems.all() to select every failed item");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE})
  void refuseANegativeIndex(int index) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.at(0, index))
        .withMessage("index " + index + " is out of range: at least 0");
  }

  @Test
  void takeTheHighestIndex() {
    assertThat(FailedItems.at(Integer.MAX_VALUE).indexes()).containsExactly(Integer.MAX_VALUE);
  }

  @Test
  void refuseAKeyThatNoItemHas() {
    assertThat(FailedItems.keyed("k".repeat(200)).keys()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.keyed("a", "k".repeat(201)))
        .withMessage("key \"%s…\" has 201 characters: 1 to 200 are allowed", "k".repeat(99));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.keyed(""))
        .withMessage("key \"\" has 0 characters: 1 to 200 are allowed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.keyed(" "))
        .withMessage("key \" \" is blank; keys of items never are");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.keyed("a\0"))
        .withMessageContaining("key \"a\uFFFD\" has U+0000 at position 1");
  }

  @Test
  void refuseATypeOrFingerprintThatNoErrorHas() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.ofType(""))
        .withMessage("type \"\" has 0 characters: 1 to 1000 are allowed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FailedItems.ofFingerprint("a\uD83D"))
        .withMessageContaining("fingerprint \"a\uFFFD\" has the lone surrogate U+D83D");
  }

  @Test
  void refuseNull() {
    assertThatNullPointerException().isThrownBy(() -> FailedItems.ofType(null)).withMessage("type");
    assertThatNullPointerException()
        .isThrownBy(() -> FailedItems.ofFingerprint(null))
        .withMessage("fingerprint");
    assertThatNullPointerException()
        .isThrownBy(() -> FailedItems.keyed("a", null))
        .withMessage("key");
    assertThatNullPointerException()
        .isThrownBy(() -> FailedItems.at(Arrays.asList(1, null)))
        .withMessage("index");
    assertThatNullPointerException()
        .isThrownBy(() -> FailedItems.keyed((List<String>) null))
        .withMessage("keys");
    assertThatNullPointerException()
        .isThrownBy(() -> FailedItems.keyed((String[]) null))
        .withMessage("keys");
    assertThatNullPointerException()
        .isThrownBy(() -> FailedItems.at((int[]) null))
        .withMessage("indexes");
    assertThatNullPointerException()
        .isThrownBy(() -> FailedItems.at((List<Integer>) null))
        .withMessage("indexes");
  }

  @Test
  void printConditionsButNoKeys() {
    assertThat(FailedItems.keyed("INV-1", "INV-2"))
        .hasToString("FailedItems[types=[], fingerprints=[], keys=2, indexes=0]");
    assertThat(FailedItems.ofType("HTTP_503"))
        .hasToString("FailedItems[types=[HTTP_503], fingerprints=[], keys=0, indexes=0]");
  }
}
