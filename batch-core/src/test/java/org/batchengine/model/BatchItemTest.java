package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchItemTest {
  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final Instant T0 = Instant.parse("2026-11-21T10:00:00Z");
  private static final ItemError ERROR = ItemError.of(1, "HTTP_503", "try later", T0);

  private static BatchItem.Builder item() {
    return BatchItem.builder(ID, 7);
  }

  private static BatchItem<String, String> full() {
    return item()
        .key("k7")
        .state(ItemState.SUCCEEDED)
        .input("41")
        .output("42")
        .error(ERROR)
        .attempts(3)
        .retries(1)
        .duration(Duration.ofMillis(1_500))
        .quality(0.75)
        .measures(Map.of("usd", new BigDecimal("0.0120")))
        .reason("because")
        .createdAt(T0)
        .settledAt(T0.plusSeconds(9))
        .dueAt(T0.plusSeconds(5))
        .build();
  }

  @Test
  @DisplayName("REQ-B3 an item tells all that is stored of it")
  void tellsAllThatIsStored() {
    BatchItem<String, String> item = full();
    assertThat(item.batchId()).isEqualTo(ID);
    assertThat(item.index()).isEqualTo(7);
    assertThat(item.key()).contains("k7");
    assertThat(item.state()).isEqualTo(ItemState.SUCCEEDED);
    assertThat(item.input()).isEqualTo("41");
    assertThat(item.output()).contains("42");
    assertThat(item.error()).contains(ERROR);
    assertThat(item.createdAt()).isEqualTo(T0);
    assertThat(item.measures()).containsOnly(entry("usd", new BigDecimal("0.012")));
    assertThat(item.isPurged()).isFalse();
    assertThat(item.settledAt()).contains(T0.plusSeconds(9));
    assertThat(item.dueAt()).contains(T0.plusSeconds(5));
  }

  @Test
  @DisplayName("REQ-M2 an item tells how it went")
  void tellsHowItWent() {
    BatchItem<String, String> item = full();
    assertThat(item.attempts()).isEqualTo(3);
    assertThat(item.retries()).isEqualTo(1);
    assertThat(item.duration()).contains(Duration.ofMillis(1_500));
    assertThat(item.quality()).contains(0.75);
    assertThat(item.reason()).contains("because");
  }

  @Test
  void isPendingAndBareUnlessSaidOtherwise() {
    BatchItem<String, String> item = item().build();
    assertThat(item.state()).isEqualTo(ItemState.PENDING);
    assertThat(item.attempts()).isZero();
    assertThat(item.retries()).isZero();
    assertThat(item.input()).isEmpty();
    assertThat(item.key()).isEmpty();
    assertThat(item.output()).isEmpty();
    assertThat(item.error()).isEmpty();
    assertThat(item.duration()).isEmpty();
    assertThat(item.quality()).isEmpty();
    assertThat(item.reason()).isEmpty();
    assertThat(item.settledAt()).isEmpty();
    assertThat(item.dueAt()).isEmpty();
  }

  @Nested
  class Decoded {

    @Test
    void makesObjectsOfTheText() {
      BatchItem<Integer, Long> item = full().decoded(Integer::valueOf, Long::valueOf);
      assertThat(item.input()).isEqualTo(41);
      assertThat(item.output()).contains(42L);
    }

    @Test
    void waitsUntilItIsAsked() {
      AtomicInteger calls = new AtomicInteger();
      BatchItem<Integer, Integer> item =
          full().decoded(text -> calls.incrementAndGet(), text -> calls.incrementAndGet());
      assertThat(item.state()).isEqualTo(ItemState.SUCCEEDED);
      assertThat(calls).hasValue(0);
    }

    @Test
    void startsFromTheStoredTextEachTime() {
      BatchItem<String, String> twice =
          full().decoded(text -> "x", text -> "x").decoded(text -> text, text -> text);
      assertThat(twice.input()).isEqualTo("41");
    }

    @Test
    void knowsNoOutputWhereNoneIsStored() {
      BatchItem<String, Integer> item = item().build().decoded(text -> text, Integer::valueOf);
      assertThat(item.output()).isEmpty();
    }

    @Test
    void takesAnOutputOfNullForNone() {
      BatchItem<String, Integer> item = full().decoded(text -> text, text -> null);
      assertThat(item.output()).isEmpty();
    }

    @Test
    void refusesAnInputOfNull() {
      BatchItem<Integer, String> item = full().decoded(text -> null, text -> text);
      assertThatExceptionOfType(PayloadException.class)
          .isThrownBy(item::input)
          .withMessage("the input of item 7 of batch " + ID + " decodes to null");
    }
  }

  @Nested
  @Tag("FAULT-S7")
  class UnreadablePayload {
    private final BatchItem<Integer, Integer> item =
        item().input("secret").output("secret").build().decoded(Integer::valueOf, Integer::valueOf);

    @Test
    void ofAnInputIsNamed() {
      assertThatExceptionOfType(PayloadException.class)
          .isThrownBy(item::input)
          .withMessageStartingWith("the input of item 7 of batch " + ID + " cannot be decoded")
          .withMessageContaining("NumberFormatException");
    }

    @Test
    void ofAnOutputIsNamed() {
      assertThatExceptionOfType(PayloadException.class)
          .isThrownBy(item::output)
          .withMessageStartingWith("the output of item 7 of batch " + ID);
    }

    @Test
    void isNeverQuotedNotEvenByACause() {
      assertThatExceptionOfType(PayloadException.class)
          .isThrownBy(item::input)
          .satisfies(e -> assertThat(printed(e)).contains("Caused by").doesNotContain("secret"));
    }

    @Test
    void keepsTheStackTraceOfItsCause() {
      assertThatExceptionOfType(PayloadException.class)
          .isThrownBy(item::input)
          .satisfies(e -> assertThat(printed(e)).contains("at java.base/java.lang.Integer."));
    }

    private static String printed(Throwable thrown) {
      StringWriter text = new StringWriter();
      thrown.printStackTrace(new PrintWriter(text));
      return text.toString();
    }
  }

  @Nested
  @DisplayName("REQ-U14 as a map")
  class AsMap {

    @Test
    void hasAllDocumentedKeysInOrder() {
      assertThat(full().toMap().keySet())
          .containsExactly(
              ("batch_id index key state input output error_type error_message error_fingerprint"
                      + " error_at attempts retries duration_seconds quality reason created_at"
                      + " settled_at due_at purged measure_usd")
                  .split(" ", -1));
    }

    @Test
    void holdsOnlyTextNumbersAndABoolean() {
      assertThat(full().toMap().values())
          .hasOnlyElementsOfTypes(String.class, Number.class, Boolean.class);
    }

    @Test
    void saysWhatTheItemIs() {
      assertThat(full().toMap())
          .containsEntry("index", 7)
          .containsEntry("output", "42")
          .containsEntry("error_type", "HTTP_503")
          .containsEntry("duration_seconds", 1.5)
          .containsEntry("measure_usd", new BigDecimal("0.012"))
          .containsEntry("settled_at", "2026-11-21T10:00:09Z");
    }

    @Test
    void leavesOutWhatIsAbsent() {
      assertThat(item().build().toMap().keySet())
          .containsExactly(
              "batch_id", "index", "state", "attempts", "retries", "created_at", "purged");
    }

    @Test
    void keepsTheTextOfADecodedItem() {
      assertThat(full().decoded(Integer::valueOf, Integer::valueOf).toMap())
          .isEqualTo(full().toMap());
    }

    @Test
    void isItsJson() {
      assertThat(new ObjectMapper().valueToTree(full()).get("input").asText()).isEqualTo("41");
    }
  }

  @Test
  void equalsWhatIsStoredAlike() {
    assertThat(full()).isEqualTo(full()).hasSameHashCodeAs(full());
    assertThat(full()).isNotEqualTo(item().build());
  }

  @Test
  @Tag("FAULT-S7")
  void printsNeitherPayloadsNorErrors() {
    ItemError error = ItemError.of(1, "X", "secret", T0);
    assertThat(item().input("secret").output("secret").error(error).build().toString())
        .contains(ID.toString(), "index=7")
        .doesNotContain("secret");
  }

  @Test
  void refusesANegativeIndex() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchItem.builder(ID, -1))
        .withMessage("index -1 is out of range: at least 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void refusesAQualityOutsideOfItsRange(double quality) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> item().quality(quality))
        .withMessageContaining("quality " + quality);
  }
}
