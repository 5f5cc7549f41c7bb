package org.batchengine.store.rules;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain",
        "\u007f\u0080",
        "\u07ff\u0800",
        "Zürich, Genève",
        "\ud7ff\ue000\uffff",
        "日本語",
        "a\ud83d\ude00b\udbff\udfff"
      })
  void lengthIsThatOfTheBytes(String text) {
    assertThat(Utf8.length(text)).isEqualTo(text.getBytes(UTF_8).length);
  }

  @Test
  void lengthIsThatOfTheBytesForEachCharacter() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        String text = Character.toString(c);
        assertThat(Utf8.length(text)).as("U+%04X", c).isEqualTo(text.getBytes(UTF_8).length);
      }
    }
  }

  @Test
  void halfAPairCountsAsTwo() {
    assertThat(Utf8.length("\ud83d")).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "abc", "ü", "日本", "\ud83d\ude00"})
  void exceedsOnlyWhatIsShorter(String text) {
    int length = (int) Utf8.length(text);

    for (int most = 0; most < 10; most++) {
      assertThat(Utf8.exceeds(text, most)).as("more than %d", most).isEqualTo(length > most);
    }
  }

  @Test
  void inputsAreSummedUp() {
    List<NewItem> items =
        List.of(new NewItem("k", "für"), new NewItem("l", null), new NewItem(null, "ab"));

    assertThat(InputBytes.of(items)).isEqualTo(new InputBytes(6, 4));
  }
}
