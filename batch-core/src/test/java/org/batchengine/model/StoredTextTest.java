package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("FAULT-B1")
class StoredTextTest {
  private static final String EMOJI = "\uD83D\uDE00";

  @Nested
  class Problem {

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "plain",
          "Grüße",
          "\uD83D\uDE00",
          "a\uD83D\uDE00\uD83D\uDE00b",
          "\uFFFF\uFFFE\uFEFF",
          "\u202Eright to left",
          "\u0001\n\t"
        })
    void isNoneInWhatEveryStoreKeeps(String text) {
      assertThat(StoredText.problem(text)).isEmpty();
    }

    @Test
    void namesNulAndItsPosition() {
      assertThat(StoredText.problem("ab\0c")).contains("has U+0000 at position 2");
    }

    @Test
    void namesHighSurrogateWithoutLow() {
      assertThat(StoredText.problem("a\uD83Db"))
          .contains("has the lone surrogate U+D83D at position 1");
    }

    @Test
    void namesHighSurrogateAtTheEnd() {
      assertThat(StoredText.problem(EMOJI + "\uD83D"))
          .contains("has the lone surrogate U+D83D at position 2");
    }

    @Test
    void namesLowSurrogateWithoutHigh() {
      assertThat(StoredText.problem("\uDE00"))
          .contains("has the lone surrogate U+DE00 at position 0");
    }

    @Test
    void namesSurrogatesInTheWrongOrder() {
      assertThat(StoredText.problem("\uDE00\uD83D"))
          .contains("has the lone surrogate U+DE00 at position 0");
    }

    @Test
    void quotesNothingOfTheText() {
      assertThat(StoredText.problem("secret\0secret").orElseThrow()).doesNotContain("secret");
    }
  }

  @Nested
  class Clean {

    @Test
    void returnsGoodTextItself() {
      String text = "good " + EMOJI;
      assertThat(StoredText.clean(text, 7)).isSameAs(text);
    }

    @Test
    void putsReplacementsInPlaceOfWhatCannotBeStored() {
      assertThat(StoredText.clean("a\0b\uD83Dc\uDE00" + EMOJI, 100))
          .isEqualTo("a\uFFFDb\uFFFDc\uFFFD" + EMOJI);
    }

    @Test
    void showsThatItWasCut() {
      assertThat(StoredText.clean("abcdef", 5)).isEqualTo("abcd…");
    }

    @Test
    void neverCutsThroughAPair() {
      assertThat(StoredText.clean("abc" + EMOJI + "d", 5)).isEqualTo("abc…");
    }

    @Test
    void keepsAPairThatFits() {
      assertThat(StoredText.clean("ab" + EMOJI + "cd", 5)).isEqualTo("ab" + EMOJI + "…");
    }

    @Test
    void leavesTheMarkAloneWhenNothingElseFits() {
      assertThat(StoredText.clean("abc", 1)).isEqualTo("…");
    }

    @Test
    void refusesALengthBelowOne() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> StoredText.clean("abc", 0))
          .withMessageContaining("maxLength 0");
    }
  }

  @Nested
  class Quoted {

    @Test
    void staysOnOneLine() {
      assertThat(StoredText.quoted("a\nb\0")).isEqualTo("\"a\uFFFDb\uFFFD\"");
    }

    @Test
    void staysShort() {
      assertThat(StoredText.quoted("x".repeat(10_000))).hasSize(102).endsWith("…\"");
    }
  }
}
