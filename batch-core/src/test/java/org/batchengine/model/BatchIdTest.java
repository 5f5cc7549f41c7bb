package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchIdTest {
  private static final String TEXT = "0190163d-8694-739b-aea5-966c26f8ad91";

  @Test
  void isReadFromItsText() {
    assertThat(BatchId.of(TEXT).value()).isEqualTo(UUID.fromString(TEXT));
  }

  @Test
  void isReadInUpperCase() {
    assertThat(BatchId.of("0190163D-8694-739B-AEA5-966C26F8AD91")).isEqualTo(BatchId.of(TEXT));
  }

  @Test
  void takesAUuidOfTheHost() {
    UUID given = UUID.fromString("c232ab00-9414-11ec-b3c8-9f6bdeced846");
    assertThat(BatchId.of(given).value()).isEqualTo(given);
  }

  @Test
  void printsItsText() {
    assertThat(BatchId.of(TEXT)).hasToString(TEXT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "abc",
        "1-1-1-1-1",
        "0190163d-8694-739b-aea5-966c26f8ad9",
        "0190163d-8694-739b-aea5-966c26f8ad9g",
        "0190163d86-94-739b-aea5-966c26f8ad91",
        " 190163d-8694-739b-aea5-966c26f8ad91",
        "\u0660190163d-8694-739b-aea5-966c26f8ad9"
      })
  void refusesOtherTextAndNamesIt(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchId.of(text))
        .withMessageContaining("not a batch id: \"" + text + "\"")
        .withMessageContaining("UUID");
  }

  @Test
  void showsNoMoreThanAPieceOfAHostileText() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchId.of("x".repeat(1_000_000)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
  }

  @Test
  void sortsHighBitsUnsigned() {
    BatchId small = BatchId.of("7fffffff-ffff-ffff-8000-000000000000");
    BatchId great = BatchId.of("80000000-0000-0000-8000-000000000000");
    assertThat(small).isLessThan(great);
  }

  @Test
  void sortsLowBitsUnsigned() {
    BatchId small = BatchId.of("00000000-0000-7000-7fff-ffffffffffff");
    BatchId great = BatchId.of("00000000-0000-7000-8000-000000000000");
    assertThat(small).isLessThan(great);
  }

  @Test
  void sortsLikeItsText() {
    BatchId one = BatchId.of("00000000-0000-7000-8fff-ffffffffffff");
    BatchId two = BatchId.of("00000000-0001-7000-8000-000000000000");
    assertThat(Integer.signum(one.compareTo(two)))
        .isEqualTo(Integer.signum(one.toString().compareTo(two.toString())));
  }

  @Test
  void comparesEqualToItself() {
    assertThat(BatchId.of(TEXT)).isEqualByComparingTo(BatchId.of(TEXT));
  }

  @Test
  void isJsonText() throws Exception {
    assertThat(new ObjectMapper().writeValueAsString(BatchId.of(TEXT)))
        .isEqualTo("\"" + TEXT + "\"");
  }

  @Test
  void isReadFromJsonText() throws Exception {
    assertThat(new ObjectMapper().readValue("\"" + TEXT + "\"", BatchId.class))
        .isEqualTo(BatchId.of(TEXT));
  }
}
