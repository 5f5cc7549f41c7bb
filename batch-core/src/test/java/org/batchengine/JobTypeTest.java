package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.List;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobTypeTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "enrollment",
        "proof_lock",
        "query",
        "annotate",
        "import",
        "export",
        "transform",
        "report",
        "validate",
        "clean-up",
        "Proof.Lock_v2-eu",
        "a",
        "0",
        "-"
      })
  @DisplayName("REQ-B2 a job type has any name of letters, digits and marks")
  void takesLettersDigitsAndMarksAsName(String name) {
    assertThat(JobType.of(name, String.class).name()).isEqualTo(name);
  }

  @Test
  void takesANameOfAHundredCharacters() {
    var name = "n".repeat(100);

    assertThat(JobType.of(name, String.class).name()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "two words", "größe", "a/b", "a\n", "../up"})
  void refusesAnotherNameAndNamesIt(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JobType.of(name, String.class))
        .withMessageContaining(name.strip())
        .withMessageContaining("1 to 100 letters, digits");
  }

  @Test
  void refusesANameOfMoreThanAHundredCharactersWithItsBeginning() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JobType.of("n".repeat(101), String.class))
        .withMessageContaining("\"" + "n".repeat(99) + "…\"");
  }

  @Test
  void refusesANullPayload() {
    assertThatNullPointerException()
        .isThrownBy(
            () -> JobType.of("length", (PayloadType<String>) null, (PayloadType<Integer>) null))
        .withMessage("input");
  }

  @Test
  void isEqualByNameAndBothTypes() {
    assertThat(LENGTH)
        .isEqualTo(
            JobType.of("length", new PayloadType<String>() {}, new PayloadType<Integer>() {}))
        .hasSameHashCodeAs(JobType.of("length", String.class, Integer.class))
        .isNotEqualTo(JobType.of("size", String.class, Integer.class))
        .isNotEqualTo(JobType.of("length", Object.class, Integer.class))
        .isNotEqualTo(JobType.of("length", String.class, Long.class))
        .isNotEqualTo(JobType.of("length", String.class));
  }

  @Test
  void tellsGenericPayloadsApart() {
    assertThat(JobType.of("a", new PayloadType<List<String>>() {}, new PayloadType<Void>() {}))
        .isEqualTo(JobType.of("a", new PayloadType<List<String>>() {}, new PayloadType<Void>() {}))
        .isNotEqualTo(
            JobType.of("a", new PayloadType<List<Long>>() {}, new PayloadType<Void>() {}));
  }

  @Test
  void hasNoOutputUnlessOneIsGiven() {
    assertThat(JobType.of("mail", String.class))
        .isEqualTo(JobType.of("mail", String.class, Void.class));
  }

  @Test
  void isEqualByItsOwnCodecsWhereItHasThem() {
    var codec = new Reversed();
    var type = JobType.of("reverse", codec, codec);

    assertThat(type)
        .isEqualTo(JobType.of("reverse", codec, codec))
        .isNotEqualTo(JobType.of("reverse", codec, new Reversed()))
        .isNotEqualTo(JobType.of("reverse", String.class, String.class));
  }

  @Test
  void asksTheEnginesCodecs() throws Exception {
    var codecs = PayloadCodecs.basic();

    assertThat(LENGTH.inputCodec(codecs).decode("one")).isEqualTo("one");
    assertThat(LENGTH.outputCodec(codecs).encode(3)).isEqualTo("3");
  }

  @Test
  void asksItsOwnCodecsFirst() throws Exception {
    var type = JobType.of("reverse", new Reversed(), new Reversed());

    assertThat(type.inputCodec(PayloadCodecs.basic()).decode("abc")).isEqualTo("cba");
    assertThat(type.outputCodec(PayloadCodecs.basic()).encode("abc")).isEqualTo("cba");
  }

  @Test
  void isSequentialOnlyIfItSaysSo() {
    assertThat(LENGTH.isSequential()).isFalse();
    assertThat(JobType.of("reverse", new Reversed(), new Reversed()).isSequential()).isFalse();
    assertThat(LENGTH.sequential().isSequential()).isTrue();
    assertThat(LENGTH.sequential().sequential().isSequential()).isTrue();
    assertThat(LENGTH.isSequential()).isFalse();
  }

  @Test
  void isTheSameTypeWhetherSequentialOrNot() throws Exception {
    var sequential = LENGTH.sequential();

    assertThat(sequential).isEqualTo(LENGTH).hasSameHashCodeAs(LENGTH);
    assertThat(sequential.name()).isEqualTo("length");
    assertThat(sequential.outputCodec(PayloadCodecs.basic()).encode(3)).isEqualTo("3");
    assertThat(sequential.toString()).contains("length", "sequential");
  }

  @Test
  void printsItsNameAndPayloads() {
    assertThat(LENGTH.toString()).contains("length", "String", "Integer");
  }

  private static final class Reversed implements PayloadCodec<String> {
    @Override
    public String format() {
      return "reversed";
    }

    @Override
    public String encode(String value) {
      return new StringBuilder(value).reverse().toString();
    }

    @Override
    public String decode(String text) {
      return new StringBuilder(text).reverse().toString();
    }
  }
}
